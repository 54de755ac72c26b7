/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The include server is a child that says what the test wants. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "meeting.h"
#include "pump.h"
#include "xalloc.h"

struct fixture {
	char base[32];
	struct userdir dirs;
	struct meeting meeting;
	int listener;
	pid_t server;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->base, sizeof(f->base), "/tmp/dcc-pump.XXXXXX");
	f->listener = -1;
	if (mkdtemp(f->base) == NULL)
		return -1;
	f->dirs.base = f->base;
	*state = f;
	return meeting_find(&f->dirs, &f->meeting) == OK ? 0 : -1;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->server != 0) {
		kill(f->server, SIGKILL);
		waitpid(f->server, NULL, 0);
	}
	io_close(&f->listener);
	meeting_release(&f->meeting);
	int got = nftw(f->base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

	free(f);
	return got;
}

/* A pause of a server that says nothing and never rests. */
#define BUSY (-1)

/* Answers one connection: pieces of words with pauses between. */
static void
start_server(struct fixture *f, const struct buffer *words, size_t piece, int pause_ms)
{
	int ready[2];
	char byte;

	assert_int_equal(meeting_listen(&f->meeting, &f->listener), OK);
	assert_int_equal(pipe(ready), 0);
	f->server = fork();
	if (f->server != 0) {
		assert_int_equal(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		close(ready[1]);
		return;
	}
	int fd = -1;

	meeting_take_over(f->listener);
	if (write(ready[1], "r", 1) != 1)
		_exit(1);
	while (fd < 0)
		fd = accept(f->listener, NULL, NULL);
	for (size_t at = 0; at < words->len; at += piece) {
		size_t n = words->len - at < piece ? words->len - at : piece;

		if (io_write_exactly(fd, words->data + at, n, IO_NO_DEADLINE) != OK)
			_exit(1);
		poll(NULL, 0, pause_ms);
	}
	while (pause_ms == BUSY)
		;
	pause();
	_exit(0);
}

static void
ask(struct fixture *f, struct pump *p)
{
	struct strv argv = {0};

	strv_add(&argv, "gcc");
	strv_add(&argv, "a.c");
	assert_int_equal(pump_open(p, &f->dirs), OK);
	assert_int_equal(pump_ask(p, SCAN_ASK,
	                          &(struct pump_question){.host = "red", .compiler = "/usr/bin/gcc", .cwd = "/w",
	                                                  .argv = &argv}),
	                 OK);
	strv_release(&argv);
}

static void
messages_are_put_together_and_signs_of_life_passed_over(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct buffer words = {0};

	scan_put_empty(&words, SCAN_BUSY);
	scan_put_bytes(&words, SCAN_RELAY, "0123456789", 10);
	scan_put_empty(&words, SCAN_BUSY);
	scan_put_empty(&words, SCAN_END);
	start_server(f, &words, 3, 1);
	ask(f, &p);
	assert_int_equal(pump_wait(&p, &m), OK);
	assert_int_equal(m.type, SCAN_RELAY);
	assert_memory_equal(m.body, "0123456789", 10);
	assert_int_equal(pump_wait(&p, &m), OK);
	assert_int_equal(m.type, SCAN_END);
	assert_int_equal(pump_take(&p, &m), ERR_MISSING);
	pump_close(&p);
	pump_close(&p);
	buffer_release(&words);
}

static void
a_server_that_gives_signs_of_life_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct buffer words = {0};

	for (int i = 0; i < 5; i++)
		scan_put_empty(&words, SCAN_BUSY);
	scan_put_empty(&words, SCAN_END);
	start_server(f, &words, SCAN_HEADER_SIZE, SCAN_BUSY_MS);
	ask(f, &p);
	assert_int_equal(pump_wait(&p, &m), OK);
	assert_int_equal(m.type, SCAN_END);
	pump_close(&p);
	buffer_release(&words);
}

static void
a_silent_server_costs_200_milliseconds(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct buffer words = {0};

	start_server(f, &words, 1, 0);
	ask(f, &p);
	int64_t start_ms = io_now_ms();

	assert_int_equal(pump_wait(&p, &m), ERR_TIMEOUT);
	assert_in_range(io_now_ms() - start_ms, SCAN_SILENCE_MS - 5, SCAN_SILENCE_MS * 5);
	pump_close(&p);
}

static void
a_server_that_spends_its_time_and_says_nothing_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct buffer words = {0};

	/* It runs, so more time is granted, but not for ever. */
	start_server(f, &words, 1, BUSY);
	ask(f, &p);
	int64_t start_ms = io_now_ms();

	assert_int_equal(pump_wait(&p, &m), ERR_TIMEOUT);
	assert_in_range(io_now_ms() - start_ms, SCAN_SILENCE_MS * 2 - 5, 6000);
	pump_close(&p);
}

static void
words_of_another_kind_break_the_protocol(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct buffer words = {0};

	buffer_add_string(&words, "HTTP/1.1");
	start_server(f, &words, words.len, 0);
	ask(f, &p);
	assert_int_equal(pump_wait(&p, &m), ERR_PROTOCOL);
	pump_close(&p);
	buffer_release(&words);
}

static void
without_a_server_program_there_is_none_and_it_is_not_tried_again_at_once(void **state)
{
	struct fixture *f = *state;
	struct pump p = PUMP_INIT;
	struct stat first, second;

	/* This test's own folder has no dcc-include-server. */
	assert_int_equal(pump_open(&p, &f->dirs), ERR_MISSING);
	assert_int_equal(stat(f->meeting.failed, &first), 0);
	assert_int_equal(pump_open(&p, &f->dirs), ERR_MISSING);
	assert_int_equal(stat(f->meeting.failed, &second), 0);
	assert_int_equal(first.st_mtim.tv_nsec, second.st_mtim.tv_nsec);
	pump_close(&p);
}

static void
the_mode_is_one_of_three_words(void **state)
{
	struct config c = {0};
	enum pump_mode mode;

	(void)state;
	c.values[CONFIG_PUMP] = "never";
	assert_int_equal(pump_parse_mode(&c, &mode), OK);
	assert_int_equal(mode, PUMP_NEVER);
	c.values[CONFIG_PUMP] = "REQUIRE";
	assert_int_equal(pump_parse_mode(&c, &mode), OK);
	assert_int_equal(mode, PUMP_REQUIRE);
	c.values[CONFIG_PUMP] = "auto";
	assert_int_equal(pump_parse_mode(&c, &mode), OK);
	assert_int_equal(mode, PUMP_AUTO);
	c.values[CONFIG_PUMP] = "perhaps";
	assert_int_equal(pump_parse_mode(&c, &mode), ERR_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_are_put_together_and_signs_of_life_passed_over, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_server_that_gives_signs_of_life_is_waited_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_silent_server_costs_200_milliseconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_server_that_spends_its_time_and_says_nothing_is_given_up, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(words_of_another_kind_break_the_protocol, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_a_server_program_there_is_none_and_it_is_not_tried_again_at_once, set_up, tear_down),
		cmocka_unit_test(the_mode_is_one_of_three_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
