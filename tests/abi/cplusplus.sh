# cplusplus.sh CXX INCLUDE_DIR ARCHIVE WORK_DIR -- a C++11 program links the C library and runs.
set -eu
cxx=$1 include=$2 archive=$3 work=$4

"$cxx" -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$include" "$(dirname "$0")/program.cpp" "$archive" -lm -o "$work/program"
"$work/program"
