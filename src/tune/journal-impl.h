/* What the parts of the journal share: the state that records add up to, and the records' lines. */
#ifndef TUNE_JOURNAL_IMPL_H
#define TUNE_JOURNAL_IMPL_H

#include "tune/journal.h"

#define JOURNAL_FILE_NAME "journal"
#define JOURNAL_OLD_NAME  "journal.old"
#define JOURNAL_NEW_NAME  "journal.new"

struct entry {
	struct journal_entry view; /* what users see; strings and JSON are owned */
	char *kind, *object, *to;
};

struct journal {
	char *folder;
	int folder_fd, fd; /* -1 for a reader, and before the file is there */
	bool is_writer;
	uint64_t sequence; /* of the last record */
	uint64_t size;     /* of the file, up to the last whole record */
	struct entry **entries;
	size_t n, allocated;
	char *profile;
	json_t *services;
	bool is_complete;
};

/*
 * What the record says is added to the journal. -EBADMSG for one that makes no sense here, -ENOMEM
 * (the journal is then to be given up).
 */
int journal_fold(struct journal *journal, const json_t *record);

/* Makes the folder and an empty file, durably. 0 or a negative errno. */
int journal_make_file(struct journal *journal);

/* Frees the entries and the origin: as before the first record. */
void journal_forget(struct journal *journal);

/* Records, without their sequence number; NULL when there is no memory. profile may be NULL. */
json_t *journal_pack_begin(const char *verb, const char *profile, const json_t *services);
json_t *journal_pack_intent(const struct entry *entry);
json_t *journal_pack_progress(const struct journal_entry *entry, json_t *progress);
json_t *journal_pack_for(const struct journal_entry *entry, const char *type);

/*
 * Keeps room behind the size bytes of fd for the records of a rollback: on a full disk everything
 * must still be taken back. Where the file system cannot, that is no error. 0 or a negative errno.
 */
int journal_keep_room(const struct journal *journal, int fd, uint64_t size);

/* A line with checksum and newline; the caller frees. -ENOMEM. */
int journal_line_format(const json_t *record, char **ret_line, size_t *ret_size);

/*
 * Reads the whole records of text into the journal. ret_used: how many bytes they take; what is
 * beyond is a torn last line. -EBADMSG with reterr_line for a damaged one; -ENOMEM.
 */
int journal_read_text(struct journal *journal, const char *text, size_t size, size_t *ret_used,
	size_t *reterr_line);

#endif
