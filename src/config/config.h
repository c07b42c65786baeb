/*
 * The settings of `twinlens serve`: defaults, the file, the command line, in this order. Parsed and
 * validated here; everything above works on the const result.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/clock.h"
#include "util/error.h"

#define CONFIG_DEFAULT_PATH        "/etc/twinlens/twinlens.conf"
#define CONFIG_DEFAULT_WATCH_STATE "/run/twinlens-watch/state.json"

#define CONFIG_CAMERAS_MAX     8
#define CONFIG_CAMERA_NAME_MAX 32    /* with the NUL; letters, digits, '-' and '_' */
#define CONFIG_TARGET_MAX      256   /* with the NUL */
#define CONFIG_PATH_MAX        256   /* with the NUL */
#define CONFIG_FILE_MAX        65536 /* bytes */

#define CONFIG_IDLE_STOP_DEFAULT_NS (10 * NSEC_PER_SEC)

enum camera_kind {
	CAMERA_KIND_V4L2,      /* target: the device node */
	CAMERA_KIND_SYNTHETIC, /* no target */
	CAMERA_KIND_REPLAY,    /* target: a folder of .jpg, or a .mjpeg file */
};

enum camera_format {
	CAMERA_FORMAT_AUTO,
	CAMERA_FORMAT_MJPEG,
	CAMERA_FORMAT_YUYV,
	CAMERA_FORMAT_UYVY,
	CAMERA_FORMAT_NV12,
	CAMERA_FORMAT_NV16,
};

/* KIND[:TARGET][,key=value]... */
struct camera_spec {
	enum camera_kind kind;
	char target[CONFIG_TARGET_MAX]; /* "" for synthetic */
	enum camera_format format;      /* auto is for V4L2 only; yuyv or mjpeg for synthetic */
	uint32_t width, height;         /* default 640x480, at most 8192 each */
	uint32_t fps;                   /* default 30, 1..240 */
	uint32_t quality;               /* of JPEG, default 80, 1..100 */
};

struct camera_config {
	char name[CONFIG_CAMERA_NAME_MAX];
	struct camera_spec spec;
	uint64_t idle_stop_ns; /* default 10 s, 0..24 h */
};

struct server_config {
	/* numeric IPv4 or IPv6, without brackets, or a host name; "": all addresses */
	char listen_address[64];
	uint16_t listen_port;              /* 0: any free one */
	unsigned max_viewers;              /* default 4, 1..10000 */
	size_t send_buffer;                /* bytes, default 1M, 64K..64M */
	uint64_t stall_timeout_ns;         /* default 5 s, 500 ms..1 h */
	char watch_state[CONFIG_PATH_MAX]; /* the file that twinlens watch writes; "": none */
};

struct frames_config {
	unsigned buffers;     /* per camera, default 3, 2..32 */
	size_t max_frame;     /* bytes, default 921600, 64K..64M */
	unsigned pool_blocks; /* per camera, default 2 * buffers, 2..64 */
};

struct config {
	struct server_config server;
	struct frames_config frames;
	size_t memory_budget; /* bytes, default 200M, 1M..64G */
	struct camera_config cameras[CONFIG_CAMERAS_MAX];
	size_t n_cameras; /* 0: the caller picks */
};

/* An option of the command line, in its order. */
struct config_override {
	enum {
		CONFIG_OVERRIDE_CAMERA, /* --camera NAME=SPEC: adds it, or gives it this source */
		CONFIG_OVERRIDE_OPTION, /* -o SECTION.KEY=VALUE */
		CONFIG_OVERRIDE_LISTEN, /* --listen ADDR:PORT */
		CONFIG_OVERRIDE_MAX_VIEWERS, /* --max-viewers N */
	} kind;
	const char *text; /* the argument */
};

/* Everything at its default, no camera. */
void config_init_defaults(struct config *ret_config);

/*
 * Defaults, then the file at path, then the overrides, then the checks of the whole. With path NULL
 * the default file is read if it exists; *ret_has_file is whether a file was read. 0; -EINVAL with
 * err naming file, line, key and what is allowed (or the option); -ENOENT/-EACCES/... when a file
 * that was asked for cannot be read. The results are written only on success.
 */
int config_load(const char *path, const struct config_override *overrides, size_t n_overrides,
	struct config *ret_config, bool *ret_has_file, struct error *err);

/*
 * Parses a file's text into config, which is changed even on failure; name is for messages. 0,
 * -EINVAL, -ENOMEM. The checks of the whole are config_load's. For it, and for tests of the parser.
 */
int config_parse_text(
	const char *text, size_t size, const char *name, struct config *config, struct error *err);

/* Parses a SPEC. 0, or -EINVAL with err. */
int camera_spec_parse(const char *text, struct camera_spec *ret_spec, struct error *err);

/* Whether they say the same, down to every option. */
bool camera_spec_equal(const struct camera_spec *a, const struct camera_spec *b);

/* "v4l2:/dev/video0", "synthetic": the SPEC without its options, as status and messages write it.
 */
void camera_spec_describe(const struct camera_spec *spec, char *buffer, size_t size);

#endif
