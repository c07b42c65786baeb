/* The file of the journal: reading it whole, and appending a record so that it is there for good.
 */
#include "system/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "system/folder.h"
#include "system/journal-impl.h"
#include "util/cleanup.h"

#define FILE_NAME "journal"
#define OLD_NAME  "journal.old"
#define NEW_NAME  "journal.new"

static void cleanup_journal(struct journal **journal)
{
	journal_close(*journal);
}

struct journal *journal_close(struct journal *journal)
{
	if (journal) {
		journal_forget(journal);
		close_fd(journal->fd);
		close_fd(journal->folder_fd);
		free(journal->folder);
		free(journal);
	}
	return NULL;
}

static int read_whole(int fd, char **ret_text, size_t *ret_size)
{
	struct stat status;
	size_t size = 0;

	if (fstat(fd, &status) < 0) {
		return -errno;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > JOURNAL_SIZE_MAX) {
		return S_ISREG(status.st_mode) ? -E2BIG : -EINVAL;
	}
	_cleanup_free_ char *text = malloc((size_t)status.st_size + 1);
	if (!text) {
		return -ENOMEM;
	}
	while (size < (size_t)status.st_size) {
		ssize_t n = pread(fd, text + size, (size_t)status.st_size - size, (off_t)size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		size += (size_t)n;
	}
	*ret_text = take_ptr(text);
	*ret_size = size;
	return 0;
}

static int read_file(struct journal *journal, int fd, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, used = 0, line = 0;

	int r = read_whole(fd, &text, &size);
	if (r < 0) {
		return error_set(err, r, "%s/" FILE_NAME ": %s", journal->folder, error_name(r));
	}
	r = journal_read_text(journal, text, size, &used, &line);
	if (r < 0) {
		return error_set(err, r,
			"%s/" FILE_NAME
			":%zu: the record is damaged (%s): what is after it is not known; "
			"restore the file from a backup, or undo by hand what it lists and remove "
			"it",
			journal->folder, line, error_name(r));
	}
	journal->size = used;
	return 0;
}

static int open_for_reading(struct journal *journal, struct error *err)
{
	journal->folder_fd = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int fd = journal->folder_fd < 0
					 ? -1
					 : openat(journal->folder_fd, FILE_NAME,
						   O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		return errno == ENOENT ? 0
				       : error_set(err, -errno, "%s/" FILE_NAME ": %s",
						 journal->folder, error_name(-errno));
	}
	return read_file(journal, fd, err);
}

/* A torn last line goes before anything is appended: it would become one in the middle. */
static int remove_tail(struct journal *journal)
{
	struct stat status;

	if (fstat(journal->fd, &status) < 0) {
		return -errno;
	}
	if ((uint64_t)status.st_size == journal->size) {
		return 0;
	}
	if (ftruncate(journal->fd, (off_t)journal->size) < 0 || fsync(journal->fd) < 0) {
		return -errno;
	}
	return 0;
}

static int open_file(struct journal *journal)
{
	if (unlinkat(journal->folder_fd, NEW_NAME, 0) < 0 && errno != ENOENT) {
		return -errno;
	}
	journal->fd = openat(journal->folder_fd, FILE_NAME,
		O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	return journal->fd < 0 || fsync(journal->folder_fd) < 0 ? -errno : 0;
}

static int open_for_writing(struct journal *journal, struct error *err)
{
	int r = folder_make(journal->folder, NULL);

	if (r == 0) {
		journal->folder_fd = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = journal->folder_fd < 0 ? -errno : open_file(journal);
	}
	if (r < 0) {
		return error_set(
			err, r, "%s: cannot keep the journal: %s", journal->folder, error_name(r));
	}
	r = read_file(journal, journal->fd, err);
	if (r < 0) {
		return r;
	}
	r = remove_tail(journal);
	if (r < 0) {
		return error_set(err, r, "%s/" FILE_NAME ": %s", journal->folder, error_name(r));
	}
	return 0;
}

int journal_open(
	const char *folder, bool is_writer, struct journal **ret_journal, struct error *err)
{
	_cleanup_(cleanup_journal) struct journal *journal = calloc(1, sizeof(*journal));

	if (!journal) {
		return error_set(err, -ENOMEM, "%s: %s", folder, error_name(-ENOMEM));
	}
	journal->fd = journal->folder_fd = -1;
	journal->is_complete = true;
	journal->folder = strdup(folder);
	if (!journal->folder) {
		return error_set(err, -ENOMEM, "%s: %s", folder, error_name(-ENOMEM));
	}
	int r = is_writer ? open_for_writing(journal, err) : open_for_reading(journal, err);
	if (r < 0) {
		return r;
	}
	*ret_journal = take_ptr(journal);
	return 0;
}

size_t journal_count(const struct journal *journal)
{
	return journal->n;
}

const struct journal_entry *journal_entry(const struct journal *journal, size_t i)
{
	return &journal->entries[i]->view;
}

const struct journal_entry *journal_find(
	const struct journal *journal, const char *kind, const char *object)
{
	for (size_t i = 0; journal && i < journal->n; i++) {
		const struct journal_entry *entry = &journal->entries[i]->view;
		if (strcmp(entry->kind, kind) == 0 && strcmp(entry->object, object) == 0) {
			return entry;
		}
	}
	return NULL;
}

bool journal_get_origin(const struct journal *journal, struct journal_origin *ret_origin)
{
	if (!journal || !journal->profile || journal->n == 0) {
		return false;
	}
	*ret_origin =
		(struct journal_origin){.profile = journal->profile, .services = journal->services};
	return true;
}

bool journal_is_complete(const struct journal *journal)
{
	return journal->is_complete;
}

uint64_t journal_size(const struct journal *journal)
{
	return journal->size;
}

/* A line that was not written whole is taken back, so that the next one is not appended to it. */
static int append(struct journal *journal, const char *line, size_t size)
{
	if (journal->size + size > JOURNAL_SIZE_MAX) {
		return -EFBIG;
	}
	int r = folder_write_all(journal->fd, line, size);
	if (r == 0 && fsync(journal->fd) < 0) {
		r = -errno;
	}
	if (r < 0) {
		int truncated = ftruncate(journal->fd, (off_t)journal->size);
		(void)truncated; /* else the next run finds a torn line */
	}
	return r;
}

/* Takes the reference of record; NULL stands for no memory. */
static int write_record(struct journal *journal, json_t *record, struct error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	int r = -ENOMEM;
	if (record && json_object_set_new(record, "seq",
			      json_integer((json_int_t)journal->sequence + 1)) == 0) {
		r = journal_line_format(record, &line, &size);
	}
	if (r == 0) {
		r = append(journal, line, size);
	}
	if (r == 0) {
		journal->size += size;
		r = journal_fold(journal, record);
	}
	json_decref(record);
	if (r < 0) {
		return error_set(err, r, "%s/" FILE_NAME ": cannot write a record: %s",
			journal->folder, error_name(r));
	}
	return 0;
}

static json_t *pack_begin(const char *verb, const char *profile, const json_t *services)
{
	json_t *record = json_pack("{s:s,s:s,s:s,s:I}", "type", "begin", "verb", verb, "version",
		TWINLENS_VERSION, "time", (json_int_t)time(NULL));

	if (record && profile &&
		(json_object_set_new(record, "profile", json_string(profile)) < 0 ||
			json_object_set_new(record, "services", json_deep_copy(services)) < 0)) {
		json_decref(record);
		return NULL;
	}
	return record;
}

int journal_write_begin(struct journal *journal, const char *verb,
	const struct journal_origin *origin, struct error *err)
{
	json_t *record =
		pack_begin(verb, origin ? origin->profile : NULL, origin ? origin->services : NULL);

	return write_record(journal, record, err);
}

static json_t *pack_intent(const struct entry *entry)
{
	return json_pack("{s:s,s:s,s:s,s:O,s:O}", "type", "intent", "kind", entry->kind, "object",
		entry->object, "before", entry->view.before, "wanted", entry->view.wanted);
}

int journal_write_intent(struct journal *journal, const char *kind, const char *object,
	json_t *before, json_t *wanted, const struct journal_entry **ret_entry, struct error *err)
{
	const struct journal_entry *old = journal_find(journal, kind, object);

	json_t *record = json_pack("{s:s,s:s,s:s,s:O,s:O}", "type", "intent", "kind", kind,
		"object", object, "before", old ? old->before : before, "wanted", wanted);
	int r = write_record(journal, record, err);
	if (r < 0) {
		return r;
	}
	*ret_entry = journal_find(journal, kind, object);
	return 0;
}

static json_t *pack_for(const struct journal_entry *entry, const char *type)
{
	return json_pack(
		"{s:s,s:s,s:s}", "type", type, "kind", entry->kind, "object", entry->object);
}

static json_t *pack_progress(const struct journal_entry *entry, json_t *progress)
{
	return json_pack("{s:s,s:s,s:s,s:O}", "type", "progress", "kind", entry->kind, "object",
		entry->object, "progress", progress);
}

int journal_write_progress(struct journal *journal, const struct journal_entry *entry,
	json_t *progress, struct error *err)
{
	return write_record(journal, pack_progress(entry, progress), err);
}

int journal_write_done(
	struct journal *journal, const struct journal_entry *entry, struct error *err)
{
	return write_record(journal, pack_for(entry, "done"), err);
}

int journal_write_undone(struct journal *journal, const struct journal_entry *entry,
	const char *how, struct error *err)
{
	json_t *record = pack_for(entry, "undone");

	if (record && json_object_set_new(record, "how", json_string(how)) < 0) {
		json_decref(record);
		record = NULL;
	}
	return write_record(journal, record, err);
}

int journal_write_end(struct journal *journal, struct error *err)
{
	return write_record(journal, json_pack("{s:s}", "type", "end"), err);
}

/* Takes the reference of record. */
static int write_copy(int fd, json_t *record, uint64_t *sequence, uint64_t *size)
{
	_cleanup_free_ char *line = NULL;
	size_t length = 0;
	int r = -ENOMEM;

	if (record &&
		json_object_set_new(record, "seq", json_integer((json_int_t)*sequence + 1)) == 0) {
		r = journal_line_format(record, &line, &length);
	}
	json_decref(record);
	if (r == 0) {
		r = folder_write_all(fd, line, length);
	}
	if (r == 0) {
		*sequence += 1;
		*size += length;
	}
	return r;
}

static int copy_entry(int fd, const struct entry *entry, uint64_t *sequence, uint64_t *size)
{
	int r = write_copy(fd, pack_intent(entry), sequence, size);

	if (r == 0 && json_object_size(entry->view.progress) > 0) {
		r = write_copy(
			fd, pack_progress(&entry->view, entry->view.progress), sequence, size);
	}
	if (r == 0 && entry->view.is_done) {
		r = write_copy(fd, pack_for(&entry->view, "done"), sequence, size);
	}
	return r;
}

static int copy_all(const struct journal *journal, int fd, uint64_t *sequence, uint64_t *size)
{
	int r = write_copy(
		fd, pack_begin("compact", journal->profile, journal->services), sequence, size);

	for (size_t i = 0; i < journal->n && r == 0; i++) {
		r = copy_entry(fd, journal->entries[i], sequence, size);
	}
	if (r == 0 && journal->is_complete) {
		r = write_copy(fd, json_pack("{s:s}", "type", "end"), sequence, size);
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int replace(struct journal *journal)
{
	uint64_t sequence = 0, size = 0;
	_cleanup_close_ int fd = openat(journal->folder_fd, NEW_NAME,
		O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0) {
		return -errno;
	}
	int r = copy_all(journal, fd, &sequence, &size);
	if (r == 0 && (renameat(journal->folder_fd, NEW_NAME, journal->folder_fd, FILE_NAME) < 0 ||
			      fsync(journal->folder_fd) < 0)) {
		r = -errno;
	}
	if (r < 0) {
		unlinkat(journal->folder_fd, NEW_NAME, 0);
		return r;
	}
	close_fd(journal->fd);
	journal->fd = take_fd(fd);
	journal->sequence = sequence;
	journal->size = size;
	return 0;
}

static int retire(struct journal *journal)
{
	if (renameat(journal->folder_fd, FILE_NAME, journal->folder_fd, OLD_NAME) < 0 ||
		fsync(journal->folder_fd) < 0) {
		return -errno;
	}
	journal->fd = close_fd(journal->fd);
	journal_forget(journal);
	journal->sequence = journal->size = 0;
	return 0;
}

int journal_compact(struct journal *journal, struct error *err)
{
	int r = journal->n > 0 ? replace(journal) : retire(journal);

	if (r < 0) {
		return error_set(err, r, "%s/" FILE_NAME ": cannot be replaced: %s",
			journal->folder, error_name(r));
	}
	return 0;
}
