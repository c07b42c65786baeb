/* What the records of a journal add up to. Reading and writing both go through here, so that what a
 * run believes is what the next one reads. */
#include "tune/journal-impl.h"

#include <errno.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/file/crc32.h"

#define CHECKSUM_DIGITS 8

static struct entry *entry_free(struct entry *entry)
{
	if (entry) {
		json_decref(entry->view.before);
		json_decref(entry->view.wanted);
		json_decref(entry->view.progress);
		free(entry->kind);
		free(entry->object);
		free(entry->to);
		free(entry);
	}
	return NULL;
}

static void cleanup_entry(struct entry **entry)
{
	entry_free(*entry);
}

void journal_forget(struct journal *journal)
{
	for (size_t i = 0; i < journal->n; i++) {
		entry_free(journal->entries[i]);
	}
	free(journal->entries);
	journal->entries = NULL;
	journal->n = journal->allocated = 0;
	free(journal->profile);
	journal->profile = NULL;
	json_decref(journal->services);
	journal->services = NULL;
	journal->is_complete = true;
}

static int find_entry(const struct journal *journal, const json_t *record, size_t *ret_index)
{
	const char *kind = json_string_value(json_object_get(record, "kind"));
	const char *object = json_string_value(json_object_get(record, "object"));

	if (!kind || !object) {
		return -EBADMSG;
	}
	for (size_t i = 0; i < journal->n; i++) {
		const struct entry *entry = journal->entries[i];
		if (strcmp(entry->kind, kind) == 0 && strcmp(entry->object, object) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return -ENOENT;
}

static int add_entry(struct journal *journal, const json_t *record, size_t *ret_index)
{
	_cleanup_(cleanup_entry) struct entry *entry = calloc(1, sizeof(*entry));

	if (journal->n == journal->allocated) {
		size_t allocated = journal->allocated ? 2 * journal->allocated : 16;
		struct entry **entries =
			reallocarray(journal->entries, allocated, sizeof(*journal->entries));
		if (!entries) {
			return -ENOMEM;
		}
		journal->entries = entries;
		journal->allocated = allocated;
	}
	if (!entry) {
		return -ENOMEM;
	}
	entry->kind = strdup(json_string_value(json_object_get(record, "kind")));
	entry->object = strdup(json_string_value(json_object_get(record, "object")));
	entry->view.before = json_deep_copy(json_object_get(record, "before"));
	entry->view.progress = json_object();
	if (!entry->kind || !entry->object || !entry->view.before || !entry->view.progress) {
		return -ENOMEM;
	}
	entry->view.kind = entry->kind;
	entry->view.object = entry->object;
	*ret_index = journal->n;
	journal->entries[journal->n++] = take_ptr(entry);
	return 0;
}

/* A further intent keeps what was before the first one: that is what rollback is to restore. */
static int fold_intent(struct journal *journal, const json_t *record)
{
	const json_t *wanted = json_object_get(record, "wanted");
	size_t i;

	if (!json_is_object(json_object_get(record, "before")) || !json_is_object(wanted)) {
		return -EBADMSG;
	}
	int r = find_entry(journal, record, &i);
	if (r == -ENOENT) {
		r = add_entry(journal, record, &i);
	}
	if (r < 0) {
		return r;
	}
	struct entry *entry = journal->entries[i];
	json_decref(entry->view.wanted);
	entry->view.wanted = json_deep_copy(wanted);
	entry->view.is_done = false;
	const char *to = json_string_value(json_object_get(record, "to"));
	free(entry->to);
	entry->view.to = entry->to = strdup(to ? to : "");
	return entry->view.wanted && entry->to ? 0 : -ENOMEM;
}

static int fold_progress(struct entry *entry, const json_t *record)
{
	json_t *progress = json_object_get(record, "progress");

	if (!json_is_object(progress)) {
		return -EBADMSG;
	}
	json_t *copy = json_deep_copy(progress);
	int r = copy ? json_object_update(entry->view.progress, copy) : -1;
	json_decref(copy);
	return r == 0 ? 0 : -ENOMEM;
}

static void remove_entry(struct journal *journal, size_t i)
{
	entry_free(journal->entries[i]);
	journal->n--;
	memmove(&journal->entries[i], &journal->entries[i + 1],
		(journal->n - i) * sizeof(*journal->entries));
}

static int fold_begin(struct journal *journal, const json_t *record)
{
	const char *profile = json_string_value(json_object_get(record, "profile"));
	const json_t *services = json_object_get(record, "services");

	if (!json_is_string(json_object_get(record, "verb"))) {
		return -EBADMSG;
	}
	journal->is_complete = false;
	if (!profile) {
		return 0; /* it goes on with what was asked for before */
	}
	if (!json_is_array(services)) {
		return -EBADMSG;
	}
	free(journal->profile);
	journal->profile = strdup(profile);
	json_decref(journal->services);
	journal->services = json_deep_copy(services);
	return journal->profile && journal->services ? 0 : -ENOMEM;
}

int journal_fold(struct journal *journal, const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	size_t i;

	if (!type || json_integer_value(json_object_get(record, "seq")) !=
			     (json_int_t)(journal->sequence + 1)) {
		return -EBADMSG;
	}
	int r = 0;
	if (strcmp(type, "begin") == 0) {
		r = fold_begin(journal, record);
	} else if (strcmp(type, "end") == 0) {
		journal->is_complete = true;
	} else if (strcmp(type, "intent") == 0) {
		r = fold_intent(journal, record);
	} else if (find_entry(journal, record, &i) < 0) {
		r = -EBADMSG;
	} else if (strcmp(type, "progress") == 0) {
		r = fold_progress(journal->entries[i], record);
	} else if (strcmp(type, "done") == 0) {
		journal->entries[i]->view.is_done = true;
	} else if (strcmp(type, "undone") == 0) {
		remove_entry(journal, i);
	} else {
		r = -EBADMSG;
	}
	journal->sequence += r == 0;
	return r;
}

int journal_line_format(const json_t *record, char **ret_line, size_t *ret_size)
{
	_cleanup_free_ char *text = json_dumps(record, JSON_COMPACT);
	char *line;

	if (!text) {
		return -ENOMEM;
	}
	int size =
		asprintf(&line, "%0*x %s\n", CHECKSUM_DIGITS, crc32_of(text, strlen(text)), text);
	if (size < 0) {
		return -ENOMEM;
	}
	*ret_line = line;
	*ret_size = (size_t)size;
	return 0;
}

/* No record has a NUL: those are blocks of the file that a power cut kept from being written. */
static bool is_torn(const char *line, size_t length)
{
	return memchr(line, '\0', length) != NULL;
}

/* -EBADMSG for a line that is damaged, or that makes no sense. */
static int read_line(struct journal *journal, const char *line, size_t length)
{
	char checksum[CHECKSUM_DIGITS + 2];

	if (length < CHECKSUM_DIGITS + 2 || is_torn(line, length)) {
		return -EBADMSG;
	}
	const char *text = line + CHECKSUM_DIGITS + 1;
	size_t size = length - CHECKSUM_DIGITS - 1;
	snprintf(checksum, sizeof(checksum), "%0*x ", CHECKSUM_DIGITS, crc32_of(text, size));
	if (memcmp(line, checksum, CHECKSUM_DIGITS + 1) != 0) {
		return -EBADMSG;
	}
	json_t *record = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	int r = record ? journal_fold(journal, record) : -EBADMSG;
	json_decref(record);
	return r;
}

int journal_read_text(struct journal *journal, const char *text, size_t size, size_t *ret_used,
	size_t *reterr_line)
{
	size_t used = 0;

	for (size_t n = 1; used < size; n++) {
		const char *line = text + used;
		const char *newline = memchr(line, '\n', size - used);
		if (!newline) {
			break;
		}
		size_t length = (size_t)(newline - line);
		if (newline + 1 == text + size && is_torn(line, length)) {
			break;
		}
		int r = read_line(journal, line, length);
		if (r < 0) {
			*reterr_line = n;
			return r;
		}
		used = (size_t)(newline + 1 - text);
	}
	*ret_used = used;
	return 0;
}
