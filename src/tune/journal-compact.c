/* A new file with what lives of the old one, in its place. */
#include "tune/journal-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/io.h"

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
		r = io_write_all(fd, line, length);
	}
	if (r == 0) {
		*sequence += 1;
		*size += length;
	}
	return r;
}

static int copy_entry(int fd, const struct entry *entry, uint64_t *sequence, uint64_t *size)
{
	int r = write_copy(fd, journal_pack_intent(entry), sequence, size);

	if (r == 0 && json_object_size(entry->view.progress) > 0) {
		r = write_copy(fd, journal_pack_progress(&entry->view, entry->view.progress),
			sequence, size);
	}
	if (r == 0 && entry->view.is_done) {
		r = write_copy(fd, journal_pack_for(&entry->view, "done"), sequence, size);
	}
	return r;
}

static int copy_all(const struct journal *journal, int fd, uint64_t *sequence, uint64_t *size)
{
	int r = write_copy(fd, journal_pack_begin("compact", journal->profile, journal->services),
		sequence, size);

	for (size_t i = 0; i < journal->n && r == 0; i++) {
		r = copy_entry(fd, journal->entries[i], sequence, size);
	}
	if (r == 0 && journal->is_complete) {
		r = write_copy(fd, json_pack("{s:s}", "type", "end"), sequence, size);
	}
	if (r == 0) {
		r = journal_keep_room(journal, fd, *size);
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int replace(struct journal *journal)
{
	uint64_t sequence = 0, size = 0;
	_cleanup_close_ int fd = openat(journal->folder_fd, JOURNAL_NEW_NAME,
		O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0) {
		return -errno;
	}
	int r = copy_all(journal, fd, &sequence, &size);
	if (r == 0 && (renameat(journal->folder_fd, JOURNAL_NEW_NAME, journal->folder_fd,
			       JOURNAL_FILE_NAME) < 0 ||
			      fsync(journal->folder_fd) < 0)) {
		r = -errno;
	}
	if (r < 0) {
		unlinkat(journal->folder_fd, JOURNAL_NEW_NAME, 0);
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
	if (renameat(journal->folder_fd, JOURNAL_FILE_NAME, journal->folder_fd, JOURNAL_OLD_NAME) <
			0 ||
		fsync(journal->folder_fd) < 0) {
		return -errno;
	}
	journal->fd = close_fd(journal->fd);
	journal->is_writer = false;
	journal_forget(journal);
	journal->sequence = journal->size = 0;
	return 0;
}

int journal_compact(struct journal *journal, struct error *err)
{
	int r = journal->n > 0 ? replace(journal) : retire(journal);

	if (r < 0) {
		return error_set(err, r, "%s/" JOURNAL_FILE_NAME ": cannot be replaced: %s",
			journal->folder, error_name(r));
	}
	return 0;
}
