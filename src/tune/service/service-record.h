/*
 * What the journal keeps of a service that is disabled: all members with their links and their
 * state before, so that each can be put back. Kept as JSON:
 *
 *     {"units":[{"unit":"cups.service","role":"service","state":"enabled","active":"active",
 *                "up":true,"mask":false,
 *                "links":[{"path":"/etc/systemd/...","target":"/lib/systemd/...","dangling":false}]}]}
 */
#ifndef TUNE_SERVICE_SERVICE_RECORD_H
#define TUNE_SERVICE_SERVICE_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "tune/service/service.h"
#include "util/error.h"
#include "util/sysroot.h"

struct service_link {
	char *path, *target;
	bool was_dangling;
};

struct service_unit {
	char id[UNIT_NAME_MAX + 1];
	enum service_role role;
	bool was_up;
	bool is_masked; /* by the change; not before */
	struct service_link *links;
	size_t n_links;
};

struct service_record {
	struct service_unit *units; /* the first is the service itself */
	size_t n;
};

/*
 * Reads to where the links lead. known: an older record of the same service, whose units are kept
 * as they are; NULL for none. -ENOMEM, or what readlink(2) gave, with err set.
 */
int service_record_make(const struct service *service, const struct sysroot *root,
	const json_t *known, json_t **ret_record, struct error *err);

/* -EBADMSG: it is not of the form. */
int service_record_parse(
	const json_t *record, struct service_record *ret_record, struct error *err);
void service_record_done(struct service_record *record);

/* A link that is gone and would lead to nothing: its unit is not installed any more. */
bool service_link_is_lost(const struct sysroot *root, const struct service_link *link);

/* Those that the change masks. Added to ids. 0, or -ENOMEM. */
int service_record_list_masked(const struct service_record *record, struct names *ids);

/* NULL when disabling the unit is not known to remove this path. */
const struct service_link *service_unit_find_link(
	const struct service_unit *unit, const char *path);

#endif
