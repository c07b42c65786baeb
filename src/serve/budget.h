/* The memory that a configuration takes in the worst case, against the budget that it states. */
#ifndef SERVE_BUDGET_H
#define SERVE_BUDGET_H

#include "config/config.h"

/*
 * config has a camera at least. 0: the sum is logged, and *ret_spare_bytes is what is left for each
 * camera. -E2BIG with err, which states the sum, when it is over the budget.
 */
int budget_check(const struct config *config, size_t *ret_spare_bytes, struct error *err);

#endif
