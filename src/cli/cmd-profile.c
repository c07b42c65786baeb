/* twinlens profile: where CPU time, system calls and memory of a running server go. */
#include "cli/verb.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/profile/profile-leaks.h"
#include "cli/profile/profile-print.h"
#include "profile/profile.h"
#include "util/clock.h"
#include "util/file/folder.h"
#include "util/log.h"
#include "util/parse.h"

#define DURATION_DEFAULT "10s"
#define LEAKS_DEFAULT    "30s"
#define DURATION_MIN_NS  (2 * NSEC_PER_SEC)
#define DURATION_MAX_NS  (3600 * NSEC_PER_SEC)

struct arguments {
	bool is_leaks;
	pid_t pid;
	const char *duration; /* as it was given */
	uint64_t duration_ns;
	char folder[PATH_MAX]; /* absolute */
	char command[PATH_MAX + 64];
};

static void print_usage(void)
{
	printf("usage: twinlens profile [--pid PID] [--duration TIME] [--out DIR]\n"
	       "       twinlens profile leaks [--duration TIME] [--out DIR]\n\n"
	       "Looks at a running server and writes performance.log, memory_mapping.log,\n"
	       "functions.log and syscall_analysis.log. leaks runs a server of its own under\n"
	       "valgrind, with viewers that come and go, and writes valgrind_output.log.\n\n"
	       "  --pid PID        the process; default: the server that is running\n"
	       "  --duration TIME  how long to look, such as 1m; default 10s, leaks: 30s\n"
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

static int make_folder(const char *folder)
{
	int r = folder_make(folder);

	if (r == 0 && access(folder, W_OK | X_OK) < 0) {
		r = -errno;
	}
	if (r < 0) {
		log_error("profile: %s: cannot be written: %s", folder, error_name(r));
	}
	return r;
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
	r = make_folder(arguments->folder);
	if (r < 0) {
		return status_of(r);
	}
	r = interrupt_open(&interrupt);
	if (r < 0) {
		log_error("profile: signals: %s", error_name(r));
		return EXIT_STATUS_FAILED;
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

static int run_leaks(const struct arguments *arguments)
{
	int r = make_folder(arguments->folder);

	if (r < 0) {
		return status_of(r);
	}
	return profile_leaks(arguments->folder, arguments->duration_ns);
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

/* 0; 1 after --help; a negative errno, and stderr has said why. */
static int parse_options(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"pid", required_argument, NULL, 'p'},
		{"duration", required_argument, NULL, 'd'},
		{"out", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *folder = ".";
	int option, r = 0;

	while (r == 0 && (option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'p':
			r = parse_pid(optarg, &arguments->pid);
			break;
		case 'd':
			arguments->duration = optarg;
			break;
		case 'o':
			folder = optarg;
			break;
		case 'h':
			print_usage();
			return 1;
		default:
			options_refuse(option, argv);
			return -EINVAL;
		}
	}
	if (r < 0) {
		return r;
	}
	arguments->is_leaks = optind < argc && strcmp(argv[optind], "leaks") == 0;
	optind += arguments->is_leaks;
	return set_folder(folder, arguments->folder, sizeof(arguments->folder));
}

static int check_arguments(int argc, char **argv, struct arguments *arguments)
{
	if (optind < argc) {
		log_error("profile: unexpected argument \"%s\"; see twinlens profile --help",
			argv[optind]);
		return -EINVAL;
	}
	if (arguments->is_leaks && arguments->pid > 0) {
		log_error("profile leaks: --pid: not allowed, as it starts its own server");
		return -EINVAL;
	}
	if (!arguments->duration) {
		arguments->duration = arguments->is_leaks ? LEAKS_DEFAULT : DURATION_DEFAULT;
	}
	return parse_time(arguments->duration, &arguments->duration_ns);
}

const char verb_name[] = "profile";

int verb_run(int argc, char **argv)
{
	struct arguments arguments = {0};
	int r = parse_options(argc, argv, &arguments);

	if (r > 0) {
		return EXIT_STATUS_DONE;
	}
	if (r < 0 || check_arguments(argc, argv, &arguments) < 0) {
		return EXIT_STATUS_USAGE;
	}
	return arguments.is_leaks ? run_leaks(&arguments) : run(&arguments);
}
