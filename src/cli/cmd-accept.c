/* twinlens accept: every success criterion measured, with a report. */
#include "cli/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "cli/accept/options.h"
#include "cli/accept/run.h"
#include "util/log.h"

static void print_usage(void)
{
	printf("usage: twinlens accept [OPTION]...\n\n"
	       "Measures the success criteria for running with 4 GB of memory, and writes a\n"
	       "report: accept.html for people, accept.json and accept.xml (JUnit) for programs,\n"
	       "samples.jsonl. Uses the server that listens at --url, or starts one.\n\n"
	       "  --stage STAGE     baseline, simulated or hardware; default hardware\n"
	       "  --memory SIZE     that the machine has in the stage simulated, which takes the\n"
	       "                    rest; default that of an RK3588 with 4 GB, 3838M\n"
	       "  --duration TIME   of the run with four viewers, 10s to 1h; default 60s\n"
	       "  --out DIR         for the report; default twinlens-accept/STAGE\n"
	       "  --baseline FILE   accept.json of the stage baseline, to compare with; default\n"
	       "                    ../baseline/accept.json beside --out, when it is there\n"
	       "  --soak DIR        state of twinlens soak, for what takes hours or days\n"
	       "  --url URL         of the server; default http://127.0.0.1:8081\n"
	       "  -c, --config FILE\n"
	       "                    configuration of a server that accept starts\n"
	       "  --json            print accept.json instead of a table\n"
	       "  --help            this text\n\n"
	       "Exit status: 0 when every criterion that applies is met, 1 when one is not met or\n"
	       "not decided.\n");
}

const char verb_name[] = "accept";

/* ^C and an orderly end are read from a descriptor. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int verb_run(int argc, char **argv)
{
	struct accept_options options;
	int r = accept_options_parse(&options, argc, argv);

	if (r < 0) {
		return EXIT_STATUS_USAGE;
	}
	if (r > 0) {
		print_usage();
		return EXIT_STATUS_DONE;
	}
	options.signal_fd = open_signals();
	if (options.signal_fd < 0) {
		log_error("accept: signalfd: %s", error_name(options.signal_fd));
		return EXIT_STATUS_LACKING;
	}
	return accept_run(&options);
}
