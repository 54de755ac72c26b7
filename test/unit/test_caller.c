/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "io.h"
#include "xalloc.h"

/* Both ends of a connection. */
struct ends {
	struct caller *caller;
	int peer;
};

static int
set_up(void **state)
{
	struct ends *e = xcalloc(1, sizeof(*e));
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -1;
	e->caller = caller_new(fds[0], 1000);
	e->peer = fds[1];
	*state = e;
	return 0;
}

static int
tear_down(void **state)
{
	struct ends *e = *state;

	caller_free(e->caller);
	io_close(&e->peer);
	free(e);
	return 0;
}

static void
put_request(struct buffer *b, enum scan_type type, uint32_t version)
{
	struct scan_request m = {.version = version,
	                         .host = xstrdup("red"),
	                         .compiler = xstrdup("/usr/bin/gcc"),
	                         .cwd = xstrdup("/w")};

	strv_add(&m.argv, "gcc");
	strv_add(&m.argv, "a.c");
	scan_put_request(b, type, &m);
	scan_request_release(&m);
}

/* The peer says these bytes; releases b. */
static bool
say(struct ends *e, struct buffer *b)
{
	bool has_asked;

	assert_int_equal(write(e->peer, b->data, b->len), b->len);
	buffer_release(b);
	caller_read(e->caller, &has_asked);
	return has_asked;
}

static void
a_request_is_taken_when_it_is_whole(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};
	bool has_asked;

	put_request(&b, SCAN_ASK, SCAN_VERSION);
	assert_int_equal(write(e->peer, b.data, 9), 9);
	caller_read(e->caller, &has_asked);
	assert_false(has_asked);
	assert_int_equal(e->caller->stage, CALLER_TALKS);
	assert_true(caller_is_waiting(e->caller));
	buffer_remove_front(&b, 9);
	assert_true(say(e, &b));
	assert_int_equal(e->caller->stage, CALLER_ASKED);
	assert_int_equal(e->caller->asked, SCAN_ASK);
	assert_string_equal(e->caller->request.host, "red");
}

static void
who_breaks_the_order_is_gone(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};

	scan_put_empty(&b, SCAN_KNOWN);
	assert_false(say(e, &b));
	assert_true(e->caller->is_gone);
	assert_false(e->caller->is_foreign);
}

static void
who_speaks_another_version_is_foreign(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};

	put_request(&b, SCAN_ASK, SCAN_VERSION + 1);
	assert_false(say(e, &b));
	assert_true(e->caller->is_gone);
	assert_true(e->caller->is_foreign);
}

static void
a_second_request_waits_for_the_first_ones_answer(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};

	scan_put_empty(&b, SCAN_STATISTICS);
	scan_put_empty(&b, SCAN_STOP);
	assert_true(say(e, &b));
	assert_int_equal(e->caller->asked, SCAN_STATISTICS);
	caller_settle(e->caller);
	assert_int_equal(e->caller->stage, CALLER_TALKS);
}

static void
an_end_of_the_connection_is_noticed_at_any_time(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};
	bool has_asked;

	put_request(&b, SCAN_LIST, SCAN_VERSION);
	assert_true(say(e, &b));
	assert_int_equal(caller_events(e->caller), POLLIN);
	io_close(&e->peer);
	caller_read(e->caller, &has_asked);
	assert_true(e->caller->is_gone);
	assert_false(caller_is_waiting(e->caller));
}

static void
what_does_not_fit_is_written_later(void **state)
{
	struct ends *e = *state;
	size_t size = (size_t)4 << 20, got = 0;
	char *text = xcalloc(1, size);
	static char piece[1 << 16];

	buffer_add(&e->caller->out, text, size);
	caller_write(e->caller, 2000);
	assert_int_equal(e->caller->spoke_ms, 2000);
	assert_int_equal(caller_events(e->caller), POLLIN | POLLOUT);
	assert_false(caller_is_waiting(e->caller));
	while (got < size) {
		ssize_t n = read(e->peer, piece, sizeof(piece));

		if (n > 0)
			got += (size_t)n;
		else
			caller_write(e->caller, 3000);
	}
	assert_int_equal(caller_backlog(e->caller), 0);
	assert_false(e->caller->is_gone);
	free(text);
}

static void
who_floods_us_is_gone(void **state)
{
	struct ends *e = *state;
	struct buffer b = {0};
	static char piece[1 << 14];
	bool has_asked;

	put_request(&b, SCAN_ASK, SCAN_VERSION);
	assert_true(say(e, &b));
	for (int i = 0; i < 2000 && !e->caller->is_gone; i++) {
		if (write(e->peer, piece, sizeof(piece)) < 0)
			break;
		caller_read(e->caller, &has_asked);
	}
	assert_true(e->caller->is_gone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_taken_when_it_is_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_breaks_the_order_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_speaks_another_version_is_foreign, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_second_request_waits_for_the_first_ones_answer, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(an_end_of_the_connection_is_noticed_at_any_time, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_written_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_floods_us_is_gone, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
