/* The kinds of change that there are: each is defined in the file that is named like it. */
#ifndef TUNE_KINDS_H
#define TUNE_KINDS_H

#include "tune/change-kind.h"

extern const struct change_kind boot_change_kind;
extern const struct change_kind cache_change_kind;
extern const struct change_kind file_change_kind;
extern const struct change_kind service_change_kind;
extern const struct change_kind sysctl_change_kind;
extern const struct change_kind zram_change_kind;
extern const struct change_kind zswap_change_kind;

#endif
