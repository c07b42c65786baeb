#include "cli/profile/profile-print.h"

#include <stdio.h>

#include "util/clock.h"
#include "util/log.h"

#define MIB        (1024.0 * 1024.0)
#define KINDS_SHOW 3

static void print_head(const struct profile *profile)
{
	const struct target *target = profile->options->target;
	char rates[256];

	printf("process %d, %s: %.1f %% of a core", (int)target->pid, target->program,
		profile->work.cpu_percent);
	if (profile->memory.all.n > 0) {
		printf(", PSS %.1f MiB", (double)profile->memory.all.pss_bytes / MIB);
	}
	if (profile->has_rates) {
		rates_describe(&profile->rates, rates, sizeof(rates));
		printf(", %s", rates);
	}
	printf("\n");
}

static void print_costs(const struct profile *profile)
{
	printf("largest costs, in %% of %.1f s:\n", clock_to_seconds(profile->work.elapsed_ns));
	for (size_t i = 0; i < profile->costs.n; i++) {
		printf("  %5.1f %%  %s\n", profile->costs.items[i].percent,
			profile->costs.items[i].text);
	}
	if (profile->costs.n == 0) {
		printf("  none: it did nothing\n");
	}
}

static void print_memory(const struct memory_sums *sums)
{
	enum mapping_kind order[MAPPING_KIND_COUNT];
	const struct memory_sum *device = &sums->kinds[MAPPING_KIND_DEVICE];

	memory_map_order(sums, order);
	printf("largest parts of its memory:");
	for (int i = 0; i < KINDS_SHOW; i++) {
		printf("%s %s %.1f MiB", i > 0 ? "," : "", mapping_kind_name(order[i]),
			(double)sums->kinds[order[i]].pss_bytes / MIB);
	}
	if (device->size_bytes > device->pss_bytes) {
		printf("; and %.1f MiB of device buffers, in no PSS",
			(double)(device->size_bytes - device->pss_bytes) / MIB);
	}
	printf("\n");
}

void profile_print(const struct profile *profile)
{
	if (profile->work.elapsed_ns > 0) {
		print_head(profile);
		print_costs(profile);
	}
	if (profile->memory.all.n > 0) {
		print_memory(&profile->memory);
	}
	if (profile->logs.n > 0) {
		printf("logs:");
		for (size_t i = 0; i < profile->logs.n; i++) {
			printf(" %s", profile->logs.items[i]);
		}
		printf("\n");
	}
	for (size_t i = 0; i < profile->notes.n; i++) {
		log_warning("profile: %s", profile->notes.items[i]);
	}
}
