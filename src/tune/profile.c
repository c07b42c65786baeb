/* Where a profile comes from, and what is asked of it. */
#include "tune/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tune/profile-impl.h"
#include "util/cleanup.h"
#include "util/io.h"

static int read_file(const char *path, char *text, size_t size, size_t *ret_used)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : io_read_all(fd, text, size, ret_used);
}

/* Its absolute path is its name, so that the next boot finds it. */
static int load_file(const char *path, struct profile **ret_profile, struct error *err)
{
	_cleanup_free_ char *absolute = realpath(path, NULL);
	_cleanup_free_ char *text = malloc(PROFILE_SIZE_MAX);
	size_t size = 0;

	if (!absolute) {
		return error_set(err, -errno, "profile %.200s: %s", path, error_name(-errno));
	}
	if (!text) {
		return error_set(err, -ENOMEM, "profile %.200s: %s", path, error_name(-ENOMEM));
	}
	if (strlen(absolute) >= sizeof((*ret_profile)->name)) {
		return error_set(err, -ENAMETOOLONG, "profile %.200s: the path is too long", path);
	}
	int r = read_file(absolute, text, PROFILE_SIZE_MAX, &size);
	if (r < 0) {
		return error_set(err, r, "profile %.200s: %s", path, error_name(r));
	}
	return profile_parse_text(text, size, absolute, ret_profile, err);
}

int profile_load(const char *name, struct profile **ret_profile, struct error *err)
{
	char names[128] = "";
	size_t used = 0;

	if (strchr(name, '/')) {
		return load_file(name, ret_profile, err);
	}
	for (size_t i = 0; i < n_profile_texts; i++) {
		const struct profile_text *text = &profile_texts[i];
		if (strcmp(text->name, name) == 0) {
			return profile_parse_text(
				text->text, text->size, text->name, ret_profile, err);
		}
		if (used < sizeof(names)) {
			used += (size_t)snprintf(
				names + used, sizeof(names) - used, "%s, ", text->name);
		}
	}
	return error_set(err, -ENOENT, "profile %.64s: must be %sor a file with a / in its name",
		name, names);
}

int profile_add_service(struct profile *profile, const char *unit, struct error *err)
{
	char name[PROFILE_TEXT_MAX];
	const char *suffix = strchr(unit, '.') ? "" : ".service";

	if (!unit[0] || unit[0] == '.' || strchr(unit, '/')) {
		return error_set(err, -EINVAL, "service %.100s: must be the name of a unit", unit);
	}
	if ((size_t)snprintf(name, sizeof(name), "%s%s", unit, suffix) >= sizeof(name)) {
		return error_set(err, -EINVAL, "service %.100s...: the name is too long", unit);
	}
	for (size_t i = 0; i < profile->n_services; i++) {
		if (strcmp(profile->services[i].unit, name) == 0) {
			profile->services[i].is_named = true;
			return 0;
		}
	}
	if (profile->n_services == PROFILE_SERVICES_MAX) {
		return error_set(err, -EINVAL, "service %.100s: at most %d can be given", unit,
			PROFILE_SERVICES_MAX);
	}
	struct profile_service *service = &profile->services[profile->n_services++];
	*service = (struct profile_service){.is_named = true};
	memcpy(service->unit, name, strlen(name) + 1);
	return 0;
}

const struct profile_note *profile_find_note(const struct profile *profile, const char *subject)
{
	for (size_t i = 0; i < profile->n_notes; i++) {
		if (strcmp(profile->notes[i].subject, subject) == 0) {
			return &profile->notes[i];
		}
	}
	return NULL;
}

const char *profile_why(const struct profile *profile, const char *subject)
{
	const struct profile_note *note = profile_find_note(profile, subject);

	return note ? note->why : "";
}
