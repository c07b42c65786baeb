/* /proc/iomem: where the memory of the machine lies. Without CAP_SYS_ADMIN it shows no addresses.
 */
#ifndef KERNEL_IOMEM_H
#define KERNEL_IOMEM_H

#include <stdint.h>

#include "util/sysroot.h"

/*
 * The sizes of all "System RAM", in bytes: what the machine has before the kernel takes its share.
 * 0; -ENODATA when the file tells none; another negative errno.
 */
int iomem_read_ram(const struct sysroot *root, uint64_t *ret_bytes);

/*
 * The physical address behind the first ram_bytes of "System RAM". 0; -ERANGE when the machine has
 * less; another negative errno.
 */
int iomem_find_end(const struct sysroot *root, uint64_t ram_bytes, uint64_t *ret_address);

#endif
