/*
 * The kernel module of zram: built in, loaded, or to be loaded. With it come those that it needs,
 * and, when a device is given its algorithm, those of that. What was not there before goes again.
 */
#include "tune/zram/zram-module.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tune/zram/zram-device.h"
#include "util/cleanup.h"

#define ZRAM        "zram"
#define DEVICES_MAX 64
#define NAME_SIZE   64 /* MODULE_NAME_LEN of the kernel */
#define SEPARATORS  ": \n"

bool zram_is_loaded(const struct sysroot *root)
{
	return sysroot_exists(root, "/sys/class/zram-control");
}

/* The name of a module, as the kernel has it, from its path: "kernel/crypto/lzo-rle.ko.xz". */
static bool name_of(const char *path, size_t length, char name[static NAME_SIZE])
{
	const char *slash = memrchr(path, '/', length);
	const char *base = slash ? slash + 1 : path;
	const char *end = memmem(base, (size_t)(path + length - base), ".ko", 3);
	size_t n = 0;

	if (!end || end == base || end - base >= NAME_SIZE) {
		return false;
	}
	for (; base < end; base++) {
		if (!isalnum((unsigned char)*base) && *base != '_' && *base != '-') {
			return false;
		}
		name[n++] = *base == '-' ? '_' : *base;
	}
	name[n] = '\0';
	return true;
}

/* NULL when there is none: a kernel without modules. */
static FILE *open_list(const struct sysroot *root)
{
	char release[128], path[PATH_MAX];

	if (sysroot_read(root, "/proc/sys/kernel/osrelease", release, sizeof(release)) < 0) {
		return NULL;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	return sysroot_open_file(root, path);
}

/* The module that a line is about: "kernel/drivers/block/zram/zram.ko: kernel/mm/zsmalloc.ko" */
static bool is_about(const char *line, const char *module)
{
	char name[NAME_SIZE], wanted[NAME_SIZE];

	snprintf(wanted, sizeof(wanted), "%s", module);
	for (char *c = wanted; *c; c++) {
		*c = *c == '-' ? '_' : *c;
	}
	return name_of(line, strcspn(line, ":"), name) && strcmp(name, wanted) == 0;
}

bool zram_is_loadable(const struct sysroot *root)
{
	_cleanup_file_ FILE *file = open_list(root);
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		if (is_about(line, ZRAM)) {
			return true;
		}
	}
	return false;
}

/* One that is built in mostly has a folder there, too. */
static bool is_there(const struct sysroot *root, const char *name)
{
	char path[PATH_MAX];

	if (strcmp(name, ZRAM) == 0) {
		return zram_is_loaded(root);
	}
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return sysroot_exists(root, path);
}

/* Adds what a line names and is not there yet, each once. */
static int add_missing(const struct sysroot *root, const char *line, json_t *names)
{
	for (line += strspn(line, SEPARATORS); *line; line += strspn(line, SEPARATORS)) {
		size_t length = strcspn(line, SEPARATORS), i = 0;
		char name[NAME_SIZE];
		bool is_missing = name_of(line, length, name) && !is_there(root, name);
		while (i < json_array_size(names) &&
			strcmp(json_string_value(json_array_get(names, i)), name) != 0) {
			i++;
		}
		if (is_missing && i == json_array_size(names) &&
			json_array_append_new(names, json_string(name)) < 0) {
			return -ENOMEM;
		}
		line += length;
	}
	return 0;
}

json_t *zram_module_list(
	const struct sysroot *root, const char *const *algorithms, size_t n_algorithms)
{
	_cleanup_file_ FILE *file = open_list(root);
	_cleanup_free_ char *line = NULL;
	json_t *names = json_array();
	size_t size = 0;

	while (names && file && getline(&line, &size, file) > 0) {
		bool is_wanted = is_about(line, ZRAM);
		for (size_t i = 0; i < n_algorithms && !is_wanted; i++) {
			is_wanted = is_about(line, algorithms[i]);
		}
		if (is_wanted && add_missing(root, line, names) < 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

__attribute__((noreturn)) static void run_modprobe(const char *program, bool is_alone, pid_t parent)
{
	char *argv[] = {"modprobe", "zram", is_alone ? "num_devices=0" : NULL, NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* The rollback after a kill must not come before the module does. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
		_exit(127);
	}
	execv(program, argv);
	_exit(127);
}

int zram_module_load(const struct sysroot *root, bool is_alone, struct error *err)
{
	char program[PATH_MAX];
	int status;

	int r = sysroot_read(root, "/proc/sys/kernel/modprobe", program, sizeof(program));
	if (r < 0 || !program[0]) {
		return error_set(err, r < 0 ? r : -ENOENT,
			"zram: this kernel loads no modules: load zram by hand");
	}
	pid_t parent = getpid();
	pid_t child = fork();
	if (child < 0) {
		return error_set(err, -errno, "zram: fork: %s", error_name(-errno));
	}
	if (child == 0) {
		run_modprobe(program, is_alone, parent);
	}
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			return error_set(err, -errno, "zram: waitpid: %s", error_name(-errno));
		}
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !zram_is_loaded(root)) {
		return error_set(
			err, -ENODEV, "zram: %s zram failed: see the kernel's log", program);
	}
	return 0;
}

/* Whether a device has a size: somebody uses it, or is about to. */
static int has_devices(const struct sysroot *root)
{
	int numbers[DEVICES_MAX];
	int n = zram_device_list(root, numbers, DEVICES_MAX);

	for (int i = 0; i < n; i++) {
		struct zram_device device;
		if (zram_device_read(root, numbers[i], &device) < 0 || device.size_bytes > 0) {
			return 1;
		}
	}
	return n == DEVICES_MAX ? 1 : n < 0 ? n : 0;
}

/* 1 when it went; 0 when it is in use, or is not there; a negative errno. */
static int unload(const char *name)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK) == 0) {
		return 1;
	}
	return errno == EBUSY || errno == EWOULDBLOCK || errno == ENOENT ? 0 : -errno;
}

bool zram_module_has(const struct sysroot *root, const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		if (name && is_there(root, name)) {
			return true;
		}
	}
	return false;
}

int zram_module_unload(const struct sysroot *root, const json_t *names)
{
	int in_use = has_devices(root);
	bool has_gone = in_use >= 0;
	bool stays = false;

	/* One that another of them needs goes in the round after that one. */
	while (has_gone) {
		has_gone = stays = false;
		for (size_t i = 0; i < json_array_size(names); i++) {
			const char *name = json_string_value(json_array_get(names, i));
			bool is_zram = name && strcmp(name, ZRAM) == 0;
			if (!name || !is_there(root, name)) {
				continue;
			}
			int r = is_zram && in_use ? 0 : unload(name);
			if (r < 0) {
				return r;
			}
			has_gone |= r > 0;
			stays |= is_zram && r == 0;
		}
	}
	return in_use < 0 ? in_use : stays;
}
