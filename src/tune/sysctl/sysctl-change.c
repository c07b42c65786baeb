/*
 * Values of /proc/sys/vm: now, through the kernel, and at the next boot, through one file in
 * /etc/sysctl.d. vm.dirty_bytes and vm.dirty_ratio (and the _background_ pair) exclude each other:
 * the kernel sets one to 0 when the other is written, takes 0 for the ratio as both being 0, and
 * refuses 0 for the bytes. So the member of the pair that was not 0 is the one to restore.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tune/file/file-change.h"
#include "tune/kinds.h"
#include "tune/sysctl/sysctl-files.h"
#include "util/cleanup.h"
#include "util/json.h"

#define FILE_NAME "99-twinlens.conf"
#define FILE_PATH "/etc/sysctl.d/" FILE_NAME
#define FILE_HEAD "# Written by twinlens tune; twinlens tune rollback takes it back.\n"
#define LINE_SIZE (2 * PROFILE_NAME_MAX + sizeof(" = \n"))
#define FILE_SIZE (sizeof(FILE_HEAD) + PROFILE_SYSCTLS_MAX * LINE_SIZE)
#define FOLDER    "/proc/sys/vm/"

static void path_of(const char *key, char *path)
{
	snprintf(path, PATH_MAX, FOLDER "%s", key + strlen("vm."));
}

static int read_key(const struct sysroot *root, const char *key, char *value)
{
	char path[PATH_MAX];

	path_of(key, path);
	return sysroot_read(root, path, value, SYSCTL_VALUE_MAX);
}

/* reterr_made: the value that the kernel reports, written with -EIO only. */
static int write_key(const struct sysroot *root, const char *key, const char *value,
	char reterr_made[static SYSCTL_VALUE_MAX], struct error *err)
{
	char path[PATH_MAX], now[SYSCTL_VALUE_MAX];

	path_of(key, path);
	int r = sysroot_write(root, path, value);
	if (r < 0) {
		return error_set(err, r, "%s = %s: %s", key, value, error_name(r));
	}
	r = read_key(root, key, now);
	if (r < 0) {
		return error_set(err, r, "%s: %s", key, error_name(r));
	}
	if (strcmp(now, value) != 0) {
		memcpy(reterr_made, now, sizeof(now));
		return error_set(err, -EIO, "%s = %s: the kernel made %s of it", key, value, now);
	}
	return 0;
}

static json_t *describe_before(const struct sysroot *root, const char *key, const char *value)
{
	char other[SYSCTL_VALUE_MAX];
	const char *twin = profile_find_twin(key);

	if (!twin || read_key(root, twin, other) < 0) {
		return json_pack("{s:s}", "value", value);
	}
	return json_pack("{s:s,s:s,s:s}", "value", value, "twin", twin, "twin_value", other);
}

static int tell_other_file(const struct machine *machine, const char *key, const char *wanted,
	struct change *change, struct error *err)
{
	struct sysctl_setting setting;

	int r = sysctl_files_find(
		machine->root, FILE_NAME, key, wanted, profile_find_twin(key), &setting);
	if (r < 0) {
		return error_set(err, r, "%s: %s", key, error_name(r));
	}
	if (r > 0) {
		change_text(change->disagrees, sizeof(change->disagrees),
			"at boot %s wins, with %s = %s", setting.file, setting.key, setting.value);
	}
	return 0;
}

static int plan_key(const struct machine *machine, const struct profile *profile,
	const struct profile_sysctl *sysctl, struct plan *plan, struct error *err)
{
	struct change *change = plan_add(plan, &sysctl_change_kind, sysctl->key);
	char path[PATH_MAX], now[SYSCTL_VALUE_MAX];

	if (!change) {
		return error_set(err, -ENOMEM, "%s: %s", sysctl->key, error_name(-ENOMEM));
	}
	change_text(change->why, sizeof(change->why), "%s", profile_why(profile, sysctl->key));
	change_text(change->to, sizeof(change->to), "%s", sysctl->value);
	int r = read_key(machine->root, sysctl->key, now);
	if (r < 0) {
		change_text(change->lacks, sizeof(change->lacks), "%s: %s", sysctl->key,
			r == -ENOENT ? "this kernel has no such setting" : error_name(r));
		return 0;
	}
	change_text(change->now, sizeof(change->now), "%s", now);
	change->is_in_place = strcmp(now, sysctl->value) == 0;
	change->before = describe_before(machine->root, sysctl->key, now);
	change->wanted = json_pack("{s:s}", "value", sysctl->value);
	if (!change->before || !change->wanted) {
		return error_set(err, -ENOMEM, "%s: %s", sysctl->key, error_name(-ENOMEM));
	}
	if (!change->is_in_place) {
		path_of(sysctl->key, path);
		change_lacks_proc(machine, path, change);
	}
	r = change_refuse_foreign(machine, change, err);
	return r < 0 ? r : tell_other_file(machine, sysctl->key, sysctl->value, change, err);
}

/* What cannot be set now is not set at the next boot either: its value of before would be lost. */
static bool is_for_file(const struct machine *machine, const struct plan *plan, const char *key)
{
	const struct change *change = plan_find(plan, sysctl_change_kind.name, key);
	char path[PATH_MAX];

	path_of(key, path);
	return change && change->before &&
	       (change->is_in_place || !machine_is_read_only(machine, path));
}

static size_t print_settings(const struct machine *machine, const struct profile *profile,
	const struct plan *plan, char text[static FILE_SIZE])
{
	size_t n = 0, used = (size_t)snprintf(text, FILE_SIZE, FILE_HEAD);

	for (size_t i = 0; i < profile->n_sysctls; i++) {
		const struct profile_sysctl *sysctl = &profile->sysctls[i];
		if (is_for_file(machine, plan, sysctl->key)) {
			used += (size_t)snprintf(text + used, FILE_SIZE - used, "%s = %s\n",
				sysctl->key, sysctl->value);
			n++;
		}
	}
	return n;
}

static int plan_file(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	struct change *change = NULL;
	_cleanup_free_ char *text = malloc(FILE_SIZE);

	if (!text) {
		return error_set(err, -ENOMEM, FILE_PATH ": %s", error_name(-ENOMEM));
	}
	size_t n = print_settings(machine, profile, plan, text);
	if (n == 0) {
		return 0;
	}
	int r = file_change_plan_text(
		machine, plan, &file_change_kind, FILE_PATH, text, &change, err);
	if (r < 0) {
		return r;
	}
	change_text(change->why, sizeof(change->why), "the same at the next boot");
	change_text(change->to, sizeof(change->to), "%zu setting%s", n, n == 1 ? "" : "s");
	return 0;
}

static int sysctl_plan(const struct machine *machine, const struct profile *profile,
	struct plan *plan, struct error *err)
{
	for (size_t i = 0; i < profile->n_sysctls; i++) {
		int r = plan_key(machine, profile, &profile->sysctls[i], plan, err);
		if (r < 0) {
			return r;
		}
	}
	return plan_file(machine, profile, plan, err);
}

/* What the kernel made of the value is noted: it is known as ours then, and taken back. */
static int sysctl_apply(struct change_run *run, struct error *err)
{
	char made[SYSCTL_VALUE_MAX] = "";
	int r = write_key(run->machine->root, run->entry->object,
		json_text(run->entry->wanted, "value"), made, err);

	if (made[0]) {
		int noted = change_run_progress(run, json_pack("{s:s}", "made", made), err);
		r = noted < 0 ? noted : r;
	}
	return r;
}

static bool is_as_before(
	const struct sysroot *root, const struct journal_entry *entry, const char *value)
{
	const char *twin = json_text(entry->before, "twin");
	char other[SYSCTL_VALUE_MAX];

	if (strcmp(value, json_text(entry->before, "value")) != 0) {
		return false;
	}
	return !twin[0] || (read_key(root, twin, other) == 0 &&
				   strcmp(other, json_text(entry->before, "twin_value")) == 0);
}

static int sysctl_compare(const struct machine *machine, const struct journal_entry *entry,
	enum change_state *ret_state, char *ret_now, struct error *err)
{
	char now[SYSCTL_VALUE_MAX];
	int r = read_key(machine->root, entry->object, now);

	if (r == -ENOENT) { /* another kernel by now */
		change_text(ret_now, CHANGE_VALUE_MAX, "this kernel has no such setting");
		*ret_state = CHANGE_STATE_OTHER;
		return 0;
	}
	if (r < 0) {
		return error_set(err, r, "%s: %s", entry->object, error_name(r));
	}
	change_text(ret_now, CHANGE_VALUE_MAX, "%s", now);
	if (strcmp(now, json_text(entry->wanted, "value")) == 0) {
		*ret_state = CHANGE_STATE_IN_PLACE;
	} else if (is_as_before(machine->root, entry, now)) {
		*ret_state = CHANGE_STATE_BEFORE;
	} else if (strcmp(now, json_text(entry->progress, "made")) == 0) {
		*ret_state = CHANGE_STATE_PARTIAL;
	} else {
		*ret_state = CHANGE_STATE_OTHER;
	}
	return 0;
}

static int sysctl_restore(struct change_run *run, struct error *err)
{
	const json_t *before = run->entry->before;
	const char *twin_value = json_text(before, "twin_value");
	char made[SYSCTL_VALUE_MAX];

	if (twin_value[0] && strcmp(twin_value, "0") != 0) {
		return write_key(
			run->machine->root, json_text(before, "twin"), twin_value, made, err);
	}
	return write_key(
		run->machine->root, run->entry->object, json_text(before, "value"), made, err);
}

/* systemd has read the files by now. Where another file won, that is somebody's will. */
static int sysctl_reapply(struct change_run *run, struct error *err)
{
	const char *key = run->entry->object;
	struct sysctl_setting setting;

	int r = sysctl_files_find(run->machine->root, FILE_NAME, key,
		json_text(run->entry->wanted, "value"), profile_find_twin(key), &setting);
	if (r < 0) {
		return error_set(err, r, "%s: %s", key, error_name(r));
	}
	if (r > 0) {
		change_text(run->note, sizeof(run->note), "as %s has it: %s = %s", setting.file,
			setting.key, setting.value);
		return 1;
	}
	return sysctl_apply(run, err);
}

const struct change_kind sysctl_change_kind = {
	.name = "sysctl",
	.plan = sysctl_plan,
	.apply = sysctl_apply,
	.compare = sysctl_compare,
	.restore = sysctl_restore,
	.reapply = sysctl_reapply,
};
