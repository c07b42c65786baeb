#include "kernel/sockstat.h"

#include <errno.h>
#include <string.h>

#include "kernel/proc-text.h"

/* The number behind " mem " of the line that begins with name. */
static uint64_t find_mem(const char *text, const char *name)
{
	const char *end;

	for (const char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		const char *mem = strstr(line, " mem ");
		uint64_t pages;
		if (strncmp(line, name, strlen(name)) == 0 && mem && mem < end) {
			mem += strlen(" mem ");
			return proc_number_parse(&mem, &pages) < 0 ? PROC_ABSENT : pages;
		}
	}
	return PROC_ABSENT;
}

int sockstat_parse(const char *text, struct sockstat *ret_stat)
{
	const struct sockstat stat = {
		.tcp_pages = find_mem(text, "TCP: "), .udp_pages = find_mem(text, "UDP: ")};

	if (stat.tcp_pages == PROC_ABSENT && stat.udp_pages == PROC_ABSENT) {
		return -EINVAL;
	}
	*ret_stat = stat;
	return 0;
}
