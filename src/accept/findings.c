#include "accept/findings.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "accept/sibling.h"
#include "util/json.h"
#include "util/log.h"

void findings_read_startup(struct prove_startup *startup)
{
	static const char *const arguments[] = {"--json", NULL};
	_cleanup_json_ json_t *boot = NULL;
	struct error err;

	if (!isnan(startup->seconds)) {
		return;
	}
	if (sibling_ask("boot", arguments, &boot, &err) < 0) {
		snprintf(startup->error, sizeof(startup->error), "%s", err.text);
		return;
	}
	json_t *total = json_object_get(boot, "total_s");
	if (json_is_number(total)) {
		startup->seconds = json_number_value(total);
	} else {
		snprintf(startup->error, sizeof(startup->error), "boot: reports no total time");
	}
}

/* Memory and processors in use, the bars in percent, are criteria of their own. */
static bool is_fault(const json_t *bar)
{
	return strcmp(json_text(bar, "state"), "missed") == 0 &&
	       strcmp(json_text(bar, "unit"), "%") != 0;
}

static void take_faults(const json_t *report, struct prove_soak *soak)
{
	size_t used = 0, i;
	json_t *bar;

	json_array_foreach(json_object_get(report, "bars"), i, bar) {
		if (is_fault(bar) && used < sizeof(soak->faults)) {
			used += (size_t)snprintf(soak->faults + used, sizeof(soak->faults) - used,
				"%s%s", used ? ", " : "", json_text(bar, "name"));
		}
	}
}

static double number_or_nan(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static double kib_per_hour(const json_t *report, const char *key)
{
	return number_or_nan(report, key) / (24 * 1024);
}

static enum prove_leak leak_of(const char *verdict)
{
	if (strcmp(verdict, "NO LEAK") == 0) {
		return PROVE_LEAK_NONE;
	}
	return strcmp(verdict, "LEAK") == 0 ? PROVE_LEAK_FOUND : PROVE_LEAK_UNDECIDED;
}

int findings_read_soak(const char *folder, struct prove_soak *ret_soak, struct error *err)
{
	const char *const arguments[] = {"--report", folder, "--json", NULL};
	_cleanup_json_ json_t *report = NULL;

	int r = sibling_ask("soak", arguments, &report, err);
	if (r < 0) {
		return r;
	}
	double measured_s = number_or_nan(report, "measured_s");
	if (isnan(measured_s)) {
		const char *reason = json_text(report, "error");
		return error_set(err, -EINVAL, "--soak %s: %s", folder,
			reason[0] ? reason : "no report of a soak");
	}
	*ret_soak = (struct prove_soak){
		.is_known = true,
		.measured_s = measured_s,
		.leak = leak_of(json_text(report, "verdict")),
		.slope_kib_h = kib_per_hour(report, "slope_bytes_per_day"),
		.low_kib_h = kib_per_hour(report, "low"),
		.high_kib_h = kib_per_hour(report, "high"),
		.needed_s = number_or_nan(report, "needed_s"),
	};
	take_faults(report, ret_soak);
	return 0;
}

static unsigned count_in_place(const json_t *tune, const char *kind)
{
	json_t *change;
	unsigned n = 0;
	size_t i;

	json_array_foreach(json_object_get(tune, "changes"), i, change) {
		n += strcmp(json_text(change, "kind"), kind) == 0 &&
		     strcmp(json_text(change, "state"), "in_place") == 0;
	}
	return n;
}

static void read_tune(struct checklist_facts *facts)
{
	static const char *const arguments[] = {"status", "--json", NULL};
	_cleanup_json_ json_t *tune = NULL;
	struct error err;

	if (sibling_ask("tune", arguments, &tune, &err) < 0) {
		log_warning("%s", err.text);
		return;
	}
	facts->is_tuned = json_is_string(json_object_get(tune, "profile")) &&
			  json_is_true(json_object_get(tune, "complete"));
	facts->n_services = count_in_place(tune, "service");
	facts->n_sysctls = count_in_place(tune, "sysctl");
}

static unsigned number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 && value <= UINT32_MAX ? (unsigned)value : 0;
}

void findings_read_checklist(
	const struct measurement *measurement, struct checklist_facts *ret_facts)
{
	const json_t *memory = json_object_get(measurement->status, "memory");
	const json_t *pool = json_object_get(memory, "pool");
	double table_bytes = measurement->zram_table_bytes;

	*ret_facts = (struct checklist_facts){
		.stage = measurement->run.stage,
		.memory_bytes = measurement->memory_bytes,
		.zram_table_bytes = isnan(table_bytes) ? 0 : table_bytes,
		.pool_blocks = number_of(pool, "blocks"),
		.pool_block_bytes = number_of(pool, "block_bytes"),
		.pool_exhausted = number_of(pool, "exhausted"),
		.n_cameras = measurement->run.n_cameras,
		.is_watched = measurement->is_watched,
	};
	read_tune(ret_facts);
}
