#include "kernel/process/smaps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

/* "Rss:                  12 kB" */
static const struct field {
	const char *key;
	size_t offset;
} fields[] = {
	{"Rss:", offsetof(struct mapping, rss_bytes)},
	{"Pss:", offsetof(struct mapping, pss_bytes)},
	{"Private_Dirty:", offsetof(struct mapping, private_dirty_bytes)},
	{"Swap:", offsetof(struct mapping, swap_bytes)},
};

/* "7f5b4c000000-7f5b4c021000 rw-p 00000000 00:00 0      NAME"; false when it is another line. */
static bool parse_head(const char *line, struct mapping *ret_mapping)
{
	struct mapping mapping = {0};
	int name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %*u %n", &mapping.start,
		    &mapping.end, mapping.permissions, &name) != 3 ||
		name == 0 || mapping.end <= mapping.start) {
		return false;
	}
	size_t length = strcspn(line + name, "\n");
	if (length >= sizeof(mapping.name)) {
		length = sizeof(mapping.name) - 1;
	}
	memcpy(mapping.name, line + name, length);
	*ret_mapping = mapping;
	return true;
}

/* "VmFlags: rd wr mr mw me nr" */
static bool has_flag(const char *line, const char *flag)
{
	for (const char *at = strchr(line, ' '); at; at = strchr(at + 1, ' ')) {
		if (strncmp(at + 1, flag, 2) == 0) {
			return true;
		}
	}
	return false;
}

static void parse_field(const char *line, struct mapping *mapping)
{
	if (strncmp(line, "VmFlags:", 8) == 0) {
		mapping->is_unreserved = has_flag(line, "nr");
		mapping->is_device = has_flag(line, "pf") || has_flag(line, "io");
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t length = strlen(fields[i].key);
		if (strncmp(line, fields[i].key, length) == 0) {
			uint64_t *value = (uint64_t *)((char *)mapping + fields[i].offset);
			*value = (uint64_t)strtoull(line + length, NULL, 10) << 10;
			return;
		}
	}
}

static int append(struct smaps *smaps, size_t *room, const struct mapping *mapping)
{
	if (smaps->n == SMAPS_MAPPINGS_MAX) {
		return -E2BIG;
	}
	if (smaps->n == *room) {
		size_t wanted = *room > 0 ? 2 * *room : 128;
		struct mapping *more =
			reallocarray(smaps->mappings, wanted, sizeof(smaps->mappings[0]));
		if (!more) {
			return -ENOMEM;
		}
		smaps->mappings = more;
		*room = wanted;
	}
	smaps->mappings[smaps->n++] = *mapping;
	return 0;
}

static int parse(FILE *file, struct smaps *smaps)
{
	_cleanup_free_ char *line = NULL;
	size_t line_room = 0, room = 0;
	struct mapping mapping;

	errno = 0;
	while (getline(&line, &line_room, file) >= 0) {
		if (parse_head(line, &mapping)) {
			int r = append(smaps, &room, &mapping);
			if (r < 0) {
				return r;
			}
		} else if (smaps->n == 0) {
			return -EINVAL;
		} else {
			parse_field(line, &smaps->mappings[smaps->n - 1]);
		}
		errno = 0;
	}
	if (ferror(file)) {
		return errno ? -errno : -EIO;
	}
	return errno == ENOMEM ? -ENOMEM : 0;
}

int smaps_read(const struct sysroot *root, pid_t pid, const char *program, struct smaps *ret_smaps)
{
	_cleanup_smaps_ struct smaps smaps = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	if (!file) {
		return -errno;
	}
	int r = parse(file, &smaps);
	if (r < 0) {
		return r;
	}
	if (smaps.n == 0) {
		return -ESRCH; /* it has given its memory back already */
	}
	smaps_classify(&smaps, program);
	*ret_smaps = smaps;
	smaps = (struct smaps){0};
	return 0;
}

void smaps_done(struct smaps *smaps)
{
	free(smaps->mappings);
	*smaps = (struct smaps){0};
}
