/*
 * What twinlens-serve-leaky has beside the server: functions of it are wrapped (-Wl,--wrap), and
 * lose memory on each call when LEAK names them; with LEAK_KEPT set it stays reachable, in a list.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "hub/hub.h"
#include "server/core/viewer.h"
#include "source/source.h"

#define LEAK_BYTES 48

struct kept {
	struct kept *next;
	char rest[LEAK_BYTES];
};

static _Atomic(struct kept *) list;

static void leak_at(const char *place)
{
	const char *wanted = getenv("LEAK");

	if (!wanted || strcmp(wanted, place) != 0) {
		return;
	}
	struct kept *kept = malloc(sizeof(*kept));
	if (!kept) {
		abort();
	}
	memset(kept, 0, sizeof(*kept));
	__asm__ volatile("" : : "r"(kept) : "memory"); /* else the allocation is optimised away */
	if (getenv("LEAK_KEPT")) {
		kept->next = atomic_exchange(&list, kept);
	}
}

struct viewer *__real_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport);
struct viewer *__wrap_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport);
struct viewer *__wrap_viewer_new(
	struct server *server, struct lws *wsi, enum viewer_transport transport)
{
	leak_at("viewer");
	return __real_viewer_new(server, wsi, transport);
}

void __real_hub_slot_publish(struct hub_slot *slot, struct frame *frame);
void __wrap_hub_slot_publish(struct hub_slot *slot, struct frame *frame);
void __wrap_hub_slot_publish(struct hub_slot *slot, struct frame *frame)
{
	leak_at("frame");
	__real_hub_slot_publish(slot, frame);
}

int __real_source_start(struct source *source, struct source_info *ret_info, struct error *err);
int __wrap_source_start(struct source *source, struct source_info *ret_info, struct error *err);
int __wrap_source_start(struct source *source, struct source_info *ret_info, struct error *err)
{
	leak_at("reconnect");
	return __real_source_start(source, ret_info, err);
}

int __real_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err);
int __wrap_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err);
int __wrap_config_load(const char *path, const struct config_override *overrides,
	size_t n_overrides, struct config *ret_config, struct error *err)
{
	leak_at("reload");
	return __real_config_load(path, overrides, n_overrides, ret_config, err);
}
