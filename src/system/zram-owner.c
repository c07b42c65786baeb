#include "system/zram-owner.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"

#define UNITS "/etc/systemd/system"

static const char *const generator_files[] = {
	"/etc/systemd/zram-generator.conf",
	"/run/systemd/zram-generator.conf",
	"/usr/local/lib/systemd/zram-generator.conf",
	"/usr/lib/systemd/zram-generator.conf",
};

static const char *const generators[] = {
	"/usr/lib/systemd/system-generators/zram-generator",
	"/lib/systemd/system-generators/zram-generator",
};

static const struct zram_owner generator = {
	"zram-generator", "systemd-zram-setup@zram0.service", "zram-generator.conf"};

static const struct zram_owner services[] = {
	{"zram-tools", "zramswap.service", "/etc/default/zramswap"},
	{"Armbian", "armbian-zram-config.service", "/etc/default/armbian-zram-config"},
};

/* Whether a target wants the unit: enabled. */
static bool is_enabled(const struct sysroot *root, const char *unit)
{
	char path[PATH_MAX];

	int r = sysroot_path(root, UNITS, path, sizeof(path));
	_cleanup_folder_ DIR *folder = r < 0 ? NULL : opendir(path);
	if (!folder) {
		return false;
	}
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		const char *suffix = strrchr(entry->d_name, '.');
		if (!suffix ||
			(strcmp(suffix, ".wants") != 0 && strcmp(suffix, ".requires") != 0)) {
			continue;
		}
		snprintf(path, sizeof(path), UNITS "/%s/%s", entry->d_name, unit);
		if (sysroot_exists(root, path)) {
			return true;
		}
	}
	return false;
}

static bool has_any(const struct sysroot *root, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (sysroot_exists(root, paths[i])) {
			return true;
		}
	}
	return false;
}

const struct zram_owner *zram_owner_find(const struct sysroot *root)
{
	if (has_any(root, generators, sizeof(generators) / sizeof(generators[0])) &&
		has_any(root, generator_files,
			sizeof(generator_files) / sizeof(generator_files[0]))) {
		return &generator;
	}
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (is_enabled(root, services[i].unit)) {
			return &services[i];
		}
	}
	return NULL;
}
