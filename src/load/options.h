/* What is to be measured. */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/others.h"

enum load_transport {
	LOAD_TRANSPORT_AUTO, /* what the URL looks like */
	LOAD_TRANSPORT_WEBSOCKET,
	LOAD_TRANSPORT_MULTIPART,
};

struct load_options {
	const char *url;
	const char *cameras; /* names, with commas between them, or "all" */
	const char *hgrm;    /* a file; NULL for none */
	enum load_transport transport;
	unsigned n_viewers;
	unsigned others[OTHERS_KIND_COUNT];
	uint64_t duration_ns;
	double min_fps; /* 0: not asked for */
	bool is_json;
};

#endif
