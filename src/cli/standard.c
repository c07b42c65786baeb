#include "cli/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/verb.h"
#include "util/error.h"
#include "util/log.h"

int standard_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Without O_CLOEXEC: they are for the verb that the front runs, too. */
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
			return -EBADF;
		}
	}
	return 0;
}

int standard_flush(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_STATUS_DONE) {
		log_error("standard output: %s", error_name(-errno));
		return EXIT_STATUS_FAILED;
	}
	return status;
}
