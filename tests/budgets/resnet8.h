/* resnet8.h -- a network of the size that is common in benchmarks of microcontrollers. */
#ifndef BUDGETS_RESNET8_H
#define BUDGETS_RESNET8_H

#include "net.h"

#define RESNET8_SIDE 32

/* The same each time. */
const net *resnet8_make(void);

#endif
