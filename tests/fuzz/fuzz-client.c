/*
 * What a server sends to a measuring viewer, and its URL. The first byte chooses how it is asked,
 * the second how the bytes are cut: the same must come out as when they arrive all at once.
 */
#include "client/stream/stream.h"

#include <stdio.h>
#include <string.h>

#include "client/url.h"
#include "fuzz.h"

/* What came out, so that two ways can be compared. */
struct outcome {
	unsigned events[STREAM_EVENT_CLOSED + 1];
	unsigned broken;
	uint64_t bytes, header_sum;
	int result;
};

static void count(struct outcome *outcome, const struct stream *stream, enum stream_event event)
{
	must(event <= STREAM_EVENT_CLOSED);
	must(stream->text_size <= STREAM_TEXT_MAX && stream->control_size <= STREAM_CONTROL_MAX);
	outcome->events[event]++;
	if (event == STREAM_EVENT_FRAME) {
		const struct stream_frame *frame = &stream->frame;
		must(frame->size_bytes <= STREAM_PICTURE_MAX && frame->camera <= UINT8_MAX);
		outcome->broken += frame->is_broken;
		outcome->bytes += frame->size_bytes;
		outcome->header_sum = outcome->header_sum * 31 + frame->sequence + frame->skipped +
				      frame->captured_ns + frame->camera;
	} else if (event == STREAM_EVENT_TEXT) {
		must(stream_text(stream)[stream->text_size] == '\0');
	}
}

static struct outcome feed(
	const struct stream_options *options, const uint8_t *data, size_t size, size_t piece)
{
	struct outcome outcome = {0};
	struct stream stream;
	struct error err = {0};

	stream_init(&stream, options, 0);
	while (size > 0 && outcome.events[STREAM_EVENT_CLOSED] == 0) {
		enum stream_event event;
		size_t n = size < piece ? size : piece, used;
		size_t droppable = stream_droppable(&stream);
		must(stream_wanted(&stream) > 0);
		if (droppable > 0) {
			used = n < droppable ? n : droppable;
			event = stream_drop(&stream, used);
		} else {
			outcome.result = stream_feed(&stream, data, n, &used, &event, &err);
			if (outcome.result < 0) {
				must(err.code == outcome.result && err.text[0]);
				return outcome;
			}
		}
		must(used > 0 && used <= n);
		count(&outcome, &stream, event);
		data += used;
		size -= used;
	}
	return outcome;
}

static void check_url(const uint8_t *data, size_t size)
{
	struct url url;
	struct error err = {0};
	char *text = strndup((const char *)data, size);

	must(text != NULL);
	if (url_parse(text, &url, &err) == 0) {
		must(url.host[0] && !strpbrk(url.host, "/?#@[] \r\n"));
		must(url.target[0] == '/' || url.target[0] == '\0');
		must(!strpbrk(url.target, " \r\n"));
	} else {
		must(err.text[0]);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	const struct stream_options options = {
		.kind = data[0] & 1 ? STREAM_KIND_MULTIPART : STREAM_KIND_WEBSOCKET,
		.stamp = data[0] & 2 ? "X-Timestamp" : NULL,
		.check_every = data[0] >> 2 & 3,
	};
	size_t piece = (size_t)data[1] + 1;
	struct outcome whole = feed(&options, data + 2, size - 2, size);
	struct outcome pieces = feed(&options, data + 2, size - 2, piece);

	/* How often nothing happened is a matter of how the bytes are cut. */
	whole.events[STREAM_EVENT_NONE] = pieces.events[STREAM_EVENT_NONE] = 0;
	must(memcmp(whole.events, pieces.events, sizeof(whole.events)) == 0);
	must(whole.broken == pieces.broken && whole.bytes == pieces.bytes);
	must(whole.header_sum == pieces.header_sum && whole.result == pieces.result);
	check_url(data + 2, size - 2);
	return 0;
}
