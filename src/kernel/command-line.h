/* The command line that the kernel was started with. */
#ifndef KERNEL_COMMAND_LINE_H
#define KERNEL_COMMAND_LINE_H

#include <stddef.h>

#include "util/sysroot.h"

/* Reads the value of mem=, such as "3838M"; "" without mem=. size is that of ret_value. */
void command_line_read_mem(const struct sysroot *root, char *ret_value, size_t size);

#endif
