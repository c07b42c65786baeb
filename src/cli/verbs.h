/* The verbs of the command line: each has its options, its usage text and its file, cmd-VERB.c. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

enum exit_status {
	EXIT_STATUS_DONE = 0,
	EXIT_STATUS_FAILED = 1,  /* it failed, or a criterion was not met */
	EXIT_STATUS_USAGE = 2,   /* usage or configuration error */
	EXIT_STATUS_LACKING = 3, /* the machine lacks what it needs; stderr says what */
};

/*
 * argv[0] is "twinlens VERB", for getopt_long(3), its messages and the usage text. Each knows
 * --help, which prints to stdout. Returns an enum exit_status; has told on stderr why when it is
 * not 0.
 */
int cmd_serve(int argc, char **argv);
int cmd_cameras(int argc, char **argv);
int cmd_tune(int argc, char **argv);
int cmd_boot(int argc, char **argv);

#endif
