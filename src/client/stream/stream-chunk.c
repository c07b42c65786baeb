/* The head of a chunk, RFC 9112 7.1: its size in hexadecimal, perhaps an extension, a line break.
 */
#include "client/stream/stream-impl.h"

#include <errno.h>
#include <string.h>

#define CHUNK_MAX (UINT64_C(1) << 32)

static int end_chunk_head(struct stream *stream, struct error *err)
{
	stream->is_in_chunk_extension = false;
	stream->chunk_left = stream->chunk_size;
	/* Without a digit it is the line break behind the chunk before. */
	if (stream->has_chunk_digit && stream->chunk_size == 0) {
		return error_set(err, -ECONNRESET, "the stream has ended");
	}
	stream->has_chunk_digit = false;
	stream->chunk_size = 0;
	return 0;
}

static int hex_digit(uint8_t byte)
{
	const char *digits = "0123456789abcdef";
	const char *found =
		byte ? strchr(digits, byte >= 'A' && byte <= 'F' ? byte + 32 : byte) : NULL;

	return found ? (int)(found - digits) : -1;
}

int stream_take_chunk_head(struct stream *stream, uint8_t byte, struct error *err)
{
	int digit = hex_digit(byte);

	if (byte == '\n') {
		return end_chunk_head(stream, err);
	}
	if (byte == '\r' || stream->is_in_chunk_extension) {
		return 0;
	}
	if (byte == ';' && stream->has_chunk_digit) {
		stream->is_in_chunk_extension = true;
		return 0;
	}
	if (digit < 0 || stream->chunk_size > CHUNK_MAX) {
		return error_set(err, -EPROTO, "malformed chunk size");
	}
	stream->has_chunk_digit = true;
	stream->chunk_size = stream->chunk_size * 16 + (unsigned)digit;
	return 0;
}
