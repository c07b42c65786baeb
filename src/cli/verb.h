/*
 * A verb is an executable of its own, twinlens-VERB: cmd-VERB.c, which has its options and usage
 * text, and main-verb.c, which has its main(). The front, `twinlens VERB`, runs it.
 */
#ifndef CLI_VERB_H
#define CLI_VERB_H

enum exit_status {
	EXIT_STATUS_DONE = 0,
	EXIT_STATUS_FAILED = 1,  /* it failed, or a criterion was not met */
	EXIT_STATUS_USAGE = 2,   /* usage or configuration error */
	EXIT_STATUS_LACKING = 3, /* the machine lacks what it needs; stderr says what */
};

/*
 * Defined by cmd-VERB.c. argv[0] is "twinlens VERB", for getopt_long(3), its messages and the usage
 * text. Each verb knows --help, which prints to stdout. Returns an enum exit_status; when it is not
 * 0, stderr has said why.
 */
extern const char verb_name[];
int verb_run(int argc, char **argv);

#endif
