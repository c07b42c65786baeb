/* A history as a table for people, and as one JSON document. */
#ifndef WATCH_HISTORY_PRINT_H
#define WATCH_HISTORY_PRINT_H

#include <stdio.h>

#include "watch/history/history.h"

/* Without fragmentation, which has a figure for each zone and order. 0 or -EIO. */
int history_print_table(const struct history *history, FILE *file);

/* All figures. 0; -ENOMEM; -EIO. */
int history_print_json(const struct history *history, FILE *file);

#endif
