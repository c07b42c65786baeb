/* What libwebsockets calls, by the kind of descriptor. */
#ifndef SERVER_PROTOCOLS_H
#define SERVER_PROTOCOLS_H

#include "server/core/state.h"

#define PROTOCOL_LISTENER_NAME "listener"
#define PROTOCOL_REFUSAL_NAME  "refusal"

extern const struct lws_protocols server_protocols[];

#endif
