#include "kernel/process/listeners.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/fixture-tree.h"

static const struct sysroot captured = {.path = FIXTURES "/process/two-threads"};

static unsigned port_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6
		       ? ntohs(((const struct sockaddr_in6 *)address)->sin6_port)
		       : ntohs(((const struct sockaddr_in *)address)->sin_port);
}

/* Others listen there as well, and the server has a connection. */
static void test_finds_its_own(void **state)
{
	(void)state;
	struct listeners listeners;

	assert_int_equal(listeners_read(&captured, 1234, &listeners), 0);
	assert_int_equal(listeners.n, 2);
	const struct sockaddr_in *first = (const struct sockaddr_in *)&listeners.addresses[0];
	assert_int_equal(first->sin_family, AF_INET);
	assert_int_equal(ntohs(first->sin_port), 0x4779);
	assert_int_equal(first->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	const struct sockaddr_in6 *second = (const struct sockaddr_in6 *)&listeners.addresses[1];
	assert_int_equal(second->sin6_family, AF_INET6);
	assert_int_equal(ntohs(second->sin6_port), 8443);
	assert_true(IN6_IS_ADDR_LOOPBACK(&second->sin6_addr));
}

static void test_a_process_that_has_ended(void **state)
{
	(void)state;
	struct listeners listeners;

	assert_int_equal(listeners_read(&captured, 99, &listeners), -ENOENT);
}

static void test_finds_a_real_one(void **state)
{
	(void)state;
	struct listeners listeners;
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0) {
		skip(); /* without IPv6 */
	}
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(listeners_read(&sysroot_real, getpid(), &listeners), 0);
	close(fd);
	assert_int_equal(listeners.n, 1);
	assert_int_equal(port_of(&listeners.addresses[0]), ntohs(address.sin6_port));
	const struct sockaddr_in6 *found = (const struct sockaddr_in6 *)&listeners.addresses[0];
	assert_true(IN6_IS_ADDR_LOOPBACK(&found->sin6_addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_its_own),
		cmocka_unit_test(test_a_process_that_has_ended),
		cmocka_unit_test(test_finds_a_real_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
