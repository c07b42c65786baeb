#include "accept/machine.h"

#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/meminfo.h"
#include "util/cleanup.h"

#define MIB (1024.0 * 1024.0)

/* Where to write the value; NULL when there is no more room. */
static char *next_value(const struct machine_facts *facts)
{
	return facts->n < MACHINE_FACTS_MAX ? (char *)facts->values[facts->n] : NULL;
}

static void add(struct machine_facts *facts, const char *key, struct report_text label)
{
	facts->facts[facts->n] =
		(struct report_fact){.key = key, .label = label, .value = facts->values[facts->n]};
	facts->n++;
}

static void add_file(struct machine_facts *facts, const struct sysroot *root, const char *path,
	const char *key, struct report_text label)
{
	char *value = next_value(facts);

	if (value && sysroot_read(root, path, value, MACHINE_VALUE_MAX) == 0 && value[0]) {
		add(facts, key, label);
	}
}

static void add_model(struct machine_facts *facts, const struct sysroot *root)
{
	static const struct report_text label = {"model", "型号"};
	size_t n = facts->n;

	add_file(facts, root, "/proc/device-tree/model", "model", label);
	if (facts->n == n) {
		add_file(facts, root, "/sys/class/dmi/id/product_name", "model", label);
	}
}

/* The value of the first line "key: value" or "key=value" of a file. */
static bool find_line(const struct sysroot *root, const char *path, const char *key, char *value)
{
	_cleanup_file_ FILE *file = sysroot_open_file(root, path);
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		size_t length = strlen(key);
		if (strncmp(line, key, length) != 0) {
			continue;
		}
		const char *text = line + length + strspn(line + length, " \t:=\"");
		snprintf(value, MACHINE_VALUE_MAX, "%.*s", (int)strcspn(text, "\"\n"), text);
		return value[0] != '\0';
	}
	return false;
}

static void add_kernel(struct machine_facts *facts)
{
	struct utsname name;
	char *value = next_value(facts);

	if (value && uname(&name) == 0) {
		snprintf(value, MACHINE_VALUE_MAX, "%s %s %s", name.sysname, name.release,
			name.machine);
		add(facts, "kernel", (struct report_text){"kernel", "内核"});
	}
}

static void add_processors(struct machine_facts *facts, const struct sysroot *root)
{
	char model[MACHINE_VALUE_MAX] = "";
	char *value = next_value(facts);
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (value && n > 0) {
		find_line(root, "/proc/cpuinfo", "model name", model);
		snprintf(value, MACHINE_VALUE_MAX, "%ld%s%.400s", n, model[0] ? " x " : "", model);
		add(facts, "processors", (struct report_text){"processors", "处理器"});
	}
}

static void add_memory(struct machine_facts *facts, const struct sysroot *root)
{
	char *value = next_value(facts);
	struct meminfo memory;

	if (!value || meminfo_read(root, &memory) < 0) {
		return;
	}
	snprintf(value, MACHINE_VALUE_MAX, "%.0f MiB", (double)memory.bytes[MEMINFO_TOTAL] / MIB);
	add(facts, "memory", (struct report_text){"memory (MemTotal)", "内存（MemTotal）"});
	value = next_value(facts);
	if (value && memory.bytes[MEMINFO_HUGETLB] > 0) {
		snprintf(value, MACHINE_VALUE_MAX, "%.0f MiB",
			(double)memory.bytes[MEMINFO_HUGETLB] / MIB);
		add(facts, "huge_pages",
			(struct report_text){"taken by huge pages", "被大页占用的内存"});
	}
}

void machine_facts_read(struct machine_facts *ret_facts, const struct sysroot *root)
{
	*ret_facts = (struct machine_facts){0};
	add_model(ret_facts, root);
	char *value = next_value(ret_facts);
	if (find_line(root, "/etc/os-release", "PRETTY_NAME", value)) {
		add(ret_facts, "system", (struct report_text){"system", "系统"});
	}
	add_kernel(ret_facts);
	add_processors(ret_facts, root);
	add_file(ret_facts, root, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
		"governor", (struct report_text){"CPU governor", "CPU 调频策略"});
	add_memory(ret_facts, root);
	add_file(ret_facts, root, "/proc/cmdline", "command_line",
		(struct report_text){"kernel command line", "内核命令行"});
}
