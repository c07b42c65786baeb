#include "tune/service/service.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tune/service/service-impl.h"

const char *service_role_name(enum service_role role)
{
	static const char *const names[] = {"service", "trigger", "dependant", "follower"};

	return names[role];
}

bool service_unit_is_loaded(const struct unit *unit)
{
	return unit_is(unit->load_state, "loaded");
}

struct service_member *service_find_member(const struct service *service, const char *id)
{
	for (size_t i = 0; i < service->n; i++) {
		if (names_contain(&service->members[i].unit.names, id) ||
			strcmp(service->members[i].unit.id, id) == 0) {
			return &service->members[i];
		}
	}
	return NULL;
}

int service_load_unit(const struct inspection *inspection, const char *id, struct unit *ret_unit)
{
	const struct service_source *source = inspection->source;

	return source->load_unit(source->data, id, ret_unit, inspection->err);
}

bool service_links_have(const struct names *names, const char *end)
{
	size_t length = strlen(end);

	for (size_t i = 0; i < names->n; i++) {
		size_t n = strlen(names->items[i]);
		if (n >= length && strcmp(names->items[i] + n - length, end) == 0) {
			return true;
		}
	}
	return false;
}

bool service_is_other_kind(const char *id)
{
	char completed[UNIT_NAME_MAX + 1];

	return unit_name_complete(id, completed, NULL) < 0 || strcmp(completed, id) != 0;
}

void service_set_mask(struct service_member *member, const char *format, const char *by)
{
	if (!member->mask_reason[0]) {
		snprintf(member->mask_reason, sizeof(member->mask_reason), format, by);
	}
}

void service_refuse(struct service *service, const char *format, ...)
{
	va_list arguments;

	if (service->verdict == SERVICE_REFUSED) {
		return;
	}
	service->verdict = SERVICE_REFUSED;
	va_start(arguments, format);
	vsnprintf(service->reason, sizeof(service->reason), format, arguments);
	va_end(arguments);
}

static void member_done(struct service_member *member)
{
	unit_done(&member->unit);
	names_done(&member->links);
}

void service_done(struct service *service)
{
	for (size_t i = 0; i < service->n; i++) {
		member_done(&service->members[i]);
	}
	free(service->members);
	*service = (struct service){0};
}

int service_inspect(const struct service_source *source, const struct service_rules *rules,
	const char *id, struct service *ret_service, struct error *err)
{
	struct service service = {.verdict = SERVICE_OPEN};
	struct inspection inspection = {source, rules, &service, err};
	struct unit unit;
	int r = service_load_unit(&inspection, id, &unit);

	if (r < 0) {
		return r;
	}
	r = service_collect(&inspection, &unit, SERVICE_ROLE_SELF);
	unit_done(&unit);
	if (r == 0) {
		r = service_judge(&inspection);
	}
	if (r < 0) {
		service_done(&service);
		return r;
	}
	*ret_service = service;
	return 0;
}
