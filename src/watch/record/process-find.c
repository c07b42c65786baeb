#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/process/process-stat.h"
#include "watch/record/process-impl.h"

#define COMM_MAX 15 /* TASK_COMM_LEN - 1 */

/* Figure names are parted by dots, and go into the names of environment variables. */
static void copy_name(const char *from, size_t length, char to[static PROCESS_NAME_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < PROCESS_NAME_MAX - 1; i++) {
		bool is_kept = isalnum((unsigned char)from[i]) || from[i] == '-' || from[i] == '_';
		to[used++] = is_kept ? from[i] : '_';
	}
	to[used] = '\0';
}

static int open_file(
	struct proc_file *file, const struct sysroot *root, pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return proc_file_open(file, root, path);
}

static int read_file(struct process_reader *reader, pid_t pid, const char *name)
{
	struct proc_file file;
	int r = open_file(&file, reader->root, pid, name);

	if (r < 0) {
		return r;
	}
	r = proc_file_read(&file, reader->text, sizeof(reader->text));
	proc_file_close(&file);
	return r;
}

void watched_process_open_memory(struct watched_process *process, const struct sysroot *root)
{
	proc_file_close(&process->memory);
	process->memory_error = open_file(&process->memory, root, process->pid, "smaps_rollup");
}

static void close_cgroup(struct watched_process *process)
{
	if (process->service[0]) {
		cgroup_files_close(&process->cgroup);
		process->service[0] = '\0';
	}
	process->stalled_us = UINT64_MAX;
}

void watched_process_close(struct watched_process *process)
{
	proc_file_close(&process->stat);
	proc_file_close(&process->memory);
	proc_file_close(&process->descriptors);
	close_cgroup(process);
}

/* "twinlens" of "/system.slice/twinlens.service"; "" for the root cgroup. */
static void name_service(const char *path, char name[static PROCESS_NAME_MAX])
{
	static const char *const suffixes[] = {".service", ".scope", ".slice"};
	const char *last = strrchr(path, '/');
	last = last ? last + 1 : path;
	size_t length = strlen(last);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t suffix = strlen(suffixes[i]);
		if (length > suffix && strcmp(last + length - suffix, suffixes[i]) == 0) {
			length -= suffix;
			break;
		}
	}
	copy_name(last, length, name);
}

static void open_cgroup(struct process_reader *reader, struct watched_process *process)
{
	struct cgroup_path path;
	char name[PROCESS_NAME_MAX];

	close_cgroup(process);
	if (read_file(reader, process->pid, "cgroup") < 0 ||
		cgroup_path_parse(reader->text, &path) < 0) {
		return;
	}
	name_service(path.path, name);
	if (name[0] && cgroup_files_open(&process->cgroup, reader->root, &path) == 0) {
		memcpy(process->service, name, sizeof(process->service));
	}
}

/* 0, or a negative errno when it ended meanwhile. */
static int open_process(struct process_reader *reader, struct watched_process *process, pid_t pid)
{
	struct process_stat stat;
	int r = process_stat_read(reader->root, pid, &stat);

	if (r < 0) {
		return r;
	}
	process->memory = PROC_FILE_CLOSED;
	process->descriptors = PROC_FILE_CLOSED;
	process->service[0] = '\0';
	r = open_file(&process->stat, reader->root, pid, "stat");
	if (r < 0) {
		return r;
	}
	process->pid = pid;
	process->start_ticks = stat.start_ticks;
	process->is_ended = false;
	process->has_before = false;
	/* Without permission it stays closed, and the number absent. */
	(void)open_file(&process->descriptors, reader->root, pid, "fd");
	watched_process_open_memory(process, reader->root);
	open_cgroup(reader, process);
	return 0;
}

static bool is_name_taken(const struct process_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->n; i++) {
		if (strcmp(reader->processes[i].name, name) == 0) {
			return true;
		}
	}
	return false;
}

/* Returns whether it is not the first of this name. */
static bool choose_name(
	const struct process_reader *reader, const char *base, char name[static PROCESS_NAME_MAX])
{
	int i = 1;

	copy_name(base, strlen(base), name);
	while (is_name_taken(reader, name)) {
		char numbered[PROCESS_NAME_MAX + 16];
		snprintf(numbered, sizeof(numbered), "%.*s-%d", PROCESS_NAME_MAX - 8, base, ++i);
		copy_name(numbered, strlen(numbered), name);
	}
	return i > 1;
}

/* The place of a process of this target that ended, for its successor; NULL. */
static struct watched_process *find_ended(struct process_reader *reader, size_t target)
{
	for (size_t i = 0; i < reader->n; i++) {
		if (reader->processes[i].target == target && reader->processes[i].is_ended) {
			return &reader->processes[i];
		}
	}
	return NULL;
}

static void add_process(struct process_reader *reader, size_t target, pid_t pid, const char *comm)
{
	struct watched_process *process = find_ended(reader, target);

	if (process) {
		process->restarts += open_process(reader, process, pid) == 0;
		return;
	}
	if (reader->n == WATCH_PROCESSES_MAX) {
		return;
	}
	const char *base = reader->targets[target].name;
	process = &reader->processes[reader->n];
	*process = (struct watched_process){.target = target, .stalled_us = UINT64_MAX};
	process->is_extra = choose_name(reader, base[0] ? base : comm, process->name);
	if (open_process(reader, process, pid) == 0) {
		reader->n++;
	}
}

static bool is_watched(const struct process_reader *reader, pid_t pid)
{
	for (size_t i = 0; i < reader->n; i++) {
		if (!reader->processes[i].is_ended && reader->processes[i].pid == pid) {
			return true;
		}
	}
	return false;
}

static bool matches(const struct process_target *target, pid_t pid, const char *comm)
{
	return target->comm[0] ? strncmp(target->comm, comm, COMM_MAX) == 0 : target->pid == pid;
}

static void consider(struct process_reader *reader, pid_t pid)
{
	char comm[COMM_MAX + 1];

	if (is_watched(reader, pid) || read_file(reader, pid, "comm") < 0) {
		return;
	}
	reader->text[strcspn(reader->text, "\n")] = '\0';
	snprintf(comm, sizeof(comm), "%.15s", reader->text);
	for (size_t i = 0; i < reader->n_targets; i++) {
		if (matches(&reader->targets[i], pid, comm)) {
			add_process(reader, i, pid, comm);
			return;
		}
	}
}

void process_reader_scan(struct process_reader *reader)
{
	_Alignas(struct dirent64) char buffer[4096];
	long size;

	for (size_t i = 0; i < reader->n; i++) {
		if (!reader->processes[i].is_ended) {
			open_cgroup(reader, &reader->processes[i]); /* it may have been moved */
		}
	}
	if (lseek(reader->folder.fd, 0, SEEK_SET) < 0) {
		return;
	}
	while ((size = syscall(SYS_getdents64, reader->folder.fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < size;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);
			int pid =
				isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
			if (pid > 0) {
				consider(reader, pid);
			}
			at += entry->d_reclen;
		}
	}
}
