#include "tune/zram/zram-owner.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "systemd/unit-file.h"
#include "util/cleanup.h"

#define GENERATOR_FILE "zram-generator.conf"
#define N_OF(array)    (sizeof(array) / sizeof((array)[0]))

/* See zram-generator.conf(5): of the main files the first counts, of the folders beside them each
 * file. */
static const char *const generator_folders[] = {
	"/etc/systemd",
	"/run/systemd",
	"/usr/local/lib/systemd",
	"/usr/lib/systemd",
	"/lib/systemd",
};

static const char *const generators[] = {
	"/usr/lib/systemd/system-generators/zram-generator",
	"/lib/systemd/system-generators/zram-generator",
};

static const struct zram_owner generator = {
	"zram-generator", "systemd-zram-setup@zram0.service", GENERATOR_FILE};

static const struct zram_owner services[] = {
	{"zram-tools", "zramswap.service", "/etc/default/zramswap"},
	{"Armbian", "armbian-zram-config.service", "/etc/default/armbian-zram-config"},
	{"Orange Pi", "orangepi-zram-config.service", "/etc/default/orangepi-zram-config"},
	{"zram-config", "zram-config.service", "/usr/bin/init-zram-swapping"},
};

/* A section such as [zram0] makes a device; the file that Debian installs is there to be edited. */
static bool has_device(const struct sysroot *root, const char *path, void *data)
{
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	(void)data;
	while (file && getline(&line, &size, file) > 0) {
		const char *text = line + strspn(line, " \t");
		if (strncmp(text, "[zram", 5) == 0 && isdigit((unsigned char)text[5])) {
			return true;
		}
	}
	return false;
}

static bool has_main_device(const struct sysroot *root)
{
	for (size_t i = 0; i < N_OF(generator_folders); i++) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s/" GENERATOR_FILE, generator_folders[i]);
		if (sysroot_exists(root, path)) {
			return has_device(root, path, NULL);
		}
	}
	return false;
}

static bool is_generator_set_up(const struct sysroot *root)
{
	bool is_installed = false;

	for (size_t i = 0; i < N_OF(generators) && !is_installed; i++) {
		is_installed = sysroot_exists(root, generators[i]);
	}
	if (!is_installed || has_main_device(root)) {
		return is_installed;
	}
	for (size_t i = 0; i < N_OF(generator_folders); i++) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s/" GENERATOR_FILE ".d", generator_folders[i]);
		if (unit_file_find_conf(root, path, has_device, NULL)) {
			return true;
		}
	}
	return false;
}

const struct zram_owner *zram_owner_find(const struct sysroot *root)
{
	if (is_generator_set_up(root)) {
		return &generator;
	}
	for (size_t i = 0; i < N_OF(services); i++) {
		if (unit_file_is_enabled(root, services[i].unit)) {
			return &services[i];
		}
	}
	return NULL;
}
