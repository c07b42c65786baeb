/* SPDX-License-Identifier: MIT */
/*
 * Fragments the memory of the board: lab-fragment MIB fills pipes with so much, and empties them
 * but for one page of 16. Pages of pipes cannot be moved, so that hardly a block of 2 MiB among
 * them is free or can be made free. Prints its process id, and runs until it is signalled.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	PIPE = 16 * PAGE, /* what the kernel makes them of */
	PIPES_PER_MIB = (1 << 20) / PIPE,
	PIPES_MAX = 4096 * PIPES_PER_MIB,
	OTHER_FILES = 64,
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	static char bytes[PIPE];
	static int ends[PIPES_MAX][2];
	int n = argc == 2 ? atoi(argv[1]) * PIPES_PER_MIB : 0;

	if (n <= 0 || n > PIPES_MAX) {
		fprintf(stderr, "usage: lab-fragment MIB, up to 4096\n");
		return 2;
	}
	struct rlimit limit = {.rlim_cur = (rlim_t)n * 2 + OTHER_FILES};
	limit.rlim_max = limit.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		die("setrlimit");
	}
	memset(bytes, 1, sizeof(bytes));
	for (int i = 0; i < n; i++) {
		if (pipe2(ends[i], O_NONBLOCK) < 0 || write(ends[i][1], bytes, PIPE) != PIPE) {
			die("pipe");
		}
	}
	for (int i = 0; i < n; i++) {
		if (read(ends[i][0], bytes, PIPE - PAGE) != PIPE - PAGE) {
			die("read");
		}
	}
	printf("%d\n", (int)getpid());
	fflush(stdout);
	pause();
	return 0;
}
