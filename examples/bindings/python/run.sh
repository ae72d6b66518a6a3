#!/bin/sh
# Run a Python program by an interpreter that has the packages named in SRD_PYTHON_NEEDS (numpy); 77 if there is none, which
# ctest counts as skipped.
#
#   sh run.sh PROGRAM arguments...
needs=${SRD_PYTHON_NEEDS:-numpy}
for python in python3 /usr/bin/python3; do
    "$python" -c "import $(echo "$needs" | sed 's/ /, /g')" 2>/dev/null && exec "$python" -B "$@"
done
echo "skipped: no python3 with $needs"
exit 77
