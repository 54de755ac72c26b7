/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "notify.h"

static int
listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, name, len);
	if (name[0] == '@')
		a.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (const struct sockaddr *)&a,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	                 0);
	return fd;
}

static void
expect_message_at(const char *name)
{
	char text[64] = "";
	int fd = listen_at(name);

	setenv("NOTIFY_SOCKET", name, 1);
	notify_send("READY=1");
	assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 7);
	assert_string_equal(text, "READY=1");
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

static void
the_manager_is_told_by_name_and_by_abstract_name(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@test-notify-%ld", (long)getpid());
	expect_message_at(name);
	snprintf(name, sizeof(name), "/tmp/test-notify-%ld", (long)getpid());
	expect_message_at(name);
	unlink(name);
}

static void
nobody_to_tell_is_no_trouble(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	notify_send("READY=1");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_send("READY=1");
	unsetenv("NOTIFY_SOCKET");
}

static void
sockets_for_another_process_are_not_taken(void **state)
{
	(void)state;
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(notify_take_sockets(), 0);
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_PID"));
}

static void
odd_numbers_of_sockets_are_not_taken(void **state)
{
	static const char *const bad[] = {"", "x", "0", "-1", "1x", "100000", "99999999999999999999"};
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", bad[i], 1);
		assert_int_equal(notify_take_sockets(), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_is_told_by_name_and_by_abstract_name),
		cmocka_unit_test(nobody_to_tell_is_no_trouble),
		cmocka_unit_test(sockets_for_another_process_are_not_taken),
		cmocka_unit_test(odd_numbers_of_sockets_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
