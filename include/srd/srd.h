/**
 * @file
 * srd.h -- libsrd: explains neural networks by Sharing Ratio Decomposition (SRD), to be embedded in C and C++ programs.
 *
 * Build a graph (graph.h) by a call for each layer (layers.h, gather.h), seal it, make an explainer of it (explainer.h), run a picture, ask
 * for maps (ask.h), and make pictures of them (render.h). inspect.h tells what an explainer will do, and how much memory it has.
 * Words used throughout: a PFV (pointwise feature vector) is the channel vector of a layer at one spatial position; a
 * site is a layer whose PFVs exchange relevance; a sharing ratio says how much of a PFV's relevance goes down one path;
 * an ERF (effective receptive field) is the relevance that a single PFV sends to a lower layer. docs/method.md explains.
 */
#ifndef SRD_SRD_H
#define SRD_SRD_H

#include "srd/ask.h"
#include "srd/explainer.h"
#include "srd/gather.h"
#include "srd/graph.h"
#include "srd/inspect.h"
#include "srd/layers.h"
#include "srd/render.h"
#include "srd/tensor.h"
#include "srd/types.h"
#include "srd/version.h"

#endif
