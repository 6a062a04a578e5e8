/* SPDX-License-Identifier: MIT */
#include "search/select/premodel.h"

const struct premodel_kind *const premodel_kinds[] = { &premodel_knn,
    &premodel_tree, &premodel_bayes, NULL };
