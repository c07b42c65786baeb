/*
 * Since Linux 4.5 the kernel no longer names the stacks of threads, and it never named arenas. They
 * are told by how glibc and frame/pool.c make them:
 *
 *   arena   MAP_NORESERVE, begins at a multiple of HEAP_MAX_SIZE (malloc/arena.c); what it does
 *           not use yet nobody may touch
 *   stack   reserved, and lies directly above its guard, which nobody may touch (nptl)
 *   frames  MAP_NORESERVE, anywhere
 *   .bss    anonymous, directly above the writable part of its file
 */
#include "kernel/process/smaps.h"

#include <string.h>

#define ARENA_ALIGNMENT (sizeof(long) == 8 ? UINT64_C(64) << 20 : UINT64_C(1) << 20)

static const char *const kind_names[MAPPING_KIND_COUNT] = {
	[MAPPING_KIND_CODE] = "code",
	[MAPPING_KIND_LIBRARY] = "libraries",
	[MAPPING_KIND_HEAP] = "heap",
	[MAPPING_KIND_STACK] = "stacks",
	[MAPPING_KIND_FRAME] = "frames",
	[MAPPING_KIND_DEVICE] = "device buffers",
	[MAPPING_KIND_FILE] = "other files",
	[MAPPING_KIND_ANONYMOUS] = "other memory",
	[MAPPING_KIND_KERNEL] = "kernel",
};

const char *mapping_kind_name(enum mapping_kind kind)
{
	return kind_names[kind];
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_device_name(const char *name)
{
	return (begins_with(name, "/dev/") && !begins_with(name, "/dev/shm/") &&
		       !begins_with(name, "/dev/zero")) ||
	       begins_with(name, "/dmabuf:") || begins_with(name, "anon_inode:");
}

static bool is_library_name(const char *name)
{
	const char *last = strrchr(name, '/');

	return last && strstr(last, ".so") != NULL;
}

/* "[anon:NAME]" is what PR_SET_VMA_ANON_NAME gave. */
static bool is_anonymous(const struct mapping *mapping)
{
	return mapping->name[0] == '\0' || begins_with(mapping->name, "[anon:");
}

static bool may_be_touched(const struct mapping *mapping)
{
	return strncmp(mapping->permissions, "---", 3) != 0;
}

static bool is_writable_file(const struct mapping *mapping)
{
	return mapping->name[0] == '/' && mapping->permissions[1] == 'w';
}

/* below: the mapping that ends where this one begins; NULL when there is a gap. */
static enum mapping_kind anonymous_kind(const struct mapping *mapping, const struct mapping *below)
{
	if (mapping->is_unreserved) {
		bool is_arena_rest =
			below && below->kind == MAPPING_KIND_HEAP && !may_be_touched(mapping);
		return is_arena_rest || mapping->start % ARENA_ALIGNMENT == 0 ? MAPPING_KIND_HEAP
									      : MAPPING_KIND_FRAME;
	}
	if (!may_be_touched(mapping)) {
		return MAPPING_KIND_STACK; /* its guard */
	}
	if (below && below->kind != MAPPING_KIND_DEVICE && is_writable_file(below)) {
		return below->kind;
	}
	if (below && is_anonymous(below) && !may_be_touched(below)) {
		return MAPPING_KIND_STACK;
	}
	return MAPPING_KIND_ANONYMOUS;
}

static enum mapping_kind find_kind(
	const struct mapping *mapping, const struct mapping *below, const char *program)
{
	const char *name = mapping->name;

	if (mapping->is_device && name[0] != '[') {
		return MAPPING_KIND_DEVICE;
	}
	if (is_anonymous(mapping)) {
		return anonymous_kind(mapping, below);
	}
	if (name[0] == '[') {
		if (strcmp(name, "[heap]") == 0) {
			return MAPPING_KIND_HEAP;
		}
		return begins_with(name, "[stack") ? MAPPING_KIND_STACK : MAPPING_KIND_KERNEL;
	}
	if (is_device_name(name)) {
		return MAPPING_KIND_DEVICE;
	}
	if (strcmp(name, program) == 0) {
		return MAPPING_KIND_CODE;
	}
	return is_library_name(name) ? MAPPING_KIND_LIBRARY : MAPPING_KIND_FILE;
}

void smaps_classify(struct smaps *smaps, const char *program)
{
	for (size_t i = 0; i < smaps->n; i++) {
		struct mapping *mapping = &smaps->mappings[i];
		const struct mapping *below = i > 0 ? mapping - 1 : NULL;
		if (below && below->end != mapping->start) {
			below = NULL;
		}
		mapping->kind = find_kind(mapping, below, program);
	}
}
