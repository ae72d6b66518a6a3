/* node.c -- attributes and inputs of a node, with the refusals that go with them. */
#include "import.h"

#include <string.h>

const SrdOnnx__AttributeProto *attribute(const node *n, const char *name)
{
    for (size_t i = 0; i < n->proto->n_attribute; ++i) {
        const SrdOnnx__AttributeProto *const a = n->proto->attribute[i];
        if (a->name != NULL && strcmp(a->name, name) == 0) return a;
    }
    return NULL;
}

int64_t attribute_int(import *im, const node *n, const char *name, int64_t otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return otherwise;
    if (!a->has_i) refuse(im, "the attribute %s is not an integer", name);
    return a->i;
}

float attribute_float(import *im, const node *n, const char *name, float otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return otherwise;
    if (!a->has_f) refuse(im, "the attribute %s is not a number", name);
    return a->f;
}

const char *attribute_text(import *im, const node *n, const char *name, const char *otherwise)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);
    char *text;

    if (a == NULL) return otherwise;
    if (!a->has_s || a->s.len > 1000) refuse(im, "the attribute %s is not a text", name);
    text = take(im, (int64_t)a->s.len + 1, 1);
    if (a->s.len > 0) memcpy(text, a->s.data, a->s.len);
    return text;
}

int32_t attribute_ints(import *im, const node *n, const char *name, int64_t *numbers, int32_t most)
{
    const SrdOnnx__AttributeProto *const a = attribute(n, name);

    if (a == NULL) return -1;
    if (a->n_ints > (size_t)most) refuse(im, "the attribute %s has %zu numbers", name, a->n_ints);
    for (size_t i = 0; i < a->n_ints; ++i) numbers[i] = a->ints[i];
    return (int32_t)a->n_ints;
}

int32_t list_of(import *im, const node *n, const char *name, int32_t input, int64_t *numbers, int32_t most)
{
    const array *a;

    if (!has_input(n, input)) return attribute_ints(im, n, name, numbers, most);
    a = constant_of(im, n, input, false);
    if (!a->is_int || a->rank > 1 || a->count > most) refuse(im, "input %d (%s) is not a short list of integers", input, name);
    for (int64_t i = 0; i < a->count; ++i) numbers[i] = a->ints[i];
    return (int32_t)a->count;
}

const node *maker(const import *im, int32_t v, const char *op)
{
    const node *n;

    if (v == NO_VALUE || im->values[v].producer < 0) return NULL;
    n = &im->nodes[im->values[v].producer];
    return is_op(n, op) && unread_attribute(n) == NULL && unread_input(n) < 0 && !is_training(im, n) ? n : NULL;
}
