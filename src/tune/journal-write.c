/* Appending a record so that it is there for good. */
#include "tune/journal-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

/* Of records that a rollback writes: begin, end, and that of a change that is being made; and, for
 * each entry, that it is undone, and what restoring it notes. */
#define ROOM           4096
#define ROOM_FOR_ENTRY 512

json_t *journal_pack_begin(const char *verb, const char *profile, const json_t *services)
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

json_t *journal_pack_intent(const struct entry *entry)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:O,s:O}", "type", "intent", "kind", entry->kind,
		"object", entry->object, "to", entry->to, "before", entry->view.before, "wanted",
		entry->view.wanted);
}

json_t *journal_pack_for(const struct journal_entry *entry, const char *type)
{
	return json_pack(
		"{s:s,s:s,s:s}", "type", type, "kind", entry->kind, "object", entry->object);
}

json_t *journal_pack_progress(const struct journal_entry *entry, json_t *progress)
{
	return json_pack("{s:s,s:s,s:s,s:O}", "type", "progress", "kind", entry->kind, "object",
		entry->object, "progress", progress);
}

int journal_keep_room(const struct journal *journal, int fd, uint64_t size)
{
	uint64_t room = size + ROOM;

	for (size_t i = 0; i < journal->n; i++) {
		const struct entry *entry = journal->entries[i];
		room += ROOM_FOR_ENTRY + 2 * (strlen(entry->kind) + strlen(entry->object));
	}
	int r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)room);
	return r < 0 && errno != EOPNOTSUPP ? -errno : 0;
}

/* A line that was not written whole is taken back, so that the next one is not appended to it. */
static int append(struct journal *journal, const char *line, size_t size)
{
	if (journal->size + size > JOURNAL_SIZE_MAX) {
		return -EFBIG;
	}
	int r = io_write_all(journal->fd, line, size);
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
static int write_record(struct journal *journal, json_t *record, bool keeps_room, struct error *err)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	int r = journal->fd >= 0 ? 0 : journal->is_writer ? journal_make_file(journal) : -EBADF;
	if (r < 0) {
		json_decref(record);
		return error_set(
			err, r, "%s: cannot keep the journal: %s", journal->folder, error_name(r));
	}
	r = -ENOMEM;
	if (record && json_object_set_new(record, "seq",
			      json_integer((json_int_t)journal->sequence + 1)) == 0) {
		r = journal_line_format(record, &line, &size);
	}
	if (r == 0 && keeps_room) {
		r = journal_keep_room(journal, journal->fd, journal->size + size);
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
		return error_set(err, r, "%s/" JOURNAL_FILE_NAME ": cannot write a record: %s",
			journal->folder, error_name(r));
	}
	return 0;
}

int journal_write_begin(struct journal *journal, const char *verb,
	const struct journal_origin *origin, struct error *err)
{
	json_t *record = journal_pack_begin(
		verb, origin ? origin->profile : NULL, origin ? origin->services : NULL);

	return write_record(journal, record, false, err);
}

int journal_write_intent(struct journal *journal, const char *kind, const char *object,
	const char *to, json_t *before, json_t *wanted, const struct journal_entry **ret_entry,
	struct error *err)
{
	const struct journal_entry *old = journal_find(journal, kind, object);

	json_t *record = json_pack("{s:s,s:s,s:s,s:s,s:O,s:O}", "type", "intent", "kind", kind,
		"object", object, "to", to, "before", old ? old->before : before, "wanted", wanted);
	int r = write_record(journal, record, true, err);
	if (r < 0) {
		return r;
	}
	*ret_entry = journal_find(journal, kind, object);
	return 0;
}

int journal_write_progress(struct journal *journal, const struct journal_entry *entry,
	json_t *progress, struct error *err)
{
	return write_record(journal, journal_pack_progress(entry, progress), false, err);
}

int journal_write_done(
	struct journal *journal, const struct journal_entry *entry, struct error *err)
{
	return write_record(journal, journal_pack_for(entry, "done"), false, err);
}

int journal_write_undone(struct journal *journal, const struct journal_entry *entry,
	const char *how, struct error *err)
{
	json_t *record = journal_pack_for(entry, "undone");

	if (record && json_object_set_new(record, "how", json_string(how)) < 0) {
		json_decref(record);
		record = NULL;
	}
	return write_record(journal, record, false, err);
}

int journal_write_end(struct journal *journal, struct error *err)
{
	return write_record(journal, json_pack("{s:s}", "type", "end"), false, err);
}
