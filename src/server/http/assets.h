/* The files of the page, embedded at build time. */
#ifndef SERVER_HTTP_ASSETS_H
#define SERVER_HTTP_ASSETS_H

#include <stddef.h>

struct asset {
	const char *path; /* "/", "/app.js", ... */
	const char *content_type;
	const unsigned char *data;
	size_t size;
};

extern const struct asset assets[];
extern const size_t n_assets;

#endif
