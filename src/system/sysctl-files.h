/*
 * What the files of sysctl.d(5) say, by systemd's rules: of files with the same name the one in
 * /etc counts, then /run, /usr/local/lib, /usr/lib; all are read in the order of their names,
 * wherever they lie, and the last assignment wins.
 */
#ifndef SYSTEM_SYSCTL_FILES_H
#define SYSTEM_SYSCTL_FILES_H

#include <stdbool.h>

#include "util/sysroot.h"

#define SYSCTL_FILE_MAX  300
#define SYSCTL_VALUE_MAX 64

struct sysctl_setting {
	char file[SYSCTL_FILE_MAX]; /* path of the file */
	char key[SYSCTL_VALUE_MAX]; /* "vm.swappiness" */
	char value[SYSCTL_VALUE_MAX];
};

/*
 * The last assignment of key or of other (NULL for none) in the files whose names come after
 * `after`
 * ("" for all). 1 with ret_setting, 0 when there is none, or -ENOMEM. Globs are passed over: a
 * key that is named wins over them wherever they stand. Files that may not be read are passed over.
 */
int sysctl_files_find(const struct sysroot *root, const char *after, const char *key,
	const char *other, struct sysctl_setting *ret_setting);

/* One line of a file. true with its key, as "vm.swappiness", and its value; they are cut to size.
 */
bool sysctl_line_parse(const char *line, char *key, char *value, size_t size);

#endif
