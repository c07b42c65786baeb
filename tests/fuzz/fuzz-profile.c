/* A profile of tune: what is taken keeps the bounds of profile.h, and cannot leave /proc/sys/vm. */
#include "tune/profile.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void check(const struct profile *profile)
{
	must(profile->n_sysctls <= PROFILE_SYSCTLS_MAX && profile->n_notes <= PROFILE_NOTES_MAX);
	must(profile->n_services <= PROFILE_SERVICES_MAX && profile->cache_drop <= 3);
	must((profile->zram.size_bytes > 0) == (profile->zram.n_algorithms > 0));
	must(profile->zram.priority >= 0 && profile->zram.priority <= 32767);
	for (size_t i = 0; i < profile->zram.n_algorithms; i++) {
		must(profile->zram.algorithms[i][0] &&
			!strpbrk(profile->zram.algorithms[i], " \n/"));
	}
	for (size_t i = 0; i < profile->n_sysctls; i++) {
		const struct profile_sysctl *sysctl = &profile->sysctls[i];
		must(strncmp(sysctl->key, "vm.", 3) == 0 && !strpbrk(sysctl->key + 3, "./\n"));
		must(sysctl->value[0] &&
			strspn(sysctl->value, "0123456789") == strlen(sysctl->value));
	}
	for (size_t i = 0; i < profile->n_services; i++) {
		must(profile->services[i].unit[0] && !strchr(profile->services[i].unit, '/'));
		must(!profile->services[i].is_named);
	}
	for (size_t i = 0; i < profile->n_notes; i++) {
		must(!profile->notes[i].evidence[0] || profile->notes[i].source[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile *profile = NULL;
	struct error err = {0};

	int r = profile_parse_text((const char *)data, size, "fuzz", &profile, &err);
	must((r == 0) == (profile != NULL));
	if (r == 0) {
		check(profile);
	} else {
		must(err.code == r && err.text[0] && !strpbrk(err.text, "\n\r\t\x1b"));
	}
	free(profile);
	return 0;
}
