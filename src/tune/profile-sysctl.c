/* The settings of vm.* that a profile may have. */
#include <errno.h>
#include <string.h>

#include "tune/profile-impl.h"

/* Each of them sets the other one to 0; see the kernel's vm.rst. */
static const char *const pairs[][2] = {
	{"vm.dirty_ratio", "vm.dirty_bytes"},
	{"vm.dirty_background_ratio", "vm.dirty_background_bytes"},
};

const char *profile_find_twin(const char *key)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (strcmp(key, pairs[i][0]) == 0) {
			return pairs[i][1];
		}
		if (strcmp(key, pairs[i][1]) == 0) {
			return pairs[i][0];
		}
	}
	return NULL;
}

/* drop_caches and compact_memory are deeds, not values: they cannot be read back nor restored. */
int profile_set_sysctl(
	struct profile *profile, const char *key, const char *value, struct error *err)
{
	const char *twin = profile_find_twin(key);

	if (strncmp(key, "vm.", 3) != 0 || !key[3] ||
		key[3 + strspn(key + 3, PROFILE_KEY_LETTERS)]) {
		return error_set(err, -EINVAL, "must be vm.NAME");
	}
	if (strcmp(key, "vm.drop_caches") == 0 || strcmp(key, "vm.compact_memory") == 0) {
		return error_set(err, -EINVAL, "is not a setting; see [cache]");
	}
	if (profile->n_sysctls == PROFILE_SYSCTLS_MAX) {
		return error_set(err, -EINVAL, "there are more than %d", PROFILE_SYSCTLS_MAX);
	}
	for (size_t i = 0; i < profile->n_sysctls; i++) {
		if (strcmp(profile->sysctls[i].key, key) == 0) {
			return error_set(err, -EINVAL, "is given twice");
		}
		if (twin && strcmp(profile->sysctls[i].key, twin) == 0) {
			return error_set(err, -EINVAL, "excludes %s: the kernel has one", twin);
		}
	}
	struct profile_sysctl *sysctl = &profile->sysctls[profile->n_sysctls];
	if (profile_copy(sysctl->key, sizeof(sysctl->key), key, err) < 0) {
		return -EINVAL;
	}
	if (value[strspn(value, "0123456789")] || (value[0] == '0' && value[1])) {
		return error_set(
			err, -EINVAL, "must be a number in decimal, as the kernel tells it");
	}
	int r = profile_copy(sysctl->value, sizeof(sysctl->value), value, err);
	profile->n_sysctls += r == 0;
	return r;
}
