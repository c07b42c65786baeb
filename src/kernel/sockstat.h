/* /proc/net/sockstat: what sockets hold, in no process' memory. Of this network namespace, but the
 * memory is the machine's. */
#ifndef KERNEL_SOCKSTAT_H
#define KERNEL_SOCKSTAT_H

#include <stdint.h>

struct sockstat {
	uint64_t tcp_pages, udp_pages; /* PROC_ABSENT when the kernel does not tell */
};

/* 0, or -EINVAL when text has neither. */
int sockstat_parse(const char *text, struct sockstat *ret_stat);

#endif
