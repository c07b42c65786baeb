#include "system/sysctl-files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define LINE_SIZE 1024

static const char *const folders[] = {
	"/etc/sysctl.d",
	"/run/sysctl.d",
	"/usr/local/lib/sysctl.d",
	"/usr/lib/sysctl.d",
};

#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

struct names {
	char **names;
	size_t n;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		free(names->names[i]);
	}
	free(names->names);
}

static void cleanup_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

static bool is_conf(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static int add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (strcmp(names->names[i], name) == 0) {
			return 0;
		}
	}
	char **longer = reallocarray(names->names, names->n + 1, sizeof(*longer));
	if (!longer) {
		return -ENOMEM;
	}
	names->names = longer;
	longer[names->n] = strdup(name);
	if (!longer[names->n]) {
		return -ENOMEM;
	}
	names->n++;
	return 0;
}

static int add_folder(
	struct names *names, const struct sysroot *root, const char *path, const char *after)
{
	char full[PATH_MAX];
	int r = sysroot_path(root, path, full, sizeof(full));
	_cleanup_(cleanup_folder) DIR *folder = r < 0 ? NULL : opendir(full);

	if (!folder) {
		return 0;
	}
	for (const struct dirent *entry = readdir(folder); entry && r == 0;
		entry = readdir(folder)) {
		if (is_conf(entry->d_name) && strcmp(entry->d_name, after) > 0) {
			r = add_name(names, entry->d_name);
		}
	}
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool sysctl_line_parse(const char *line, char *key, char *value, size_t size)
{
	line += strspn(line, " \t");
	const char *equals = strchr(line, '=');
	if (!equals || *line == '#' || *line == ';') {
		return false;
	}
	line += *line == '-';
	line += strspn(line, " \t");
	size_t length = (size_t)(equals - line);
	while (length > 0 && isspace((unsigned char)line[length - 1])) {
		length--;
	}
	snprintf(key, size, "%.*s", (int)length, line);
	for (char *c = key; *c; c++) {
		*c = *c == '/' ? '.' : *c;
	}
	equals += 1 + strspn(equals + 1, " \t");
	length = strcspn(equals, "\r\n");
	while (length > 0 && isspace((unsigned char)equals[length - 1])) {
		length--;
	}
	snprintf(value, size, "%.*s", (int)length, equals);
	return key[0] != '\0';
}

/* true when the file sets one of both. */
static bool find_in_file(
	FILE *file, const char *key, const char *other, struct sysctl_setting *ret_setting)
{
	char line[LINE_SIZE];
	bool is_found = false;

	while (fgets(line, sizeof(line), file)) {
		char name[SYSCTL_VALUE_MAX], value[SYSCTL_VALUE_MAX];
		if (sysctl_line_parse(line, name, value, sizeof(name)) &&
			(strcmp(name, key) == 0 || (other && strcmp(name, other) == 0))) {
			memcpy(ret_setting->key, name, sizeof(name));
			memcpy(ret_setting->value, value, sizeof(value));
			is_found = true;
		}
	}
	return is_found;
}

static FILE *open_first(const struct sysroot *root, const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < N_FOLDERS; i++) {
		char full[PATH_MAX];
		snprintf(path, size, "%s/%s", folders[i], name);
		if (sysroot_exists(root, path)) {
			return sysroot_path(root, path, full, sizeof(full)) == 0 ? fopen(full, "re")
										 : NULL;
		}
	}
	return NULL;
}

int sysctl_files_find(const struct sysroot *root, const char *after, const char *key,
	const char *other, struct sysctl_setting *ret_setting)
{
	_cleanup_(names_done) struct names names = {0};
	bool is_found = false;

	for (size_t i = 0; i < N_FOLDERS; i++) {
		int r = add_folder(&names, root, folders[i], after);
		if (r < 0) {
			return r;
		}
	}
	if (names.n > 0) {
		qsort(names.names, names.n, sizeof(*names.names), compare_names);
	}
	for (size_t i = 0; i < names.n; i++) {
		char path[SYSCTL_FILE_MAX];
		_cleanup_file_ FILE *file = open_first(root, names.names[i], path, sizeof(path));
		if (file && find_in_file(file, key, other, ret_setting)) {
			memcpy(ret_setting->file, path, sizeof(path));
			is_found = true;
		}
	}
	return is_found;
}
