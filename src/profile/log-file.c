#include "profile/log-file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/clock.h"
#include "util/file/folder.h"

int log_file_open(struct log_file *log, const char *folder, const char *name, struct error *err)
{
	*log = LOG_FILE_NONE;
	if (snprintf(log->path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) {
		return error_set(err, -ENAMETOOLONG, "%s: the name is too long", folder);
	}
	log->file = open_memstream(&log->text, &log->size);
	return log->file ? 0 : error_set(err, -errno, "%s: %s", log->path, error_name(-errno));
}

void log_file_head(struct log_file *log, const struct log_head *head)
{
	char when[32];
	time_t now = time(NULL);
	struct tm utc;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	fprintf(log->file, "# what:     %s\n# measured: ", head->what);
	if (head->elapsed_ns > 0) {
		fprintf(log->file, "for %.3f s until ", clock_to_seconds(head->elapsed_ns));
	}
	fprintf(log->file, "%s, %s\n# command:  %s\n", when, head->how, head->command);
}

int log_file_append(struct log_file *log, const char *path)
{
	char buffer[16384];
	size_t total = 0, n;

	_cleanup_file_ FILE *from = fopen(path, "re");
	if (!from) {
		return -errno;
	}
	while ((n = fread(buffer, 1, sizeof(buffer), from)) > 0) {
		if (total + n > LOG_FILE_APPEND_MAX) {
			fprintf(log->file, "\n# the rest, over %zu bytes, was left out\n", total);
			return 0;
		}
		total += n;
		if (fwrite(buffer, 1, n, log->file) != n) {
			return -EIO;
		}
	}
	return ferror(from) ? -EIO : 0;
}

int log_file_commit(struct log_file *log, struct error *err)
{
	bool has_failed = ferror(log->file);
	int r = fclose(log->file) != 0 || has_failed ? -ENOMEM : 0;

	log->file = NULL;
	if (r == 0) {
		r = folder_replace_file(log->path, log->text, log->size);
	}
	return r < 0 ? error_set(err, r, "%s: cannot be written: %s", log->path, error_name(r)) : 0;
}

void log_file_done(struct log_file *log)
{
	if (log->file) {
		fclose(log->file);
	}
	free(log->text);
	*log = LOG_FILE_NONE;
}
