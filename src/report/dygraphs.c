#include "report/dygraphs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define FILE_BYTES_MAX (1u << 20)

/* ending: what would end the element that the text is put into. */
static int load(
	const struct sysroot *root, const char *path, const char *ending, const char **ret_text)
{
	_cleanup_free_ char *text = malloc(FILE_BYTES_MAX);

	if (!text) {
		return -ENOMEM;
	}
	int r = sysroot_read(root, path, text, FILE_BYTES_MAX);
	if (r < 0) {
		return r;
	}
	if (strcasestr(text, ending)) {
		return -EBADMSG;
	}
	char *fitting = realloc(text, strlen(text) + 1);
	if (!fitting) {
		return -ENOMEM;
	}
	text = NULL;
	*ret_text = fitting;
	return 0;
}

int dygraphs_load(const struct sysroot *root, struct report_dygraphs *ret_dygraphs)
{
	_cleanup_dygraphs_ struct report_dygraphs dygraphs = {0};

	*ret_dygraphs = dygraphs;
	int r = load(root, DYGRAPHS_FOLDER "/dygraph.min.js", "</script", &dygraphs.script);
	if (r < 0) {
		return r;
	}
	r = load(root, DYGRAPHS_FOLDER "/dygraph.min.css", "</style", &dygraphs.style);
	if (r < 0) {
		return r;
	}
	*ret_dygraphs = dygraphs;
	dygraphs = (struct report_dygraphs){0};
	return 0;
}

void dygraphs_done(struct report_dygraphs *dygraphs)
{
	free((char *)dygraphs->script);
	free((char *)dygraphs->style);
	*dygraphs = (struct report_dygraphs){0};
}
