/* twinlens profile: where CPU time, system calls and memory of a running server go. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/profile/profile-print.h"
#include "profile/profile.h"
#include "util/clock.h"
#include "util/folder.h"
#include "util/log.h"
#include "util/parse.h"

#define DURATION_DEFAULT_NS (10 * NSEC_PER_SEC)
#define DURATION_MIN_NS     (2 * NSEC_PER_SEC)
#define DURATION_MAX_NS     (3600 * NSEC_PER_SEC)

struct arguments {
	pid_t pid;
	const char *duration; /* as it was given */
	uint64_t duration_ns;
	char folder[PATH_MAX]; /* absolute */
	char command[PATH_MAX + 64];
};

static void print_usage(void)
{
	printf("usage: twinlens profile [--pid PID] [--duration TIME] [--out DIR]\n\n"
	       "Looks at a running server and writes performance.log, memory_mapping.log,\n"
	       "functions.log and syscall_analysis.log.\n\n"
	       "  --pid PID        the process; default: the server that is running\n"
	       "  --duration TIME  how long to look, such as 30s; default 10s\n"
	       "  --out DIR        where the logs go; default: the current folder\n"
	       "  --help           this text\n");
}

static int status_of(int r)
{
	switch (r) {
	case -ENOTUNIQ:
	case -ESRCH:
		return EXIT_STATUS_USAGE;
	case -EACCES:
	case -EPERM:
		return EXIT_STATUS_LACKING;
	default:
		return EXIT_STATUS_FAILED;
	}
}

/* A process that ends meanwhile is no fault of the command line. */
static int finish(const struct profile *profile, int r, const struct error *err)
{
	profile_print(profile);
	if (r == -EINTR) {
		log_error("profile: interrupted; the logs that are there are complete");
		return EXIT_STATUS_FAILED;
	}
	if (r < 0) {
		log_error("profile: %s", err->text);
		return r == -ESRCH ? EXIT_STATUS_FAILED : status_of(r);
	}
	if (!profile->has_calls) {
		log_error("profile: system calls were not counted; see above");
		return EXIT_STATUS_LACKING;
	}
	if (profile->has_lost_frames) {
		log_error("profile: the frame rate did not recover after system calls were counted;"
			  " see %s",
			PROFILE_LOG_CALLS);
		return EXIT_STATUS_FAILED;
	}
	return EXIT_STATUS_DONE;
}

static int run(struct arguments *arguments)
{
	struct interrupt interrupt;
	struct target target;
	struct profile profile;
	struct error err = {0};

	int r = target_find(&sysroot_real, arguments->pid, &target, &err);
	if (r < 0) {
		log_error("profile: %s", err.text);
		return status_of(r);
	}
	snprintf(arguments->command, sizeof(arguments->command),
		"twinlens profile --pid %d --duration %s --out %s", (int)target.pid,
		arguments->duration, arguments->folder);
	r = folder_make(arguments->folder);
	if (r == 0) {
		r = interrupt_open(&interrupt);
	}
	if (r < 0) {
		log_error("profile: %s: %s", arguments->folder, error_name(r));
		return status_of(r);
	}
	const struct profile_options options = {.target = &target,
		.duration_ns = arguments->duration_ns,
		.folder = arguments->folder,
		.command = arguments->command};
	r = profile_run(&profile, &options, &interrupt, &err);
	int status = finish(&profile, r, &err);
	profile_done(&profile);
	interrupt_close(&interrupt);
	return status;
}

static int parse_pid(const char *text, pid_t *ret_pid)
{
	uint64_t pid;
	int r = parse_u64(text, 1, INT_MAX, &pid);

	if (r < 0) {
		log_error("profile: --pid %s: must be the number of a process", text);
		return r;
	}
	*ret_pid = (pid_t)pid;
	return 0;
}

static int parse_time(const char *text, uint64_t *ret_ns)
{
	uint64_t ns;

	if (parse_duration(text, &ns) < 0 || ns < DURATION_MIN_NS || ns > DURATION_MAX_NS) {
		log_error("profile: --duration %s: must be a time from 2s to 1h", text);
		return -EINVAL;
	}
	*ret_ns = ns;
	return 0;
}

static int set_folder(const char *path, char *folder, size_t size)
{
	char here[PATH_MAX] = "";

	if (path[0] != '/' && !getcwd(here, sizeof(here))) {
		log_error("profile: the current folder: %s", error_name(-errno));
		return -errno;
	}
	bool is_here = strcmp(path, ".") == 0;
	int n = snprintf(
		folder, size, "%s%s%s", here, here[0] && !is_here ? "/" : "", is_here ? "" : path);
	if (n < 0 || (size_t)n >= size || path[0] == '\0') {
		log_error("profile: --out %.200s: must be the name of a folder", path);
		return -EINVAL;
	}
	return 0;
}

const char verb_name[] = "profile";

int verb_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"pid", required_argument, NULL, 'p'},
		{"duration", required_argument, NULL, 'd'},
		{"out", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct arguments arguments = {.duration = "10s", .duration_ns = DURATION_DEFAULT_NS};
	const char *folder = ".";
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		switch (option) {
		case 'p':
			if (parse_pid(optarg, &arguments.pid) < 0) {
				return EXIT_STATUS_USAGE;
			}
			break;
		case 'd':
			if (parse_time(optarg, &arguments.duration_ns) < 0) {
				return EXIT_STATUS_USAGE;
			}
			arguments.duration = optarg;
			break;
		case 'o':
			folder = optarg;
			break;
		case 'h':
			print_usage();
			return EXIT_STATUS_DONE;
		default:
			return EXIT_STATUS_USAGE; /* getopt_long told */
		}
	}
	if (optind < argc) {
		log_error("profile: unexpected argument \"%s\"; see twinlens profile --help",
			argv[optind]);
		return EXIT_STATUS_USAGE;
	}
	if (set_folder(folder, arguments.folder, sizeof(arguments.folder)) < 0) {
		return EXIT_STATUS_USAGE;
	}
	return run(&arguments);
}
