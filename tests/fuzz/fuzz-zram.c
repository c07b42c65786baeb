/* What the kernel tells of zram: its devices, its module, /dev, and the claim to a new device. */
#include "tune/zram/zram-change.h"

#include <string.h>

#include "tree.h"
#include "tune/zram/zram-foreign.h"
#include "tune/zram/zram-module.h"

#define CLAIM "/run/twinlens-zram-fuzz"

static const char *const files[] = {
	"/sys/block/zram0/comp_algorithm",
	"/sys/block/zram0/disksize",
	"/sys/block/zram0/diskseq",
	"/sys/block/zram0/mm_stat",
	"/proc/self/mountinfo",
	"/lib/modules/6.1.0/modules.dep",
	CLAIM,
	"/proc/swaps",
};

static bool has(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text));
}

static void check_device(const struct sysroot *root)
{
	struct zram_device device;
	uint64_t bytes;

	zram_device_memory(root, 0, &bytes);
	if (zram_device_read(root, 0, &device) < 0) {
		return;
	}
	must(memchr(device.algorithm, '\0', sizeof(device.algorithm)));
	must(memchr(device.algorithms, '\0', sizeof(device.algorithms)));
	size_t length = strlen(device.algorithms);
	must(length >= 2 && device.algorithms[0] == ' ' && device.algorithms[length - 1] == ' ');
	must(!strpbrk(device.algorithms, "[]"));
}

/* Only one that nobody has configured is ours by its claim alone. */
static void check_claim(const struct machine *machine)
{
	struct journal_entry entry = {
		.progress = json_pack("{s:s,s:s}", "boot", machine->boot_id, "uuid", "fuzz")};
	struct zram_device device;
	struct zram_foreign foreign;
	char rival[CHANGE_TEXT_MAX];

	must(entry.progress != NULL);
	if (zram_find_ours(machine, &entry, &device) > 0) {
		must(device.number == 0 && device.size_bytes == 0);
	}
	if (zram_foreign_find(machine, &entry, &foreign, NULL) == 0) {
		must(memchr(foreign.text, '\0', sizeof(foreign.text)));
		must((foreign.n == 0) == (foreign.size_bytes == 0));
	}
	if (zram_tell_rival(machine, 10, rival, sizeof(rival), NULL) == 0) {
		must(memchr(rival, '\0', sizeof(rival)) && !strchr(rival, '\n'));
	}
	json_decref(entry.progress);
}

/* Names that the kernel would take, each once, and all of the list. */
static void check_modules(const struct sysroot *root, const uint8_t *data, size_t size)
{
	static const char *const algorithms[] = {"lz4", "lzo-rle"};
	json_t *names = zram_module_list(root, algorithms, 2);

	must(names != NULL);
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		must(name[0] && strlen(name) < 64 && !strpbrk(name, "/-: \n"));
		for (size_t j = 0; j < i; j++) {
			must(strcmp(name, json_string_value(json_array_get(names, j))) != 0);
		}
	}
	json_decref(names);
	must(!zram_is_loadable(root) || has(data, size, "zram.ko"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;

	if (!machine.root) {
		const struct sysroot *root = tree_make(files, sizeof(files) / sizeof(files[0]));
		tree_put("/proc/sys/kernel/random/boot_id", "this one\n");
		tree_put("/proc/sys/kernel/osrelease", "6.1.0\n");
		must(machine_init(&machine, root, NULL) == 0);
	}
	tree_fill(data, size);
	check_device(machine.root);
	check_claim(&machine);
	must(!zram_has_nodes(machine.root) || has(data, size, " - devtmpfs "));
	check_modules(machine.root, data, size);
	return 0;
}
