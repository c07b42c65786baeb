/*
 * When a growing series may be judged, and how strictly. Who looks again and again finds a leak in
 * any noise sooner or later; so there are few looks, at 1 h, 4 h, 24 h and 7 days and then at twice
 * the time of the one before, and each may err half as often as the one before: 0.5 %, 0.25 %, ...
 * All together stay below 1 %. This is a spending of the error in advance, as in Lan and DeMets,
 * "Discrete sequential boundaries for clinical trials", Biometrika 70(3), 1983.
 */
#ifndef STATS_LOOKS_H
#define STATS_LOOKS_H

#define LOOKS_FIRST_S 3600.0

/*
 * The probability with which one tail may err at a look after duration_s: 0.005 up to 1 h (the ends
 * of a 99 % interval), half of it up to 4 h, and so on. A look that is up to 1 % late is in time.
 */
double looks_tail(double duration_s);

/* The time of the first look that is later than duration_s. */
double looks_next_s(double duration_s);

/* The time of the first look at duration_s or later; one that is up to 1 % early is in time. */
double looks_at_s(double duration_s);

#endif
