/* Which process the OOM killer takes first: oom_score_adj of proc(5). */
#ifndef SIMULATE_OOM_SCORE_H
#define SIMULATE_OOM_SCORE_H

/* This process last of all. Does nothing without CAP_SYS_RESOURCE. Returns the value before. */
int oom_score_protect(void);

/* Sets this process' value; one that cannot be set stays. */
void oom_score_set(int value);

#endif
