/* The options of twinlens accept. */
#ifndef CLI_ACCEPT_OPTIONS_H
#define CLI_ACCEPT_OPTIONS_H

#include <limits.h>
#include <stdbool.h>

#include "client/url.h"
#include "prove/run.h"

struct accept_options {
	enum prove_stage stage;
	unsigned seconds;
	char out[PATH_MAX], baseline[PATH_MAX];
	bool is_baseline_given; /* else baseline is used when it is there */
	struct url url;
	uint64_t memory_bytes; /* in the stage simulated; 0: as an RK3588 with 4 GB */
	const char *soak;      /* the folder of a soak; NULL: none */
	const char *config;    /* NULL: serve's default */
	bool is_json;
	int signal_fd;      /* for the caller to set */
	char command[2048]; /* the command line, quoted for a shell */
};

/* 0; 1 when --help was given; -EINVAL when stderr has said what is wrong. */
int accept_options_parse(struct accept_options *ret_options, int argc, char **argv);

#endif
