#include "systemd/activation.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

#define KEY "SystemdService="

/* Where dbus-daemon and dbus-broker look, whatever their configuration adds. */
static const char *const folders[] = {
	"/etc/dbus-1/system-services",
	"/run/dbus-1/system-services",
	"/usr/local/share/dbus-1/system-services",
	"/usr/share/dbus-1/system-services",
	"/lib/dbus-1/system-services",
};

#define FILE_SIZE_MAX 4096 /* theirs have some 150 bytes */
#define BLANKS        " \t\r"

int activation_parse(const char *text, char **ret_unit)
{
	for (const char *line = text; *line; line += strspn(line, "\n")) {
		const char *start = line + strspn(line, BLANKS);
		line += strcspn(line, "\n");
		if (strncmp(start, KEY, strlen(KEY)) != 0) {
			continue;
		}
		start += strlen(KEY);
		start += strspn(start, BLANKS);
		size_t length = strcspn(start, BLANKS "\n");
		*ret_unit = length > 0 ? strndup(start, length) : NULL;
		return length > 0 && !*ret_unit ? -ENOMEM : 0;
	}
	*ret_unit = NULL;
	return 0;
}

static int add_file(
	const struct sysroot *root, const char *folder, const char *name, struct names *units)
{
	char path[PATH_MAX], text[FILE_SIZE_MAX];
	_cleanup_free_ char *unit = NULL;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
		sysroot_read(root, path, text, sizeof(text)) < 0) {
		return 0;
	}
	int r = activation_parse(text, &unit);
	if (r < 0 || !unit) {
		return r;
	}
	return names_add_once(units, unit);
}

static int add_folder(const struct sysroot *root, const char *path, struct names *units)
{
	_cleanup_folder_ DIR *folder = sysroot_open_folder(root, path);
	struct dirent *entry;
	int r = 0;

	if (!folder) {
		return 0;
	}
	while (r == 0 && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);
		if (length > strlen(".service") &&
			strcmp(entry->d_name + length - strlen(".service"), ".service") == 0) {
			r = add_file(root, path, entry->d_name, units);
		}
	}
	return r;
}

int activation_list(const struct sysroot *root, struct names *ret_units)
{
	_cleanup_names_ struct names units = {0};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int r = add_folder(root, folders[i], &units);
		if (r < 0) {
			return r;
		}
	}
	*ret_units = units;
	units = (struct names){0};
	return 0;
}
