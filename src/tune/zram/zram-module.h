/* The kernel module of zram, and what comes with it. */
#ifndef TUNE_ZRAM_ZRAM_MODULE_H
#define TUNE_ZRAM_ZRAM_MODULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"
#include "util/sysroot.h"

/* Whether the kernel has zram now, and whether it could load it. */
bool zram_is_loaded(const struct sysroot *root);
bool zram_is_loadable(const struct sysroot *root);

/*
 * The names of the modules that zram and these algorithms need, themselves among them, as far as
 * they are modules and are not loaded now: an array of strings, of the caller. NULL when there is
 * no memory.
 */
json_t *zram_module_list(
	const struct sysroot *root, const char *const *algorithms, size_t n_algorithms);

/*
 * modprobe zram, with the program that the kernel itself uses. is_alone: without the devices that
 * come with it otherwise, zram0 and what /etc/modprobe.d says. 0 or a negative errno with err.
 */
int zram_module_load(const struct sysroot *root, bool is_alone, struct error *err);

/* Whether one of these is loaded. */
bool zram_module_has(const struct sysroot *root, const json_t *names);

/* Unloads these as far as nobody uses them; zram is in use when a device has a size. 0; 1 when zram
 * is one of them and stays; a negative errno. */
int zram_module_unload(const struct sysroot *root, const json_t *names);

#endif
