#include "profile/memory-map.h"

#include <inttypes.h>

#define KIB 1024

static void add(struct memory_sum *sum, const struct mapping *mapping)
{
	sum->n++;
	sum->size_bytes += mapping_bytes(mapping);
	sum->rss_bytes += mapping->rss_bytes;
	sum->pss_bytes += mapping->pss_bytes;
	sum->private_dirty_bytes += mapping->private_dirty_bytes;
	sum->swap_bytes += mapping->swap_bytes;
}

void memory_map_sum(const struct smaps *smaps, struct memory_sums *ret_sums)
{
	struct memory_sums sums = {0};

	for (size_t i = 0; i < smaps->n; i++) {
		add(&sums.kinds[smaps->mappings[i].kind], &smaps->mappings[i]);
		add(&sums.all, &smaps->mappings[i]);
	}
	*ret_sums = sums;
}

void memory_map_order(
	const struct memory_sums *sums, enum mapping_kind ret_order[MAPPING_KIND_COUNT])
{
	for (int i = 0; i < MAPPING_KIND_COUNT; i++) {
		int at = i;
		while (at > 0 &&
			sums->kinds[ret_order[at - 1]].pss_bytes < sums->kinds[i].pss_bytes) {
			ret_order[at] = ret_order[at - 1];
			at--;
		}
		ret_order[at] = (enum mapping_kind)i;
	}
}

static void print_sum(FILE *file, const char *name, const struct memory_sum *sum)
{
	fprintf(file,
		"%-16s %6u %10" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
		name, sum->n, sum->size_bytes / KIB, sum->rss_bytes / KIB, sum->pss_bytes / KIB,
		sum->private_dirty_bytes / KIB, sum->swap_bytes / KIB);
}

/* VM_PFNMAP memory is in no RSS: what a driver holds shows in the size alone. */
static void print_device(FILE *file, const struct memory_sum *device)
{
	if (device->n > 0) {
		fprintf(file,
			"\ndevice buffers: %" PRIu64 " KiB are mapped, %" PRIu64
			" KiB of them are in PSS; the rest is the driver's, and no figure of the "
			"process has it\n",
			device->size_bytes / KIB, device->pss_bytes / KIB);
	}
}

void memory_map_print(FILE *file, const struct smaps *smaps, const struct memory_sums *sums)
{
	enum mapping_kind order[MAPPING_KIND_COUNT];

	memory_map_order(sums, order);
	fprintf(file, "# KiB; pss: shared pages are divided among the processes that map them\n\n");
	fprintf(file, "%-16s %6s %10s %9s %9s %9s %9s\n", "what for", "n", "size", "rss", "pss",
		"dirty", "swap");
	for (size_t i = 0; i < MAPPING_KIND_COUNT; i++) {
		const struct memory_sum *sum = &sums->kinds[order[i]];
		if (sum->n > 0) {
			print_sum(file, mapping_kind_name(order[i]), sum);
		}
	}
	print_sum(file, "all", &sums->all);
	print_device(file, &sums->kinds[MAPPING_KIND_DEVICE]);
	fprintf(file, "\n%-26s %-5s %10s %9s %9s %9s %9s %-15s %s\n", "address", "", "size", "rss",
		"pss", "dirty", "swap", "what for", "name");
	for (size_t i = 0; i < smaps->n; i++) {
		const struct mapping *mapping = &smaps->mappings[i];
		fprintf(file,
			"%012" PRIx64 "-%012" PRIx64 "  %-5s %10" PRIu64 " %9" PRIu64 " %9" PRIu64
			" %9" PRIu64 " %9" PRIu64 " %-15s %s\n",
			mapping->start, mapping->end, mapping->permissions,
			mapping_bytes(mapping) / KIB, mapping->rss_bytes / KIB,
			mapping->pss_bytes / KIB, mapping->private_dirty_bytes / KIB,
			mapping->swap_bytes / KIB, mapping_kind_name(mapping->kind), mapping->name);
	}
}
