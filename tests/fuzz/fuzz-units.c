/* What systemd answers, what the journal keeps of a service, and D-Bus activation files. */
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "fuzz.h"
#include "systemd/activation.h"
#include "systemd/unit.h"
#include "tune/service/service-record.h"

static void feed_name(const char *text)
{
	char id[UNIT_NAME_MAX + 1], again[UNIT_NAME_MAX + 1];

	if (unit_name_complete(text, id, NULL) == 0) {
		must(unit_name_complete(id, again, NULL) == 0);
		must(strcmp(id, again) == 0);
		must(!strchr(id, '/'));
	}
}

static void feed_activation(const char *text)
{
	char *unit;

	must(activation_parse(text, &unit) == 0);
	must(!unit || (*unit && !strpbrk(unit, " \t\r\n")));
	free(unit);
}

static void feed_unit(const json_t *json)
{
	struct unit unit;

	if (unit_from_json(json, &unit, NULL) == 0) {
		must(strlen(unit.id) <= UNIT_NAME_MAX);
		unit_done(&unit);
	}
}

static void feed_record(const json_t *json)
{
	struct service_record record;

	if (service_record_parse(json, &record, NULL) == 0) {
		must(record.n > 0);
		service_record_done(&record);
	}
}

static void feed_boot(const json_t *json)
{
	static struct guard guard;
	struct boot boot;

	if (boot_init(&boot, json_object_get(json, "manager"), json_object_get(json, "units"),
		    "graphical.target", false, NULL) == 0) {
		must(boot.n_chain <= boot.n);
		boot_advise(&boot, &guard, &sysroot_real);
		boot_done(&boot);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	feed_name(text);
	feed_activation(text);
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	if (json) {
		feed_unit(json);
		feed_record(json);
		feed_boot(json);
		json_decref(json);
	}
	free(text);
	return 0;
}
