#include "accept/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "report/dygraphs.h"
#include "util/cleanup.h"
#include "util/file/folder.h"
#include "util/log.h"

struct output {
	const struct report *report;
	const json_t *document;
	enum report_language language;
	struct report_dygraphs dygraphs;
};

typedef int (*write_fn)(const struct output *output, FILE *file);

static int write_json(const struct output *output, FILE *file)
{
	if (json_dumpf(output->document, file, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) < 0) {
		return -EIO;
	}
	fputc('\n', file);
	return 0;
}

static int write_xml(const struct output *output, FILE *file)
{
	return report_write_xml(output->report, file);
}

static int write_html(const struct output *output, FILE *file)
{
	return report_write_html(output->report, &output->dygraphs, output->language, file);
}

static int write_file(const struct output *output, const char *path, write_fn write)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file) {
		return -errno;
	}
	int r = write(output, file);
	if (fclose(file) != 0 && r == 0) {
		r = -errno;
	}
	return r < 0 ? r : folder_replace_file(path, text, size);
}

static int write_all(const struct output *output, const char *folder, struct error *err)
{
	static const struct {
		const char *name;
		write_fn write;
	} files[] = {
		{"accept.json", write_json},
		{"accept.xml", write_xml},
		{"accept.html", write_html},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[PATH_MAX];
		int r = -ENAMETOOLONG;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name) <
			sizeof(path)) {
			r = write_file(output, path, files[i].write);
		}
		if (r < 0) {
			return error_set(err, r, "%s/%s: cannot be written: %s", folder,
				files[i].name, error_name(r));
		}
	}
	return 0;
}

int output_write(const char *folder, const struct report *report, const json_t *document,
	enum report_language language, struct error *err)
{
	struct output output = {report, document, language, {0}};
	int r = dygraphs_load(&sysroot_real, &output.dygraphs);

	if (r < 0) {
		log_warning(DYGRAPHS_FOLDER ": %s: accept.html has tables instead of charts; "
					    "install libjs-dygraphs",
			error_name(r));
	}
	r = write_all(&output, folder, err);
	dygraphs_done(&output.dygraphs);
	return r;
}
