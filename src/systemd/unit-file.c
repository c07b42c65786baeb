#include "systemd/unit-file.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

/* Where links of targets lie that last. */
static const char *const folders[] = {
	UNIT_FILE_FOLDER,
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
};

bool unit_file_is_masked(const struct sysroot *root, const char *path)
{
	char full[PATH_MAX];
	struct stat status;

	if (sysroot_path(root, path, full, sizeof(full)) < 0 || stat(full, &status) < 0) {
		return false;
	}
	return S_ISCHR(status.st_mode) || (S_ISREG(status.st_mode) && status.st_size == 0);
}

bool unit_file_find_conf(const struct sysroot *root, const char *folder,
	bool (*is_wanted)(const struct sysroot *root, const char *path, void *data), void *data)
{
	_cleanup_folder_ DIR *entries = sysroot_open_folder(root, folder);

	if (!entries) {
		return false;
	}
	for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		const char *suffix = strrchr(entry->d_name, '.');
		char path[PATH_MAX];
		if (!suffix || strcmp(suffix, ".conf") != 0 || entry->d_name[0] == '.') {
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (is_wanted(root, path, data)) {
			return true;
		}
	}
	return false;
}

static bool is_wanted_in(const struct sysroot *root, const char *folder, const char *unit)
{
	_cleanup_folder_ DIR *entries = sysroot_open_folder(root, folder);

	if (!entries) {
		return false;
	}
	for (const struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		const char *suffix = strrchr(entry->d_name, '.');
		char path[PATH_MAX];
		if (!suffix ||
			(strcmp(suffix, ".wants") != 0 && strcmp(suffix, ".requires") != 0)) {
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s/%s", folder, entry->d_name, unit);
		if (sysroot_exists(root, path)) {
			return true;
		}
	}
	return false;
}

bool unit_file_is_enabled(const struct sysroot *root, const char *unit)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), UNIT_FILE_FOLDER "/%s", unit);
	if (unit_file_is_masked(root, path)) {
		return false; /* its links stay, also when its package is removed */
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		if (is_wanted_in(root, folders[i], unit)) {
			return true;
		}
	}
	return false;
}
