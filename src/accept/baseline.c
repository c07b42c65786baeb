#include "accept/baseline.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "prove/criteria.h"
#include "util/cleanup.h"
#include "util/json.h"

json_t *baseline_ages_to_json(const struct prove_run *run)
{
	json_t *ages = json_array();

	for (size_t i = 0; i < run->n; i++) {
		const struct equivalence_block *block = &run->seconds[i].ages;
		json_t *pair = json_pack("[f,f]", block->sum, block->weight);
		if (json_array_append_new(ages, pair) < 0) {
			json_decref(ages);
			return NULL;
		}
	}
	return ages;
}

static int take_ages(struct baseline *baseline, const char *path, struct error *err)
{
	json_t *ages = json_object_get(baseline->document, "ages"), *pair;
	size_t n = json_array_size(ages), i;

	if (n == 0 || n > EQUIVALENCE_BLOCKS_MAX) {
		return error_set(err, -EINVAL,
			"%s: has no ages to compare with; run accept --stage baseline again", path);
	}
	baseline->ages = calloc(n, sizeof(*baseline->ages));
	if (!baseline->ages) {
		return error_set(err, -ENOMEM, "%s: out of memory", path);
	}
	json_array_foreach(ages, i, pair) {
		struct equivalence_block *block = &baseline->ages[i];
		if (json_unpack(pair, "[F,F!]", &block->sum, &block->weight) < 0 ||
			!isfinite(block->sum) || !isfinite(block->weight)) {
			return error_set(
				err, -EINVAL, "%s: ages: item %zu is not two numbers", path, i);
		}
	}
	baseline->prove = (struct prove_baseline){baseline->ages, n};
	return 0;
}

static int take(struct baseline *baseline, const char *path, struct error *err)
{
	const char *stage = json_text(baseline->document, "stage");

	if (strcmp(stage, prove_stage_names[PROVE_STAGE_BASELINE]) != 0) {
		return error_set(err, -EINVAL,
			"%s: is not a report of the stage \"baseline\"; run accept --stage "
			"baseline",
			path);
	}
	return take_ages(baseline, path, err);
}

int baseline_load(struct baseline *ret_baseline, const char *path, struct error *err)
{
	struct baseline baseline = {0};
	json_error_t problem;

	if (access(path, R_OK) < 0) {
		int r = -errno;
		return error_set(err, r, "%s: cannot be read: %s", path, error_name(r));
	}
	baseline.document = json_load_file(path, 0, &problem);
	if (!baseline.document) {
		return error_set(err, -EINVAL, "%s:%d: %s", path, problem.line, problem.text);
	}
	int r = take(&baseline, path, err);
	if (r < 0) {
		baseline_done(&baseline);
		return r;
	}
	*ret_baseline = baseline;
	return 0;
}

void baseline_apply(const struct baseline *baseline, struct report_criterion *criteria, size_t n)
{
	json_t *earlier = json_object_get(baseline->document, "criteria"), *one;
	size_t i;

	json_array_foreach(earlier, i, one) {
		const char *id = json_text(one, "id");
		json_t *value = json_object_get(one, "value");
		for (size_t k = 0; k < n; k++) {
			if (strcmp(criteria[k].id, id) == 0 && json_is_number(value)) {
				criteria[k].baseline = json_number_value(value);
			}
		}
	}
}

void baseline_done(struct baseline *baseline)
{
	json_decref(baseline->document);
	free(baseline->ages);
	*baseline = (struct baseline){0};
}
