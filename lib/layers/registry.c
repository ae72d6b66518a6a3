/*
 * registry.c -- what this build has of the list kinds.def: the kinds of layers, and, for each call whose kind is left out, a function
 * that fails and names the switch.
 */
#include "layers/kinds.h"

#define SRD_WITH_ALWAYS 1 /* the kinds that no switch leaves out */

/* A switch chooses between two macros by its value: PASTE(NAME_, SRD_WITH_ADD) is NAME_0 or NAME_1. */
#define PASTE(a, b) JOIN(a, b)
#define JOIN(a, b) a##b

/* ---- kinds that are there -------------------------------------------------------------------------------------------------- */

#define ENTRY_0(kind)
#define ENTRY_1(kind) &(kind),
#define SRD__LAYER(name, switch_, role, parameters) PASTE(ENTRY_, SRD_WITH_##switch_)(srd__kind_##name)
#define SRD__INNER(name, call, switch_, role) PASTE(ENTRY_, SRD_WITH_##switch_)(srd__kind_##name)

const srd__kind *const srd__kinds[] = {
#include "layers/kinds.def"
    NULL,
};

/* ---- calls whose kind is left out ---------------------------------------------------------------------------------------- */

/* From the types of a call's parameters: their list, and a statement that makes no use of them. */
#define P1(A) (srd_graph * graph, const char *name, A a), (void)a
#define P2(A, B) (srd_graph * graph, const char *name, A a, B b), ((void)a, (void)b)
#define P3(A, B, C) (srd_graph * graph, const char *name, A a, B b, C c), ((void)a, (void)b, (void)c)
#define P4(A, B, C, D) (srd_graph * graph, const char *name, A a, B b, C c, D d), ((void)a, (void)b, (void)c, (void)d)
#define P5(A, B, C, D, E) \
    (srd_graph * graph, const char *name, A a, B b, C c, D d, E e), ((void)a, (void)b, (void)c, (void)d, (void)e)
#define P6(A, B, C, D, E, F) \
    (srd_graph * graph, const char *name, A a, B b, C c, D d, E e, F f), ((void)a, (void)b, (void)c, (void)d, (void)e, (void)f)

#define CALL_1(function, word, parameters, unused)
#define CALL_0(function, word, parameters, unused)   \
    srd_layer function parameters                    \
    {                                                \
        unused;                                      \
        return srd__kind_missing(graph, name, word); \
    }
#define CALL(on, function, word, parameters, unused) PASTE(CALL_, on)(function, word, parameters, unused)
#define SRD__LAYER(name, switch_, role, parameters) CALL(SRD_WITH_##switch_, srd_graph_##name, "SRD_WITH_" #switch_, parameters)
#define SRD__CALL(name, switch_, parameters) CALL(SRD_WITH_##switch_, srd_graph_##name, "SRD_WITH_" #switch_, parameters)
#include "layers/kinds.def"
