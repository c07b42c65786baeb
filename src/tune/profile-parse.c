/* The text of a profile. What is wrong in it is found here, before anything is changed. */
#include "tune/profile.h"

#include <errno.h>
#include <string.h>

#include "tune/profile-impl.h"
#include "util/cleanup.h"
#include "util/ini-text.h"
#include "util/parse.h"

#define PRIORITY_MAX 32767               /* SWAP_FLAG_PRIO_MASK of linux/swap.h */
#define ZRAM_MIN     (UINT64_C(1) << 20) /* a swap area has ten pages at least */
#define ZRAM_MAX     (UINT64_C(1) << 40)
#define SUBJECTS     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@:"

struct parse {
	struct profile *profile;
	int (*set)(struct profile *profile, const char *key, const char *value, struct error *err);
};

int profile_copy(char *target, size_t size, const char *value, struct error *err)
{
	size_t length = strlen(value);

	if (length == 0) {
		return error_set(err, -EINVAL, "must not be empty");
	}
	if (length >= size) {
		return error_set(err, -EINVAL, "must have less than %zu bytes", size);
	}
	memcpy(target, value, length + 1);
	return 0;
}

static int set_profile(
	struct profile *profile, const char *key, const char *value, struct error *err)
{
	if (strcmp(key, "description") != 0) {
		return error_set(err, -EINVAL, "there is only: description");
	}
	return profile_copy(profile->description, sizeof(profile->description), value, err);
}

/* Words are parted by blanks. */
static const char *next_word(const char *text, char *word, size_t size)
{
	text += strspn(text, " \t");
	size_t length = strcspn(text, " \t");
	if (length == 0 || length >= size) {
		return NULL;
	}
	memcpy(word, text, length);
	word[length] = '\0';
	return text + length;
}

/* Names of algorithms as the kernel has them; the first is the one that is wanted. */
static int set_algorithms(
	struct profile *profile, const char *value, size_t first, struct error *err)
{
	size_t n = first;

	for (const char *rest = value; *rest; n++) {
		char word[PROFILE_NAME_MAX];
		rest = next_word(rest, word, sizeof(word));
		if (!rest || word[strspn(word, PROFILE_KEY_LETTERS)] ||
			n == sizeof(profile->zram.algorithms) /
					sizeof(profile->zram.algorithms[0])) {
			return error_set(err, -EINVAL, "must be names of algorithms, %d at most",
				PROFILE_FALLBACK_MAX);
		}
		memcpy(profile->zram.algorithms[n], word, sizeof(word));
	}
	if (n > profile->zram.n_algorithms) {
		profile->zram.n_algorithms = n;
	}
	return 0;
}

static int set_size(struct profile *profile, const char *value, struct error *err)
{
	uint64_t size;

	if (parse_size(value, &size) < 0 || size < ZRAM_MIN || size > ZRAM_MAX) {
		return error_set(err, -EINVAL, "must be 1M to 1024G");
	}
	profile->zram.size_bytes = size;
	return 0;
}

static int set_priority(struct profile *profile, const char *value, struct error *err)
{
	uint64_t priority;

	if (parse_u64(value, 0, PRIORITY_MAX, &priority) < 0) {
		return error_set(err, -EINVAL, "must be 0 to %d", PRIORITY_MAX);
	}
	profile->zram.priority = (int)priority;
	return 0;
}

static int set_zswap(struct profile *profile, const char *value, struct error *err)
{
	if (strcmp(value, "off") != 0 && strcmp(value, "keep") != 0) {
		return error_set(err, -EINVAL, "must be off or keep");
	}
	profile->zram.is_zswap_off = strcmp(value, "off") == 0;
	return 0;
}

static int set_zram(struct profile *profile, const char *key, const char *value, struct error *err)
{
	if (strcmp(key, "size") == 0) {
		return set_size(profile, value, err);
	}
	if (strcmp(key, "algorithm") == 0) {
		if (strpbrk(value, " \t")) {
			return error_set(err, -EINVAL, "must be one; see fallback");
		}
		return set_algorithms(profile, value, 0, err);
	}
	if (strcmp(key, "fallback") == 0) {
		if (!profile->zram.algorithms[0][0]) {
			return error_set(err, -EINVAL, "must stand after algorithm");
		}
		return set_algorithms(profile, value, 1, err);
	}
	if (strcmp(key, "priority") == 0) {
		return set_priority(profile, value, err);
	}
	if (strcmp(key, "zswap") == 0) {
		return set_zswap(profile, value, err);
	}
	return error_set(err, -EINVAL, "must be size, algorithm, fallback, priority or zswap");
}

static int set_cache(struct profile *profile, const char *key, const char *value, struct error *err)
{
	uint64_t drop;

	if (strcmp(key, "drop") != 0 || parse_u64(value, 0, 3, &drop) < 0) {
		return error_set(err, -EINVAL, "must be drop = 0 to 3");
	}
	profile->cache_drop = (unsigned int)drop;
	return 0;
}

static int set_services(
	struct profile *profile, const char *key, const char *value, struct error *err)
{
	if (strcmp(key, "disable") != 0) {
		return error_set(err, -EINVAL, "must be disable");
	}
	for (const char *rest = value; *rest;) {
		char unit[PROFILE_TEXT_MAX];
		rest = next_word(rest, unit, sizeof(unit));
		int r = rest ? profile_add_service(profile, unit, err)
			     : error_set(err, -EINVAL, "must be names of units");
		if (r < 0) {
			return r;
		}
	}
	for (size_t i = 0; i < profile->n_services; i++) {
		profile->services[i].is_named = false;
	}
	return 0;
}

static struct profile_note *get_note(
	struct profile *profile, const char *subject, struct error *err)
{
	for (size_t i = 0; i < profile->n_notes; i++) {
		if (strcmp(profile->notes[i].subject, subject) == 0) {
			return &profile->notes[i];
		}
	}
	if (profile->n_notes == PROFILE_NOTES_MAX) {
		error_set(err, -EINVAL, "there are more than %d", PROFILE_NOTES_MAX);
		return NULL;
	}
	if (!subject[0] || subject[strspn(subject, SUBJECTS)]) {
		error_set(err, -EINVAL, "must be what the text is about, such as vm.swappiness");
		return NULL;
	}
	struct profile_note *note = &profile->notes[profile->n_notes];
	if (profile_copy(note->subject, sizeof(note->subject), subject, err) < 0) {
		return NULL;
	}
	profile->n_notes++;
	return note;
}

static int set_why(struct profile *profile, const char *key, const char *value, struct error *err)
{
	struct profile_note *note = get_note(profile, key, err);

	return note ? profile_copy(note->why, sizeof(note->why), value, err) : -EINVAL;
}

static int set_evidence(
	struct profile *profile, const char *key, const char *value, struct error *err)
{
	struct profile_note *note = get_note(profile, key, err);

	return note ? profile_copy(note->evidence, sizeof(note->evidence), value, err) : -EINVAL;
}

static int set_source(
	struct profile *profile, const char *key, const char *value, struct error *err)
{
	struct profile_note *note = get_note(profile, key, err);

	return note ? profile_copy(note->source, sizeof(note->source), value, err) : -EINVAL;
}

static int enter_section(void *user, unsigned line, const char *name, struct error *err)
{
	static const struct {
		const char *name;
		int (*set)(struct profile *, const char *, const char *, struct error *);
	} sections[] = {
		{"profile", set_profile},
		{"zram", set_zram},
		{"sysctl", profile_set_sysctl},
		{"cache", set_cache},
		{"services", set_services},
		{"why", set_why},
		{"evidence", set_evidence},
		{"source", set_source},
	};
	struct parse *parse = user;

	(void)line;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcmp(sections[i].name, name) == 0) {
			parse->set = sections[i].set;
			return 0;
		}
	}
	return error_set(err, -EINVAL,
		"must be profile, zram, sysctl, cache, services, why, evidence or source");
}

static int set_key(void *user, unsigned line, const char *key, const char *value, struct error *err)
{
	const struct parse *parse = user;

	(void)line;
	return parse->set(parse->profile, key, value, err);
}

static int check(const struct profile *profile, const char *name, struct error *err)
{
	if (profile->zram.size_bytes == 0 && profile->zram.n_algorithms > 0) {
		return error_set(err, -EINVAL, "%.200s: [zram] size is missing", name);
	}
	if (profile->zram.size_bytes > 0 && profile->zram.n_algorithms == 0) {
		return error_set(err, -EINVAL, "%.200s: [zram] algorithm is missing", name);
	}
	for (size_t i = 0; i < profile->n_notes; i++) {
		const struct profile_note *note = &profile->notes[i];
		if (note->evidence[0] && !note->source[0]) {
			return error_set(err, -EINVAL,
				"%.200s: [source] %s is missing: evidence needs one", name,
				note->subject);
		}
	}
	return 0;
}

int profile_parse_text(const char *text, size_t size, const char *name,
	struct profile **ret_profile, struct error *err)
{
	static const struct ini_text_handler handler = {.enter = enter_section, .set = set_key};
	_cleanup_free_ struct profile *profile = calloc(1, sizeof(*profile));
	struct parse parse = {.profile = profile};

	if (!profile) {
		return error_set(err, -ENOMEM, "%.200s: %s", name, error_name(-ENOMEM));
	}
	int r = profile_copy(profile->name, sizeof(profile->name), name, err);
	if (r == 0) {
		r = ini_text_parse(text, size, name, &handler, &parse, err);
	}
	if (r == 0) {
		r = check(profile, name, err);
	}
	if (r < 0) {
		return r;
	}
	*ret_profile = take_ptr(profile);
	return 0;
}
