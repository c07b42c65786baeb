/* A socket in place of systemd's. */
#include "util/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/clock.h"

/* An abstract socket, so that nothing is left behind. */
static int open_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		"twinlens-test-notify-%d", getpid());
	char name[sizeof(address.sun_path) + 1];

	snprintf(name, sizeof(name), "@%s", address.sun_path + 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)),
		0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void check_received(int fd, const char *message)
{
	char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, message);
}

static void tells_systemd(void **state)
{
	(void)state;
	_cleanup_close_ int fd = open_socket();
	notify_systemd("READY=1");
	check_received(fd, "READY=1");
	notify_systemd("STATUS=%u viewers, %s", 3, "50% of the places");
	check_received(fd, "STATUS=3 viewers, 50% of the places");
}

/* Neither without systemd, nor when it is not there any more. */
static void does_not_mind_nobody(void **state)
{
	(void)state;
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	notify_systemd("READY=1");
	close_fd(open_socket());
	notify_systemd("READY=1");
}

static void halves_the_watchdog(void **state)
{
	(void)state;
	char pid[16];
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_interval_ns(), 0);
	setenv("WATCHDOG_USEC", "10000000", 1);
	assert_int_equal(notify_watchdog_interval_ns(), 5 * NSEC_PER_SEC);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_interval_ns(), 5 * NSEC_PER_SEC);
	setenv("WATCHDOG_PID", "1", 1); /* meant for another process */
	assert_int_equal(notify_watchdog_interval_ns(), 0);
	setenv("WATCHDOG_PID", pid, 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_watchdog_interval_ns(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_systemd),
		cmocka_unit_test(does_not_mind_nobody),
		cmocka_unit_test(halves_the_watchdog),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
