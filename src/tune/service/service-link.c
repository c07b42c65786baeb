#include "tune/service/service-link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "systemd/unit-file.h"
#include "util/file/folder.h"

int service_link_look(const struct sysroot *root, const char *path, const char *target,
	enum service_link_state *ret_state)
{
	char now[PATH_MAX];

	int r = sysroot_readlink(root, path, now, sizeof(now));
	switch (r) {
	case 0:
		*ret_state = strcmp(now, target) == 0 ? SERVICE_LINK_THERE : SERVICE_LINK_OTHER;
		return 0;
	case -ENOENT:
		*ret_state = SERVICE_LINK_GONE;
		return 0;
	case -EINVAL: /* a file, or a folder */
	case -ENOTDIR:
		*ret_state = SERVICE_LINK_OTHER;
		return 0;
	default:
		return r;
	}
}

static int cut_last(const char *path, char folder[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path) {
		return -EINVAL;
	}
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	return 0;
}

bool service_link_leads(const struct sysroot *root, const char *path, const char *target)
{
	char folder[PATH_MAX], full[2 * PATH_MAX];

	if (target[0] == '/') {
		return sysroot_exists(root, target);
	}
	if (cut_last(path, folder) < 0) {
		return false;
	}
	snprintf(full, sizeof(full), "%s/%s", folder, target);
	return sysroot_exists(root, full);
}

void service_mask_path(const char *id, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, UNIT_FILE_FOLDER "/%s", id);
}

int service_mask_look(
	const struct sysroot *root, const char *id, bool *ret_is_masked, struct error *err)
{
	enum service_link_state state;
	char path[PATH_MAX];

	service_mask_path(id, path);
	int r = service_link_look(root, path, SERVICE_MASK, &state);
	if (r < 0) {
		return error_set(err, r, "%s: %s", path, error_name(r));
	}
	*ret_is_masked = state == SERVICE_LINK_THERE;
	return 0;
}

/* With the mode that systemd gives it. A run that was killed may have made it, and no more. */
static int make_folder(const char *folder)
{
	mode_t mask = umask(0022);
	int r = mkdir(folder, 0755) < 0 && errno != EEXIST ? -errno : 0;

	umask(mask);
	return r < 0 ? r : folder_sync_parent(folder);
}

static int make_link(const char *path, const char *target)
{
	char folder[PATH_MAX];
	int r = cut_last(path, folder);

	r = r ? r : make_folder(folder);
	if (r < 0) {
		return r;
	}
	return symlink(target, path) < 0 ? -errno : folder_sync_parent(path);
}

int service_link_sync(const struct sysroot *root, const char *path, struct error *err)
{
	char full[PATH_MAX], folder[PATH_MAX];
	int r = sysroot_path(root, path, full, sizeof(full));

	r = r ? r : folder_sync_parent(full);
	if (r == -ENOENT) {
		r = cut_last(full, folder);
		r = r ? r : folder_sync_parent(folder);
	}
	return r < 0 ? error_set(err, r, "%s: fsync of its folder: %s", path, error_name(r)) : 0;
}

int service_link_restore(
	const struct sysroot *root, const char *path, const char *target, struct error *err)
{
	enum service_link_state state;
	char full[PATH_MAX];
	int r = service_link_look(root, path, target, &state);

	if (r == 0 && state == SERVICE_LINK_THERE) {
		return 0;
	}
	if (r == 0) {
		r = state == SERVICE_LINK_OTHER ? -EEXIST
						: sysroot_path(root, path, full, sizeof(full));
	}
	if (r == 0) {
		r = make_link(full, target);
	}
	return r < 0 ? error_set(err, r, "%s: the link to %s: %s", path, target, error_name(r)) : 0;
}
