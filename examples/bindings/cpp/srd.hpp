// srd.hpp -- for programs that include it from the folder beside: the header is srd/srd.hpp, which is also what is installed.
#include "srd/srd.hpp"
