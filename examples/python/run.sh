#!/bin/sh
# Run a Python program by an interpreter that has numpy; 77 if there is none, which ctest counts as skipped.
#
#   sh run.sh PROGRAM arguments...
for python in python3 /usr/bin/python3; do
    "$python" -c 'import numpy' 2>/dev/null && exec "$python" -B "$@"
done
echo "skipped: no python3 with numpy"
exit 77
