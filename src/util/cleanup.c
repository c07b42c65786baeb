#include "util/cleanup.h"

#include <errno.h>

int close_fd(int fd)
{
	int saved_errno = errno;

	if (fd >= 0) {
		close(fd);
	}
	errno = saved_errno;
	return -1;
}

void cleanup_close(int *fd)
{
	*fd = close_fd(*fd);
}

void cleanup_file(FILE **file)
{
	if (*file) {
		fclose(*file);
	}
}

void cleanup_folder(DIR **folder)
{
	if (*folder) {
		closedir(*folder);
	}
}

void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}
