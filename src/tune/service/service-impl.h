/*
 * What the files of a service's inspection share: service-members.c collects the units that hang
 * together, service-judge.c decides what is to become of them.
 */
#ifndef TUNE_SERVICE_SERVICE_IMPL_H
#define TUNE_SERVICE_SERVICE_IMPL_H

#include "tune/service/service.h"

struct inspection {
	const struct service_source *source;
	const struct service_rules *rules;
	struct service *service;
	struct error *err;
};

enum pull {
	PULL_NOT,  /* it is down and disabled: it pulls nothing in unless a person starts it */
	PULL_ONCE, /* down, but something may start it */
	PULL_UP,   /* enabled or up */
};

/* Adds the unit, whose content it takes, and all that hangs on it. */
int service_collect(struct inspection *inspection, struct unit *unit, enum service_role role);

/* Sets masks, verdict and reason. */
int service_judge(const struct inspection *inspection);

/* By any of its names; NULL when it is none. */
struct service_member *service_find_member(const struct service *service, const char *id);

bool service_unit_is_loaded(const struct unit *unit);
int service_load_unit(const struct inspection *inspection, const char *id, struct unit *ret_unit);

/* Whether one of the paths ends so. */
bool service_links_have(const struct names *links, const char *end);

/* Whether dependant wants or requires the member by a link that disabling removes. */
bool service_is_by_link(const struct inspection *inspection, const struct service_member *member,
	const char *dependant);

/* Neither a service nor what starts one. */
bool service_is_other_kind(const char *id);

int service_find_pull(
	const struct inspection *inspection, const struct unit *unit, enum pull *ret_pull);

/* The first reason is kept. format has one "%s", for by. */
void service_set_mask(struct service_member *member, const char *format, const char *by)
	__attribute__((format(printf, 2, 0)));
void service_refuse(struct service *service, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
