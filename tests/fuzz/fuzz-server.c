/*
 * What a client sends to the server: requests, WebSocket frames, anything. A form feed ends a
 * packet: what follows comes when the server has dealt with that. Each answer begins as HTTP does,
 * and nothing of the client is left when it is gone.
 */
#include "server/core/state.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "server/http/request.h"
#include "server/server.h"

#define TURNS_MAX    64 /* of the loop, until it has dealt with a packet */
#define TURNS_IDLE   3
#define PACKETS_MAX  8
#define FRAME_BYTES  1024
#define ANSWER_BYTES 65536

static struct server *server;
static struct hub_slot *cameras[2];
static struct frame_pool *pool;
static struct sockaddr_in address;

static void start(void)
{
	static const char *const names[] = {"cam0", "cam1"};
	socklen_t size = sizeof(address);
	struct config config;
	struct hub *hub;

	config_init_defaults(&config);
	strcpy(config.server.listen_address, "127.0.0.1");
	config.server.listen_port = 0;
	must(hub_new(&hub) == 0);
	for (size_t i = 0; i < 2; i++) {
		must(hub_add(hub, names[i], &cameras[i]) == 0);
	}
	must(frame_pool_new(FRAME_BYTES, 8, &pool) == 0);
	must(server_new(&config, hub, &server, NULL) == 0);
	must(getsockname(lws_get_socket_fd(server->listener), (struct sockaddr *)&address, &size) ==
		0);
}

/* The next picture of both cameras. */
static void publish(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct frame *frame = frame_pool_acquire(pool);
		must(frame != NULL);
		memset(frame->data, 0xd8, FRAME_BYTES);
		frame->size = FRAME_BYTES;
		hub_slot_publish(cameras[i], frame);
	}
}

static int open_connection(void)
{
	static const struct linger abort_it = {.l_onoff = 1}; /* leaves no port in TIME_WAIT */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0);
	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)) == 0);
	must(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* Runs the loop until nothing more comes. false when the server has closed. */
static bool read_answer(int fd, char *answer, size_t *used)
{
	unsigned idle = 0;

	for (unsigned turn = 0; turn < TURNS_MAX && idle < TURNS_IDLE; turn++) {
		must(lws_service(server->context, -1) >= 0);
		ssize_t n = recv(fd, answer + *used, ANSWER_BYTES - *used, MSG_DONTWAIT);
		if (n == 0) {
			return *used == ANSWER_BYTES;
		}
		idle = n < 0 ? idle + 1 : 0;
		*used += n < 0 ? 0 : (size_t)n;
	}
	return true;
}

static void check_answer(const char *answer, size_t size)
{
	static const char start_of[] = "HTTP/1.";
	size_t length = size < sizeof(start_of) - 1 ? size : sizeof(start_of) - 1;

	must(memcmp(answer, start_of, length) == 0);
}

static void talk(int fd, const uint8_t *data, size_t size)
{
	static char answer[ANSWER_BYTES];
	size_t used = 0;

	for (unsigned i = 0; i < PACKETS_MAX && size > 0; i++) {
		const uint8_t *end = memchr(data, '\f', size);
		size_t length = end ? (size_t)(end - data) : size;
		if (send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ||
			!read_answer(fd, answer, &used)) {
			break;
		}
		publish();
		data += end ? length + 1 : length;
		size -= end ? length + 1 : length;
	}
	read_answer(fd, answer, &used);
	check_answer(answer, used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!server) {
		start();
	}
	unsigned status = request_refuse((const char *)data, size);
	must(status == 400 || (status == 405 && memmem(data, size, " HTTP/", 6)));
	int fd = open_connection();
	talk(fd, data, size);
	close(fd);
	for (unsigned turn = 0; turn < TURNS_MAX && server->n_connections > 0; turn++) {
		must(lws_service(server->context, -1) >= 0);
	}
	must(server->n_connections == 0 && !server->viewers && server->n_viewers == 0);
	return 0;
}
