/*
 * analyzer.h -- included by tests/run.sh before every file of lib/ that clang-tidy reads, but fail.c. The analyzer looks at one
 * file at a time and cannot know that srd__fail() returns the status that it is given; told so, it stops following paths on
 * which a failure is taken for a success.
 */
#ifndef TESTS_ANALYZER_H
#define TESTS_ANALYZER_H

#include "base/fail.h"

#define srd__fail(detail, status, ...) ((void)(srd__fail)((detail), (status), __VA_ARGS__), (status))

#endif
