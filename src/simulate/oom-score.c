#include "simulate/oom-score.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/sysroot.h"

#define PATH   "/proc/self/oom_score_adj"
#define LOWEST (-1000)

void oom_score_set(int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	(void)sysroot_write(&sysroot_real, PATH, text);
}

int oom_score_protect(void)
{
	char text[16] = "0";

	(void)sysroot_read(&sysroot_real, PATH, text, sizeof(text));
	oom_score_set(LOWEST);
	return atoi(text);
}
