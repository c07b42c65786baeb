#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/log.h"

static const struct verb {
	const char *name;
	char *title; /* argv[0] of run */
	const char *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{"serve", "twinlens serve", "stream the cameras to browsers", cmd_serve},
	{"cameras", "twinlens cameras", "list capture devices, and which are usable", cmd_cameras},
	{"tune", "twinlens tune", "make the machine fit in its memory, and take it back", cmd_tune},
	{"boot", "twinlens boot", "where the start-up time went", cmd_boot},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

static int refuse(const char *what, const char *name)
{
	char names[128] = "";
	size_t used = 0;

	for (size_t i = 0; i < N_VERBS && used < sizeof(names); i++) {
		used += (size_t)snprintf(
			names + used, sizeof(names) - used, "%s%s", i ? ", " : "", verbs[i].name);
	}
	struct error err;
	error_set(
		&err, -EINVAL, "%s%.64s: must be one of %s; see twinlens help", what, name, names);
	log_error("%s", err.text);
	return EXIT_STATUS_USAGE;
}

static int print_help(void)
{
	printf("usage: twinlens VERB [OPTION]...\n\n");
	for (size_t i = 0; i < N_VERBS; i++) {
		printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
	}
	printf("\n`twinlens VERB --help` tells the options of a verb; see also twinlens(1).\n");
	return EXIT_STATUS_DONE;
}

static int help_verb(const char *name)
{
	const struct verb *verb = find_verb(name);

	if (!verb) {
		return refuse("verb ", name);
	}
	char *argv[] = {verb->title, "--help", NULL};
	return verb->run(2, argv);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		return refuse("no verb", "");
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("twinlens %s\n", TWINLENS_VERSION);
		return EXIT_STATUS_DONE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		return argc > 2 ? help_verb(argv[2]) : print_help();
	}
	const struct verb *verb = find_verb(argv[1]);
	if (!verb) {
		return refuse("verb ", argv[1]);
	}
	argv[1] = verb->title;
	return verb->run(argc - 1, argv + 1);
}

/* Else the first files that are opened take their places, and what is printed goes into them. */
static int open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) {
			return -EBADF;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (open_standard() < 0) {
		return EXIT_STATUS_LACKING;
	}
	int status = run(argc, argv);

	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EXIT_STATUS_DONE) {
		log_error("standard output: %s", error_name(-errno));
		status = EXIT_STATUS_FAILED;
	}
	return status;
}
