/*
 * A profile: the values that `twinlens tune` is to give to the machine. Data, in INI; guide and
 * zram come with the program (data/profiles/), others are files of the user.
 *
 *     [profile]  description = TEXT
 *     [zram]     size = 1G, algorithm = lz4, fallback = lzo-rle zstd, priority = 10,
 *                zswap = off|keep
 *
 *     [sysctl]   vm.KEY = VALUE
 *
 *     [cache]    drop = 1 (once, at apply; 1 page cache, 2 dentries and inodes, 3 both)
 *
 *     [services] disable = UNIT UNIT...
 *
 *     [why]      SUBJECT = a reason; SUBJECT is zram, zram.size, vm.KEY, cache, UNIT, ...
 *
 *     [evidence] SUBJECT = how the evidence contradicts the value
 *
 *     [source]   SUBJECT = where that is written
 */
#ifndef TUNE_PROFILE_H
#define TUNE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define PROFILE_NAME_MAX     64
#define PROFILE_TEXT_MAX     256
#define PROFILE_SYSCTLS_MAX  32
#define PROFILE_SERVICES_MAX 64
#define PROFILE_NOTES_MAX    64
#define PROFILE_FALLBACK_MAX 8
#define PROFILE_SIZE_MAX     (64 << 10) /* bytes of a file */

struct profile_sysctl {
	char key[PROFILE_NAME_MAX]; /* "vm.swappiness" */
	char value[PROFILE_NAME_MAX];
};

struct profile_service {
	char unit[PROFILE_TEXT_MAX]; /* with its suffix: "bluetooth.service" */
	bool is_named;               /* on the command line: forces what would be refused */
};

struct profile_note {
	char subject[PROFILE_NAME_MAX];
	char why[PROFILE_TEXT_MAX], evidence[PROFILE_TEXT_MAX], source[PROFILE_TEXT_MAX];
};

struct profile {
	char name[PROFILE_TEXT_MAX]; /* as given: a name, or the absolute path of a file */
	char description[PROFILE_TEXT_MAX];
	struct {
		uint64_t size_bytes; /* 0: no zram is wanted */
		char algorithms[1 + PROFILE_FALLBACK_MAX][PROFILE_NAME_MAX]; /* the best first */
		size_t n_algorithms;
		int priority; /* 0..32767; 0 when none is given */
		bool is_zswap_off;
	} zram;
	struct profile_sysctl sysctls[PROFILE_SYSCTLS_MAX];
	size_t n_sysctls;
	unsigned int cache_drop; /* 0: not */
	struct profile_service services[PROFILE_SERVICES_MAX];
	size_t n_services;
	struct profile_note notes[PROFILE_NOTES_MAX];
	size_t n_notes;
};

/*
 * name: of a profile that comes with the program, or a path with a '/' in it. 0; -ENOENT, -EINVAL
 * or another negative errno with err set. The caller frees.
 */
int profile_load(const char *name, struct profile **ret_profile, struct error *err);

/* name is for messages. As profile_load. */
int profile_parse_text(const char *text, size_t size, const char *name,
	struct profile **ret_profile, struct error *err);

/* Adds a unit that was named on the command line, or marks it so. ".service" may be left out. */
int profile_add_service(struct profile *profile, const char *unit, struct error *err);

/* The key that excludes this one, of those where the kernel has one or the other; else NULL. */
const char *profile_find_twin(const char *key);

/* The note on a subject, or NULL. */
const struct profile_note *profile_find_note(const struct profile *profile, const char *subject);

/* The reason for a subject; "" when none is given. */
const char *profile_why(const struct profile *profile, const char *subject);

#endif
