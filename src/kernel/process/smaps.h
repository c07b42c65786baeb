/*
 * /proc/PID/smaps: what each mapping of a process takes, and what it is for. Reading it walks the
 * page tables and holds the process' mmap_lock meanwhile: not for sampling.
 */
#ifndef KERNEL_PROCESS_SMAPS_H
#define KERNEL_PROCESS_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/sysroot.h"

#define SMAPS_NAME_MAX     256
#define SMAPS_MAPPINGS_MAX 65530 /* vm.max_map_count */

enum mapping_kind {
	MAPPING_KIND_CODE,      /* the program's own file, with its data */
	MAPPING_KIND_LIBRARY,   /* shared objects, with their data */
	MAPPING_KIND_HEAP,      /* [heap] and the arenas of threads */
	MAPPING_KIND_STACK,     /* of all threads */
	MAPPING_KIND_FRAME,     /* pools of frames, and what stands before a frame of a driver */
	MAPPING_KIND_DEVICE,    /* memory of a driver; seldom in RSS or PSS */
	MAPPING_KIND_FILE,      /* other files */
	MAPPING_KIND_ANONYMOUS, /* other memory of its own */
	MAPPING_KIND_KERNEL,    /* [vdso], [vvar]: the kernel's, the same in all processes */
	MAPPING_KIND_COUNT,
};

struct mapping {
	uint64_t start, end;
	char permissions[5];       /* "rw-p" */
	char name[SMAPS_NAME_MAX]; /* "" when the kernel has none; cut when longer */
	uint64_t rss_bytes, pss_bytes, private_dirty_bytes, swap_bytes;
	bool is_unreserved; /* MAP_NORESERVE */
	bool is_device;     /* page frames without struct page (VM_PFNMAP, VM_IO) */
	enum mapping_kind kind;
};

struct smaps {
	struct mapping *mappings; /* by address */
	size_t n;
};

/*
 * program: the target of /proc/PID/exe. 0; -EACCES; -ENOENT or -ESRCH when it has ended; -E2BIG;
 * -EINVAL when text is not of the form; -ENOMEM.
 */
int smaps_read(const struct sysroot *root, pid_t pid, const char *program, struct smaps *ret_smaps);
void smaps_done(struct smaps *smaps);

static inline uint64_t mapping_bytes(const struct mapping *mapping)
{
	return mapping->end - mapping->start;
}

/* "code", "libraries", "heap", ... */
const char *mapping_kind_name(enum mapping_kind kind);

/* Sets the kind of each. Called by smaps_read. */
void smaps_classify(struct smaps *smaps, const char *program);

#define _cleanup_smaps_ __attribute__((cleanup(smaps_done)))

#endif
