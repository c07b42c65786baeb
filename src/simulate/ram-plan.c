#include "simulate/ram-plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/iomem.h"
#include "kernel/meminfo.h"

#define STRUCT_PAGE 64 /* bytes, on 64-bit kernels */
#define MIB         (UINT64_C(1) << 20)

/*
 * The boot log of an RK3588 with 4 GB: memory from 0x00200000 to 0xefffffff; the rest of the 4 GiB
 * belongs to the firmware and to the registers.
 */
static const struct board boards[] = {
	{"rk3588-4gb", "RK3588 with 4 GB", 3838 * MIB},
};

const struct board *board_find(const char *name)
{
	for (size_t i = 0; i < sizeof(boards) / sizeof(boards[0]); i++) {
		if (strcmp(boards[i].name, name) == 0) {
			return &boards[i];
		}
	}
	return NULL;
}

const char *board_names(void)
{
	return boards[0].name;
}

static int read_machine(const struct sysroot *root, struct ram_plan *plan, struct error *err)
{
	int r = iomem_read_ram(root, &plan->ram_bytes);

	if (r < 0) {
		return error_set(err, -ENOTSUP,
			"/proc/iomem: does not show the memory of this machine: %s; run it as "
			"root, "
			"outside a container",
			error_name(r));
	}
	r = meminfo_read_field(root, MEMINFO_TOTAL, &plan->total_bytes);
	if (r == 0) {
		r = meminfo_read_field(root, MEMINFO_AVAILABLE, &plan->available_bytes);
	}
	return r < 0 ? error_set(err, r, "/proc/meminfo: %s", error_name(r)) : 0;
}

/* On arm64 mem= is the sum of what is there, on x86 the address behind it. */
static uint64_t mem_option(const struct sysroot *root, uint64_t memory_bytes)
{
#if defined(__x86_64__) || defined(__i386__)
	uint64_t address;

	return iomem_find_end(root, memory_bytes, &address) < 0 ? memory_bytes : address;
#else
	(void)root;
	return memory_bytes;
#endif
}

int ram_plan_make(const struct sysroot *root, uint64_t memory_bytes, struct ram_plan *ret_plan,
	struct error *err)
{
	struct ram_plan plan;
	int r = read_machine(root, &plan, err);

	if (r < 0) {
		return r;
	}
	if (memory_bytes >= plan.ram_bytes) {
		return error_set(err, -ENOTSUP,
			"the machine: it has %" PRIu64
			" MiB of memory, which is not more than the %" PRIu64 " MiB to simulate",
			plan.ram_bytes / MIB, memory_bytes / MIB);
	}
	uint64_t less = plan.ram_bytes - memory_bytes;
	plan.take_bytes = less - less / (uint64_t)sysconf(_SC_PAGESIZE) * STRUCT_PAGE;
	plan.mem_option = mem_option(root, memory_bytes);
	if (plan.take_bytes + RAM_SPARE_BYTES > plan.available_bytes) {
		return error_set(err, -ENOTSUP,
			"the machine: %" PRIu64 " MiB have to be taken from it, but only %" PRIu64
			" MiB are available, of which %" PRIu64 " MiB are to stay; end some of "
			"what runs, or start it with mem=%" PRIu64 "M",
			plan.take_bytes / MIB, plan.available_bytes / MIB, RAM_SPARE_BYTES / MIB,
			plan.mem_option / MIB);
	}
	*ret_plan = plan;
	return 0;
}

double ram_used_percent(uint64_t total_bytes, uint64_t taken_bytes, uint64_t available_bytes)
{
	double there = (double)total_bytes - (double)taken_bytes;

	return there > 0 ? 100 * (there - (double)available_bytes) / there : 100;
}
