/*
 * What the files of sysctl.d(5) say, by systemd's rules: of files with the same name the one in
 * /etc counts, then /run, /usr/local/lib, /usr/lib, /lib; all are read in the order of their names,
 * wherever they lie. Assignments are made in the order in which they stand, but each key once: a
 * later one with another value takes the place of an earlier one, and one with the same value is
 * passed over (sysctl.c of systemd, parse_file). That decides between two keys that exclude each
 * other.
 */
#ifndef TUNE_SYSCTL_SYSCTL_FILES_H
#define TUNE_SYSCTL_SYSCTL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/sysroot.h"

#define SYSCTL_FILE_MAX  300
#define SYSCTL_VALUE_MAX 64

struct sysctl_setting {
	char file[SYSCTL_FILE_MAX]; /* path of the file */
	char key[SYSCTL_VALUE_MAX]; /* "vm.swappiness" */
	char value[SYSCTL_VALUE_MAX];
};

/* What is assigned to a key and to its twin, in the order in which it is. Starts as {0}. */
struct sysctl_order {
	struct sysctl_setting settings[2];
	size_t n;
};

/*
 * Adds the assignments to key or twin (NULL for none) that text has, which is written to, and has
 * room for size + 1 bytes. Globs are passed over: a key that is named wins over them wherever they
 * stand.
 */
void sysctl_order_add(struct sysctl_order *order, const char *file, const char *key,
	const char *twin, char *text, size_t size);

/*
 * What wins at boot when the file `name` in /etc assigns key = value, whatever it has now. 1 with
 * ret_setting when that is another assignment to key or twin (NULL for none); 0 when it is key =
 * value; -ENOMEM. What may not be read, is no regular file, or is larger than 1 MiB is passed over.
 */
int sysctl_files_find(const struct sysroot *root, const char *name, const char *key,
	const char *value, const char *twin, struct sysctl_setting *ret_setting);

/* One line of a file. true with its key, as "vm.swappiness", and its value; they are cut to size.
 */
bool sysctl_line_parse(const char *line, char *key, char *value, size_t size);

#endif
