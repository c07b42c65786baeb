#include "watch/alert/largest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/proc-file.h"
#include "kernel/proc-text.h"

struct status {
	uint64_t anonymous, swap; /* RssAnon is there since Linux 4.5 */
};

/* "Name:\tcomm\n" is the first line. */
static void copy_comm(const char *status, char comm[16])
{
	const char *name = strchr(status, '\t');

	snprintf(comm, 16, "%.*s", name ? (int)strcspn(name + 1, "\n") : 0, name ? name + 1 : "");
}

/* Returns false for kernel threads, and for what ended. */
static bool read_status(const struct sysroot *root, pid_t pid, struct large_process *ret_process)
{
	static const struct proc_field fields[] = {
		{"RssAnon", offsetof(struct status, anonymous)},
		{"VmSwap", offsetof(struct status, swap)},
	};
	struct status status;
	struct proc_file file;
	char path[64], text[2048];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (proc_file_open(&file, root, path) < 0) {
		return false;
	}
	/* What is looked for stands in the first part of a longer one. */
	int r = proc_file_read(&file, text, sizeof(text));
	proc_file_close(&file);
	if ((r < 0 && r != -E2BIG) || proc_fields_parse(text, fields, 2, &status) == 0) {
		return false;
	}
	*ret_process = (struct large_process){
		.pid = pid, .bytes = proc_sum(status.anonymous, status.swap)};
	copy_comm(text, ret_process->comm);
	return true;
}

/* Returns the new number of them. */
static size_t insert(
	struct large_process largest[LARGEST_MAX], size_t n, const struct large_process *process)
{
	size_t at = n;

	while (at > 0 && largest[at - 1].bytes < process->bytes) {
		at--;
	}
	if (at == LARGEST_MAX) {
		return n;
	}
	n += n < LARGEST_MAX;
	memmove(&largest[at + 1], &largest[at], (n - at - 1) * sizeof(*largest));
	largest[at] = *process;
	return n;
}

size_t largest_find(const struct sysroot *root, struct large_process ret_largest[LARGEST_MAX])
{
	_Alignas(struct dirent64) char buffer[4096];
	struct proc_file folder;
	struct large_process process;
	size_t n = 0;
	long size;

	if (proc_file_open(&folder, root, "/proc") < 0) {
		return 0;
	}
	while ((size = syscall(SYS_getdents64, folder.fd, buffer, sizeof(buffer))) > 0) {
		for (long at = 0; at < size;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);
			if (isdigit((unsigned char)entry->d_name[0]) &&
				read_status(root, atoi(entry->d_name), &process)) {
				n = insert(ret_largest, n, &process);
			}
			at += entry->d_reclen;
		}
	}
	proc_file_close(&folder);
	return n;
}
