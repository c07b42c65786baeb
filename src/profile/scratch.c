#include "profile/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

int scratch_open(struct scratch *scratch)
{
	const char *folder = getenv("TMPDIR");

	if (!folder || folder[0] != '/') {
		folder = "/tmp";
	}
	int n = snprintf(scratch->path, PATH_MAX, "%s/twinlens-profile-XXXXXX", folder);
	int r = n >= PATH_MAX ? -ENAMETOOLONG : 0;
	if (r == 0 && !mkdtemp(scratch->path)) {
		r = -errno;
	}
	if (r < 0) {
		*scratch = SCRATCH_NONE;
	}
	return r;
}

int scratch_name(const struct scratch *scratch, const char *name, char *buffer, size_t size)
{
	int n = snprintf(buffer, size, "%s/%s", scratch->path, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int scratch_create(const struct scratch *scratch, const char *name)
{
	char path[PATH_MAX];
	int r = scratch_name(scratch, name, path, sizeof(path));

	if (r < 0) {
		return r;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

void scratch_first_line(const struct scratch *scratch, const char *name, char *text, size_t size)
{
	char path[PATH_MAX], line[512];

	text[0] = '\0';
	if (scratch_name(scratch, name, path, sizeof(path)) < 0) {
		return;
	}
	_cleanup_file_ FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *begin = line + strspn(line, " \t\r\n");
		size_t length = strcspn(begin, "\r\n");
		if (length > 0 && begin[length - 1] != ':') {
			snprintf(text, size, "%.*s", (int)length, begin);
			return;
		}
	}
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *position)
{
	(void)status;
	(void)kind;
	(void)position;
	(void)remove(path);
	return 0;
}

void scratch_done(struct scratch *scratch)
{
	if (scratch->path[0]) {
		nftw(scratch->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
		scratch->path[0] = '\0';
	}
}
