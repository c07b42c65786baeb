/* The report of `twinlens boot`. */
#ifndef CLI_BOOT_BOOT_PRINT_H
#define CLI_BOOT_BOOT_PRINT_H

#include <stdint.h>

#include "boot/boot.h"

/* Both write to stdout. 0, or -ENOMEM or -EIO. */
int boot_print_text(const struct boot *boot, uint64_t limit_us);
int boot_print_json(const struct boot *boot, uint64_t limit_us);

#endif
