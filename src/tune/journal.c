/* Opening the journal, reading it whole, and what it has. */
#include "tune/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tune/journal-impl.h"
#include "util/cleanup.h"
#include "util/file/folder.h"
#include "util/io.h"

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
	/* What is not used of it costs nothing. */
	_cleanup_free_ char *text = malloc(JOURNAL_SIZE_MAX + 1);
	struct stat status;

	if (!text) {
		return -ENOMEM;
	}
	if (fstat(fd, &status) < 0) {
		return -errno;
	}
	int r = S_ISREG(status.st_mode) ? io_read_all(fd, text, JOURNAL_SIZE_MAX + 1, ret_size)
					: -EINVAL;
	if (r < 0) {
		return r;
	}
	*ret_text = take_ptr(text);
	return 0;
}

static int read_file(struct journal *journal, int fd, struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, used = 0, line = 0;

	int r = read_whole(fd, &text, &size);
	if (r < 0) {
		return error_set(
			err, r, "%s/" JOURNAL_FILE_NAME ": %s", journal->folder, error_name(r));
	}
	r = journal_read_text(journal, text, size, &used, &line);
	if (r < 0) {
		return error_set(err, r,
			"%s/" JOURNAL_FILE_NAME
			":%zu: the record is damaged (%s): what is after it is not known; "
			"restore the file from a backup, or undo by hand what it lists and remove "
			"it",
			journal->folder, line, error_name(r));
	}
	journal->size = used;
	return 0;
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

/* What a killed run left behind when it was about to replace the file. */
static int remove_copy(struct journal *journal)
{
	int r = unlinkat(journal->folder_fd, JOURNAL_NEW_NAME, 0);

	return r < 0 && errno != ENOENT ? -errno : 0;
}

/* 1 when there is a file. */
static int open_file(struct journal *journal)
{
	int flags = journal->is_writer ? O_RDWR | O_APPEND | O_NOFOLLOW
				       : O_RDONLY | O_NOCTTY | O_NONBLOCK;

	journal->folder_fd = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (journal->folder_fd >= 0) {
		journal->fd = openat(journal->folder_fd, JOURNAL_FILE_NAME, flags | O_CLOEXEC);
	}
	if (journal->fd < 0) {
		return errno == ENOENT ? 0 : -errno;
	}
	return 1;
}

int journal_make_file(struct journal *journal)
{
	int r = folder_make(journal->folder);

	if (r < 0) {
		return r;
	}
	if (journal->folder_fd < 0) {
		journal->folder_fd = open(journal->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (journal->folder_fd >= 0) {
		journal->fd = openat(journal->folder_fd, JOURNAL_FILE_NAME,
			O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	}
	return journal->fd < 0 || fsync(journal->folder_fd) < 0 ? -errno : 0;
}

static int open_and_read(struct journal *journal, struct error *err)
{
	int r = open_file(journal);

	if (r > 0) {
		r = read_file(journal, journal->fd, err);
		if (r < 0) {
			return r;
		}
		r = journal->is_writer ? remove_tail(journal) : 0;
	}
	if (r == 0 && journal->is_writer && journal->folder_fd >= 0) {
		r = remove_copy(journal);
	}
	return r < 0 ? error_set(err, r, "%s/" JOURNAL_FILE_NAME ": %s", journal->folder,
			       error_name(r))
		     : 0;
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
	journal->is_writer = is_writer;
	journal->folder = strdup(folder);
	if (!journal->folder) {
		return error_set(err, -ENOMEM, "%s: %s", folder, error_name(-ENOMEM));
	}
	int r = open_and_read(journal, err);
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
