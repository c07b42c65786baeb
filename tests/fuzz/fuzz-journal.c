/*
 * The journal of tune: the input is its file. Whatever is read must add up to entries that are
 * whole; what is read once is read the same again, and a line more leaves it so. The first 8 bytes
 * of each line are replaced by its checksum when the input begins with '!', as no fuzzer finds
 * those.
 */
#include "tune/journal-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "util/file/crc32.h"

static void sign_lines(char *text, size_t size)
{
	char checksum[9];

	for (size_t start = 0; start < size;) {
		char *line = text + start;
		const char *newline = memchr(line, '\n', size - start);
		size_t length = newline ? (size_t)(newline - line) : size - start;
		if (length > 9) {
			snprintf(
				checksum, sizeof(checksum), "%08x", crc32_of(line + 9, length - 9));
			memcpy(line, checksum, 8);
		}
		start += length + 1;
	}
}

static void check_entries(const struct journal *journal)
{
	for (size_t i = 0; i < journal_count(journal); i++) {
		const struct journal_entry *entry = journal_entry(journal, i);
		must(json_is_object(entry->before) && json_is_object(entry->wanted));
		must(json_is_object(entry->progress));
		must(journal_find(journal, entry->kind, entry->object) == entry);
	}
}

static int read_text(struct journal *journal, const char *text, size_t size, size_t *ret_used)
{
	size_t line = 0;

	*journal = (struct journal){.fd = -1, .folder_fd = -1, .is_complete = true};
	int r = journal_read_text(journal, text, size, ret_used, &line);
	must(r == 0 || ((r == -EBADMSG || r == -ENOMEM) && line > 0));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal journal;
	size_t used = 0, again = 0;
	bool is_signed = size > 0 && data[0] == '!';
	char *text = malloc(size + 1);

	must(text != NULL);
	size -= is_signed;
	memcpy(text, data + is_signed, size);
	if (is_signed) {
		sign_lines(text, size);
	}
	if (read_text(&journal, text, size, &used) == 0) {
		size_t n = journal_count(&journal);
		must(used <= size && (used == 0 || text[used - 1] == '\n'));
		check_entries(&journal);
		journal_forget(&journal);
		must(read_text(&journal, text, used, &again) == 0 && again == used);
		must(journal_count(&journal) == n);
	}
	journal_forget(&journal);
	free(text);
	return 0;
}
