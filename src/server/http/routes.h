/* What is answered to a request, by its path: the page, pictures, status. */
#ifndef SERVER_HTTP_ROUTES_H
#define SERVER_HTTP_ROUTES_H

#include "server/core/state.h"

/* A complete request, which is not one for a WebSocket. Returns as the functions of respond.h do.
 */
int route_request(struct lws *wsi, struct attachment *attachment);

#endif
