/*
 * The front: `twinlens VERB` runs twinlens-VERB, which lies beside it in a build folder, and in
 * TWINLENS_LIBEXEC_DIR when it is installed. A verb so links what it needs and nothing else.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/beside.h"
#include "cli/standard.h"
#include "cli/verb.h"
#include "util/error.h"
#include "util/log.h"

static const struct verb {
	const char *name;
	const char *summary;
} verbs[] = {
	{"serve", "stream the cameras to browsers"},
	{"cameras", "list capture devices, and which are usable"},
	{"top", "where the memory is, live"},
	{"tune", "make the machine fit in its memory, and take it back"},
	{"boot", "where the start-up time went"},
	{"load", "watch a server with many viewers, and report what they get"},
	{"watch", "record where the memory goes, and raise alerts"},
	{"soak", "whether memory leaks"},
	{"profile", "where CPU time, system calls and memory of a running server go"},
	{"simulate", "run a command, or the whole machine, with less memory"},
	{"accept", "decide whether 4 GB of memory are enough, with a report"},
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
	printf("\n`twinlens VERB --help` lists the options of a verb; see also twinlens(1).\n");
	return EXIT_STATUS_DONE;
}

/* Returns only when it cannot be run. argv[0] is replaced. */
static int run_verb(const struct verb *verb, char **argv)
{
	char path[PATH_MAX];

	if (beside_find(verb->name, path) < 0) {
		snprintf(path, sizeof(path), "%s/twinlens-%s", TWINLENS_LIBEXEC_DIR, verb->name);
	}
	argv[0] = strrchr(path, '/') + 1; /* what ps(1) shows */
	execv(path, argv);
	log_error("%s: cannot be run: %s; install twinlens again", path, error_name(-errno));
	return EXIT_STATUS_LACKING;
}

static int help_verb(char *name)
{
	const struct verb *verb = find_verb(name);
	char help[] = "--help";
	char *argv[] = {name, help, NULL};

	return verb ? run_verb(verb, argv) : refuse("verb ", name);
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
	return verb ? run_verb(verb, argv + 1) : refuse("verb ", argv[1]);
}

int main(int argc, char **argv)
{
	if (standard_open() < 0) {
		return EXIT_STATUS_LACKING;
	}
	return standard_flush(run(argc, argv));
}
