#include "tune/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tune/journal-impl.h"
#include "util/cleanup.h"
#include "util/file/crc32.h"

static char folder[] = "/tmp/test-journal-XXXXXX";
static char path[64], old_path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/journal", folder);
	snprintf(old_path, sizeof(old_path), "%s/journal.old", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	unlink(old_path);
	return rmdir(folder);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	unlink(old_path);
	return 0;
}

static struct journal *open_journal(bool is_writer)
{
	struct journal *journal = NULL;
	struct error err = {0};

	if (journal_open(folder, is_writer, &journal, &err) < 0) {
		fail_msg("%s", err.text);
	}
	return journal;
}

/* before and wanted are the numbers of the change. */
static const struct journal_entry *write_intent(
	struct journal *journal, const char *object, int before, int wanted)
{
	const struct journal_entry *entry = NULL;
	json_t *old = json_pack("{s:i}", "value", before),
	       *new = json_pack("{s:i}", "value", wanted);

	assert_int_equal(
		journal_write_intent(journal, "sysctl", object, "to be", old, new, &entry, NULL),
		0);
	json_decref(old);
	json_decref(new);
	return entry;
}

static int value_of(const json_t *state)
{
	return (int)json_integer_value(json_object_get(state, "value"));
}

/* Writes a whole story; sizes[i] is the size of the file after i records. */
static size_t write_story(size_t *sizes)
{
	struct journal *journal = open_journal(true);
	json_t *services = json_pack("[s]", "a.service");
	const struct journal_origin origin = {.profile = "guide", .services = services};
	size_t n = 0;

	sizes[n++] = 0;
	assert_int_equal(journal_write_begin(journal, "apply", &origin, NULL), 0);
	sizes[n++] = journal_size(journal);
	const struct journal_entry *a = write_intent(journal, "a", 1, 2);
	sizes[n++] = journal_size(journal);
	json_t *progress = json_pack("{s:s}", "made", "something \"odd\"\n");
	assert_int_equal(journal_write_progress(journal, a, progress, NULL), 0);
	json_decref(progress);
	sizes[n++] = journal_size(journal);
	assert_int_equal(journal_write_done(journal, a, NULL), 0);
	sizes[n++] = journal_size(journal);
	const struct journal_entry *b = write_intent(journal, "b", 3, 4);
	sizes[n++] = journal_size(journal);
	assert_int_equal(journal_write_done(journal, b, NULL), 0);
	sizes[n++] = journal_size(journal);
	assert_int_equal(journal_write_end(journal, NULL), 0);
	sizes[n++] = journal_size(journal);
	assert_int_equal(journal_write_undone(journal, b, "restored", NULL), 0);
	sizes[n++] = journal_size(journal);
	json_decref(services);
	journal_close(journal);
	return n;
}

/* What the first n records of the story add up to. */
static void check_story(const struct journal *journal, size_t n)
{
	const struct journal_entry *a = journal_find(journal, "sysctl", "a");
	const struct journal_entry *b = journal_find(journal, "sysctl", "b");
	struct journal_origin origin;

	assert_int_equal(a != NULL, n >= 2);
	assert_int_equal(b != NULL, n >= 5 && n < 8);
	assert_int_equal(journal_get_origin(journal, &origin), n >= 2);
	assert_int_equal(journal_is_complete(journal), n == 0 || n >= 7);
	if (a) {
		assert_int_equal(value_of(a->before), 1);
		assert_int_equal(value_of(a->wanted), 2);
		assert_string_equal(a->to, "to be");
		assert_int_equal(json_object_size(a->progress), n >= 3);
		assert_int_equal(a->is_done, n >= 4);
		assert_string_equal(origin.profile, "guide");
	}
	if (b) {
		assert_int_equal(value_of(b->before), 3);
		assert_int_equal(b->is_done, n >= 6);
	}
}

static void adds_up(void **state)
{
	(void)state;
	size_t sizes[16];
	size_t n = write_story(sizes);
	struct journal *journal = open_journal(false);

	check_story(journal, n - 1);
	journal_close(journal);
}

static char *load(size_t *ret_size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	char *text = malloc((size_t)status.st_size + 1);
	assert_non_null(text);
	assert_int_equal(read(fd, text, (size_t)status.st_size), status.st_size);
	*ret_size = (size_t)status.st_size;
	return text;
}

static void store(const char *text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
}

/* A power cut may leave any part of the last line, and also bytes that were never written. */
static void survives_a_cut_at_every_byte(void **state)
{
	(void)state;
	size_t sizes[16], size = 0;
	size_t n = write_story(sizes);
	_cleanup_free_ char *text = load(&size);

	for (size_t cut = 0; cut <= size; cut++) {
		size_t whole = 0;
		while (whole + 1 < n && sizes[whole + 1] <= cut) {
			whole++;
		}
		store(text, cut);
		struct journal *journal = open_journal(false);
		check_story(journal, whole);
		journal_close(journal);
		/* A writer removes the torn line, and what it appends is read. */
		journal = open_journal(true);
		assert_int_equal(journal_size(journal), sizes[whole]);
		write_intent(journal, "c", 5, 6);
		journal_close(journal);
		journal = open_journal(false);
		assert_int_equal(value_of(journal_find(journal, "sysctl", "c")->before), 5);
		journal_close(journal);
	}
}

/* Blocks of the last record that never got to the disk, before others that did. */
static void survives_a_hole_in_the_last_line(void **state)
{
	(void)state;
	size_t sizes[16], size = 0;
	size_t n = write_story(sizes);
	_cleanup_free_ char *text = load(&size);

	for (size_t i = sizes[n - 2]; i < size; i++) {
		char saved = text[i];
		text[i] = '\0';
		store(text, size);
		text[i] = saved;
		struct journal *journal = open_journal(false);
		check_story(journal, n - 2);
		journal_close(journal);
	}
}

/* A line that is there to its end was written, and so what it is about has happened. */
static void refuses_damage(void **state)
{
	(void)state;
	size_t sizes[16], size = 0;
	struct journal *journal = NULL;
	struct error err = {0};

	write_story(sizes);
	_cleanup_free_ char *text = load(&size);
	for (size_t i = 0; i + 1 < size; i++) {
		char saved = text[i];
		text[i] = text[i] == 'x' ? 'y' : 'x';
		store(text, size);
		text[i] = saved;
		assert_int_equal(journal_open(folder, false, &journal, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "damaged"));
		assert_int_equal(journal_open(folder, true, &journal, &err), -EBADMSG);
	}
}

/* Such as of a newer version: it is whole, so it happened, and what it says is not known. */
static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	static const char *const records[] = {
		"{\"type\":\"new\",\"seq\":1}",
		"{\"type\":\"end\",\"seq\":2}",
		"{\"type\":\"done\",\"kind\":\"a\",\"object\":\"b\",\"seq\":1}",
		"{\"type\":\"intent\",\"kind\":\"a\",\"object\":\"b\",\"seq\":1}",
		"[]",
		"{",
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		char line[256];
		struct journal *journal = NULL;
		snprintf(line, sizeof(line), "%08x %s\n", crc32_of(records[i], strlen(records[i])),
			records[i]);
		store(line, strlen(line));
		assert_int_equal(journal_open(folder, false, &journal, NULL), -EBADMSG);
	}
}

/* That which rollback restores is from before the first run, whatever is applied later. */
static void keeps_the_first_before(void **state)
{
	(void)state;
	struct journal *journal = open_journal(true);

	write_intent(journal, "a", 1, 2);
	const struct journal_entry *entry = write_intent(journal, "a", 2, 3);
	assert_int_equal(value_of(entry->before), 1);
	assert_int_equal(value_of(entry->wanted), 3);
	assert_int_equal(journal_count(journal), 1);
	journal_close(journal);
	journal = open_journal(false);
	assert_int_equal(value_of(journal_entry(journal, 0)->before), 1);
	journal_close(journal);
}

static void compacts(void **state)
{
	(void)state;
	size_t sizes[16];

	write_story(sizes);
	struct journal *journal = open_journal(true);
	for (int i = 0; i < 50; i++) {
		write_intent(journal, "a", 1, 2);
		assert_int_equal(
			journal_write_done(journal, journal_find(journal, "sysctl", "a"), NULL), 0);
	}
	uint64_t size = journal_size(journal);
	assert_int_equal(journal_compact(journal, NULL), 0);
	assert_true(journal_size(journal) < size / 10);
	write_intent(journal, "d", 7, 8); /* it goes on */
	journal_close(journal);
	journal = open_journal(false);
	check_story(journal, 8);
	assert_non_null(journal_find(journal, "sysctl", "d"));
	journal_close(journal);
}

static void retires(void **state)
{
	(void)state;
	struct journal *journal = open_journal(true);
	const struct journal_entry *entry = write_intent(journal, "a", 1, 2);

	assert_int_equal(journal_write_undone(journal, entry, "restored", NULL), 0);
	assert_int_equal(journal_compact(journal, NULL), 0);
	journal_close(journal);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access(old_path, F_OK), 0);
	journal = open_journal(false);
	assert_int_equal(journal_count(journal), 0);
	journal_close(journal);
}

/* The parser of JSON passes over them: the line would be a record or not by where it stands. */
static void knows_no_record_with_a_nul(void **state)
{
	(void)state;
	static const char record[] = "{\"type\":\"end\",\"seq\":1\0}";
	struct journal journal = {.fd = -1, .folder_fd = -1};
	char text[128];
	size_t used = 0, line = 0;

	int size = snprintf(text, sizeof(text), "%08x ", crc32_of(record, sizeof(record) - 1));
	memcpy(text + size, record, sizeof(record) - 1);
	strcpy(text + size + sizeof(record) - 1, "\ntorn");
	size += (int)sizeof(record) - 1 + 5;
	assert_int_equal(journal_read_text(&journal, text, (size_t)size, &used, &line), -EBADMSG);
	assert_int_equal(line, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(adds_up, remove_files),
		cmocka_unit_test_teardown(survives_a_cut_at_every_byte, remove_files),
		cmocka_unit_test_teardown(survives_a_hole_in_the_last_line, remove_files),
		cmocka_unit_test_teardown(refuses_damage, remove_files),
		cmocka_unit_test_teardown(refuses_what_it_does_not_know, remove_files),
		cmocka_unit_test_teardown(keeps_the_first_before, remove_files),
		cmocka_unit_test_teardown(compacts, remove_files),
		cmocka_unit_test_teardown(retires, remove_files),
		cmocka_unit_test(knows_no_record_with_a_nul),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
