/* What systemd is told of the service, as by sd_notify(3). Does nothing when systemd did not start
 * it. */
#ifndef UTIL_NOTIFY_H
#define UTIL_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STATUS=...", ... Any thread. */
void notify_systemd(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How often WATCHDOG=1 is due, in ns: half of what systemd allows; 0 when it does not ask for it.
 */
uint64_t notify_watchdog_interval_ns(void);

#endif
