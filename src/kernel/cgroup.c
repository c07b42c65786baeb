#include "kernel/cgroup.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/proc-text.h"

#define STAT_SIZE 8192 /* memory.stat is 2 KiB on 6.12 */

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* Whether the list of controllers that ends at end has "memory". */
static bool has_memory(const char *list, const char *end)
{
	while (list < end) {
		size_t length = strcspn(list, ",:");
		if (length == strlen("memory") && strncmp(list, "memory", length) == 0) {
			return true;
		}
		list += length + 1;
	}
	return false;
}

/* "9:memory:/path" or "0::/path". 0; -ENOENT for another controller; -ENAMETOOLONG. */
static int parse_line(const char *line, size_t length, struct cgroup_path *ret_path)
{
	const char *end = line + length;
	const char *list = memchr(line, ':', length);
	const char *path = list ? memchr(list + 1, ':', (size_t)(end - list - 1)) : NULL;

	if (!path) {
		return -ENOENT;
	}
	bool is_unified = line[0] == '0' && list == line + 1 && path == list + 1;
	if (!is_unified && !has_memory(list + 1, path)) {
		return -ENOENT;
	}
	path++;
	if ((size_t)(end - path) >= sizeof(ret_path->path)) {
		return -ENAMETOOLONG;
	}
	ret_path->version = is_unified ? CGROUP_VERSION_2 : CGROUP_VERSION_1;
	memcpy(ret_path->path, path, (size_t)(end - path));
	ret_path->path[end - path] = '\0';
	return 0;
}

int cgroup_path_parse(const char *text, struct cgroup_path *ret_path)
{
	struct cgroup_path found;
	int result = -ENOENT;
	const char *end;

	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		int r = parse_line(line, (size_t)(end - line), &found);
		if (r == -ENAMETOOLONG) {
			return r;
		}
		if (r < 0) {
			continue;
		}
		*ret_path = found;
		result = 0;
		if (found.version == CGROUP_VERSION_1) {
			break;
		}
	}
	return result;
}

static const char *folder_of(enum cgroup_version version)
{
	return version == CGROUP_VERSION_1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
}

int cgroup_folder(const struct cgroup_path *path, char *ret_folder, size_t size)
{
	int length = snprintf(ret_folder, size, "%s%s", folder_of(path->version), path->path);

	return (size_t)length >= size ? -ENAMETOOLONG : 0;
}

struct file_name {
	const char *name; /* NULL: there is none */
	size_t offset;
};

static const struct file_name names_v1[] = {
	{"memory.usage_in_bytes", offsetof(struct cgroup_files, current)},
	{"memory.stat", offsetof(struct cgroup_files, stat)},
	{"memory.oom_control", offsetof(struct cgroup_files, events)},
	{NULL, offsetof(struct cgroup_files, pressure)},
	{"memory.kmem.usage_in_bytes", offsetof(struct cgroup_files, kernel)},
	{"memory.kmem.tcp.usage_in_bytes", offsetof(struct cgroup_files, socket)},
};

static const struct file_name names_v2[] = {
	{"memory.current", offsetof(struct cgroup_files, current)},
	{"memory.stat", offsetof(struct cgroup_files, stat)},
	{"memory.events", offsetof(struct cgroup_files, events)},
	{"memory.pressure", offsetof(struct cgroup_files, pressure)},
	{NULL, offsetof(struct cgroup_files, kernel)},
	{NULL, offsetof(struct cgroup_files, socket)},
};

static struct proc_file *file_at(struct cgroup_files *files, size_t offset)
{
	return (struct proc_file *)((char *)files + offset);
}

int cgroup_files_open(
	struct cgroup_files *files, const struct sysroot *root, const struct cgroup_path *path)
{
	bool is_v1 = path->version == CGROUP_VERSION_1;
	const struct file_name *names = is_v1 ? names_v1 : names_v2;
	int r = 0;

	files->version = path->version;
	for (size_t i = 0; i < N_ELEMENTS(names_v2); i++) {
		struct proc_file *file = file_at(files, names[i].offset);
		char full[PATH_MAX];
		*file = PROC_FILE_CLOSED;
		if (!names[i].name) {
			continue;
		}
		snprintf(full, sizeof(full), "%s%s/%s", folder_of(path->version), path->path,
			names[i].name);
		int opened = proc_file_open(file, root, full);
		if (file == &files->current) {
			r = opened; /* the others may be missing */
		}
	}
	if (r < 0) {
		cgroup_files_close(files);
	}
	return r;
}

void cgroup_files_close(struct cgroup_files *files)
{
	for (size_t i = 0; i < N_ELEMENTS(names_v2); i++) {
		proc_file_close(file_at(files, names_v2[i].offset));
	}
}

void cgroup_stat_parse(enum cgroup_version version, const char *text, struct cgroup_memory *memory)
{
	struct raw {
		uint64_t anon, kernel, stack, tables, percpu, slab, sock;
	} raw;
	static const struct proc_field fields_v2[] = {
		{"anon", offsetof(struct raw, anon)},
		{"kernel", offsetof(struct raw, kernel)}, /* since Linux 5.18 */
		{"kernel_stack", offsetof(struct raw, stack)},
		{"pagetables", offsetof(struct raw, tables)}, /* since Linux 5.11 */
		{"percpu", offsetof(struct raw, percpu)},     /* since Linux 5.9 */
		{"slab", offsetof(struct raw, slab)},
		{"sock", offsetof(struct raw, sock)},
	};
	static const struct proc_field fields_v1[] = {
		{"total_rss", offsetof(struct raw, anon)},
	};

	if (version == CGROUP_VERSION_1) {
		if (proc_fields_parse(text, fields_v1, N_ELEMENTS(fields_v1), &raw) > 0) {
			memory->anonymous = raw.anon;
		}
		return;
	}
	if (proc_fields_parse(text, fields_v2, N_ELEMENTS(fields_v2), &raw) == 0) {
		return;
	}
	uint64_t parts = proc_sum(proc_sum(raw.stack, raw.tables), proc_sum(raw.percpu, raw.slab));
	memory->anonymous = raw.anon;
	memory->kernel = raw.kernel != PROC_ABSENT ? raw.kernel : parts;
	memory->socket = raw.sock;
}

void cgroup_events_parse(const char *text, struct cgroup_memory *memory)
{
	static const struct proc_field field = {
		"oom_kill", offsetof(struct cgroup_memory, oom_kills)};

	proc_fields_parse(text, &field, 1, memory);
}

/* A file with one number. */
static int read_number(const struct proc_file *file, char *buffer, size_t size, uint64_t *ret_value)
{
	const char *text = buffer;
	int r = proc_file_read(file, buffer, size);

	return r < 0 ? r : proc_number_parse(&text, ret_value);
}

int cgroup_files_read(const struct cgroup_files *files, char *buffer, size_t size,
	struct cgroup_memory *ret_memory, uint64_t *ret_some_us)
{
	struct cgroup_memory memory = {
		.current = PROC_ABSENT,
		.anonymous = PROC_ABSENT,
		.kernel = PROC_ABSENT,
		.socket = PROC_ABSENT,
		.oom_kills = PROC_ABSENT,
	};
	struct pressure pressure;

	int r = read_number(&files->current, buffer, size, &memory.current);
	if (r < 0) {
		return r;
	}
	/* In files of their own in version 1; what cannot be read stays absent. */
	(void)read_number(&files->kernel, buffer, size, &memory.kernel);
	(void)read_number(&files->socket, buffer, size, &memory.socket);
	if (proc_file_read(&files->stat, buffer, size) == 0) {
		cgroup_stat_parse(files->version, buffer, &memory);
	}
	if (proc_file_read(&files->events, buffer, size) == 0) {
		cgroup_events_parse(buffer, &memory);
	}
	*ret_some_us = PROC_ABSENT;
	if (proc_file_read(&files->pressure, buffer, size) == 0 &&
		pressure_parse(buffer, &pressure) == 0) {
		*ret_some_us = pressure.some.total_us;
	}
	*ret_memory = memory;
	return 0;
}

static int read_text(const struct sysroot *root, const struct cgroup_path *path, const char *name,
	char *text, size_t size)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s%s/%s", folder_of(path->version), path->path, name);
	int r = sysroot_read(root, full, text, size);
	if (r == 0) {
		strcat(text,
			"\n"); /* sysroot_read took it; without it the last number may be cut */
	}
	return r;
}

/* A file with one number, or the number of a key in one with many. */
static int read_value(const struct sysroot *root, const struct cgroup_path *path, const char *name,
	const char *key, uint64_t *reterr_value)
{
	const struct proc_field field = {key, 0};
	char text[STAT_SIZE + 1];
	const char *end = text;

	*reterr_value = PROC_ABSENT;
	int r = read_text(root, path, name, text, sizeof(text) - 1);
	if (r < 0) {
		return r;
	}
	if (!key) {
		return proc_number_parse(&end, reterr_value);
	}
	return proc_fields_parse(text, &field, 1, reterr_value) == 1 ? 0 : -ENOENT;
}

int cgroup_usage_read(
	const struct sysroot *root, const struct cgroup_path *path, struct cgroup_usage *ret_usage)
{
	bool is_v1 = path->version == CGROUP_VERSION_1;
	struct cgroup_usage usage = {.some_us = PROC_ABSENT, .full_us = PROC_ABSENT};
	struct pressure pressure;
	char text[256];

	int r = read_value(root, path, is_v1 ? "memory.usage_in_bytes" : "memory.current", NULL,
		&usage.current);
	if (r < 0) {
		return r;
	}
	/* What cannot be read stays absent. */
	(void)read_value(
		root, path, is_v1 ? "memory.max_usage_in_bytes" : "memory.peak", NULL, &usage.peak);
	(void)read_value(root, path, is_v1 ? "memory.stat" : "memory.swap.current",
		is_v1 ? "total_swap" : NULL, &usage.swap);
	(void)read_value(root, path, "memory.stat", is_v1 ? "total_mapped_file" : "file_mapped",
		&usage.mapped);
	(void)read_value(root, path, is_v1 ? "memory.failcnt" : "memory.events",
		is_v1 ? NULL : "max", &usage.limit_hits);
	(void)read_value(root, path, is_v1 ? "memory.oom_control" : "memory.events", "oom_kill",
		&usage.oom_kills);
	if (!is_v1 && read_text(root, path, "memory.pressure", text, sizeof(text) - 1) == 0 &&
		pressure_parse(text, &pressure) == 0) {
		usage.some_us = pressure.some.total_us;
		usage.full_us = pressure.full.total_us;
	}
	*ret_usage = usage;
	return 0;
}
