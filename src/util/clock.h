/* Time inside the program: nanoseconds of CLOCK_MONOTONIC. Converted at the edges only. */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)

/* Now, in ns of CLOCK_MONOTONIC. Any thread; no system call (vDSO). */
uint64_t clock_now_ns(void);

/* Now, in ns of any clock. Any thread. */
uint64_t clock_read_ns(clockid_t clock);

/* What is left until deadline_ns, 0 when that is past: for ppoll(2). */
struct timespec clock_left_until(uint64_t deadline_ns);

/* For people. */
double clock_to_seconds(uint64_t ns);

/* CPU time of this process, user and system, in ns. */
uint64_t clock_process_cpu_ns(void);

#endif
