/*
 * The write-ahead journal: what was changed, from what, and how far that got. A file of lines, each
 * "CHECKSUM {JSON}\n" with a sequence number, only ever appended to. A record is durable (fsync of
 * the file, and of its folder when it is new) before the function returns that writes it; it is in
 * force exactly when its line is whole. A torn last line, without its newline or with bytes that
 * were never written, means that its change had not begun; any other damage is refused.
 *
 * An entry is what all records of one object add up to. It lives from the intent until it was
 * undone.
 *
 * One thread; one writer, who holds the lock (lock.h). Readers may read at any time.
 */
#ifndef TUNE_JOURNAL_H
#define TUNE_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define JOURNAL_SIZE_MAX (4 << 20) /* a larger file is refused; one entry takes some 300 bytes */

struct journal;

struct journal_entry {
	const char *kind, *object;
	const char *to;   /* what is wanted, for people; "" when it is not known */
	json_t *before;   /* as it was before the first change of this object */
	json_t *wanted;   /* of the latest intent */
	json_t *progress; /* an object: what apply() noted, in this boot and in earlier ones */
	bool is_done;     /* apply() ended well */
};

/* What the latest apply was asked for. */
struct journal_origin {
	const char *profile;    /* name, or absolute path of a file */
	const json_t *services; /* array of strings: those named on the command line */
};

/*
 * Reads folder/journal. is_writer: removes a torn last line and what a killed run left behind, and
 * takes records; folder and file are made with the first one. 0 (also when there is no file: then
 * there are no entries), or a negative errno with err set; -EBADMSG when a line is damaged.
 */
int journal_open(
	const char *folder, bool is_writer, struct journal **ret_journal, struct error *err);

/* NULL is allowed. Returns NULL. */
struct journal *journal_close(struct journal *journal);

/* Entries that live, the oldest first. */
size_t journal_count(const struct journal *journal);
const struct journal_entry *journal_entry(const struct journal *journal, size_t i);

/* NULL when journal is, or there is no such entry. */
const struct journal_entry *journal_find(
	const struct journal *journal, const char *kind, const char *object);

/* false when nothing is applied. */
bool journal_get_origin(const struct journal *journal, struct journal_origin *ret_origin);

/* Whether the latest run ended; false after a kill. */
bool journal_is_complete(const struct journal *journal);

/*
 * Records. Each is durable on return; on failure nothing may be changed. JSON is not stolen. An
 * intent is written only when there is room for taking it back, too.
 */
/* origin: NULL when the run goes on with what was asked for before. */
int journal_write_begin(struct journal *journal, const char *verb,
	const struct journal_origin *origin, struct error *err);
int journal_write_intent(struct journal *journal, const char *kind, const char *object,
	const char *to, json_t *before, json_t *wanted, const struct journal_entry **ret_entry,
	struct error *err);
int journal_write_progress(struct journal *journal, const struct journal_entry *entry,
	json_t *progress, struct error *err);
int journal_write_done(
	struct journal *journal, const struct journal_entry *entry, struct error *err);

/* Ends the entry, which is freed. how is for people: "restored", "left alone", ... */
int journal_write_undone(struct journal *journal, const struct journal_entry *entry,
	const char *how, struct error *err);
int journal_write_end(struct journal *journal, struct error *err);

/*
 * Replaces the file by one with the living entries only, atomically. With none, the file is moved
 * to journal.old, and the journal takes no more records. For a file that has grown with every boot,
 * and after a rollback.
 */
int journal_compact(struct journal *journal, struct error *err);

/* In bytes. */
uint64_t journal_size(const struct journal *journal);

#endif
