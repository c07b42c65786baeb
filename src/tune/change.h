/*
 * One change of the machine, as a plan lists it: what it is now, what it is to be, and why. The
 * kinds of change (service, sysctl, file, zram, ...) are described in change-impl.h.
 */
#ifndef TUNE_CHANGE_H
#define TUNE_CHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CHANGE_OBJECT_MAX 256
#define CHANGE_VALUE_MAX  128
#define CHANGE_TEXT_MAX   320

struct change_kind;

/* All texts are one line without a full stop; "" when there is nothing to say. */
struct change {
	const struct change_kind *kind;
	char object[CHANGE_OBJECT_MAX]; /* unique within its kind: "vm.swappiness" */
	char now[CHANGE_VALUE_MAX];     /* the value now, for people */
	char to[CHANGE_VALUE_MAX];      /* the value wanted, for people */
	char why[CHANGE_TEXT_MAX];
	char disagrees[CHANGE_TEXT_MAX]; /* what works against it: another file, another owner */
	char lacks[CHANGE_TEXT_MAX];     /* why it cannot be made on this machine, and what to do */
	bool is_in_place;                /* nothing is to be done */

	/*
	 * What the journal keeps, before anything is changed. before: all that restoring takes, for
	 * the process may be killed at any point after. wanted: all that applying takes, also at
	 * the next boot, without the profile. Objects; NULL only when is_in_place or lacks is set.
	 */
	json_t *before, *wanted;
};

struct plan {
	struct change *changes; /* in the order in which they are made */
	size_t n, allocated;
};

/*
 * A new change at the end of the plan, everything empty but kind and object; valid until the next
 * one is added. NULL when there is no memory. An object that is too long is cut.
 */
struct change *plan_add(struct plan *plan, const struct change_kind *kind, const char *object);

/* The name of its kind, as in the journal: "sysctl". */
const char *change_kind_name(const struct change *change);

/* NULL when there is none. */
const struct change *plan_find(const struct plan *plan, const char *kind, const char *object);

/* Whether it is to be made: neither in place nor lacking something. */
bool change_is_open(const struct change *change);

/* How many are open. */
size_t plan_count_open(const struct plan *plan);

/* How many cannot be made. */
size_t plan_count_lacking(const struct plan *plan);

void plan_done(struct plan *plan);

/* Writes a text of a change; cut when it is too long, and printable UTF-8 as error_set makes it. */
void change_text(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
