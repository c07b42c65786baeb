/* The description of the machine in the report: what one would ask to judge its figures. */
#ifndef ACCEPT_MACHINE_H
#define ACCEPT_MACHINE_H

#include "report/report.h"
#include "util/sysroot.h"

#define MACHINE_FACTS_MAX 12
#define MACHINE_VALUE_MAX 512

struct machine_facts {
	struct report_fact facts[MACHINE_FACTS_MAX];
	char values[MACHINE_FACTS_MAX][MACHINE_VALUE_MAX];
	size_t n; /* what the machine does not tell is left out */
};

/* facts refers to values, so that the struct is not copied. */
void machine_facts_read(struct machine_facts *ret_facts, const struct sysroot *root);

#endif
