/* names.h -- srd-codegen takes the types of ../common and none of its functions: those are a reader's, which gives them its prefix. */
#ifndef CODEGEN_NAMES_H
#define CODEGEN_NAMES_H
#endif
