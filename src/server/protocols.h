/* What libwebsockets calls, by the kind of descriptor. */
#ifndef SERVER_PROTOCOLS_H
#define SERVER_PROTOCOLS_H

#include "server/server-impl.h"

enum server_protocol {
	PROTOCOL_HTTP, /* requests, and WebSocket without a subprotocol */
	PROTOCOL_V1,
	PROTOCOL_LISTENER,
	PROTOCOL_REFUSAL,
	PROTOCOL_WATCH,
};

#define PROTOCOL_REFUSAL_NAME "refusal"

extern const struct lws_protocols server_protocols[];

#endif
