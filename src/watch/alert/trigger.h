/*
 * A PSI trigger: the kernel wakes watch when tasks were stalled for memory for 200 ms of 2 s. Up to
 * Linux 6.4 it needs CAP_SYS_RESOURCE; later, without it, windows must be multiples of 2 s, as this
 * one is.
 */
#ifndef WATCH_ALERT_TRIGGER_H
#define WATCH_ALERT_TRIGGER_H

/* A descriptor for poll(2) with POLLPRI, POLLERR when it is gone; or a negative errno. */
int pressure_trigger_open(void);

#endif
