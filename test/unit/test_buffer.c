/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffer.h"

static void
bytes_are_appended_in_order(void **state)
{
	struct buffer b = {0};

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		unsigned char c = (unsigned char)(i * 7);

		buffer_add(&b, &c, 1);
	}
	assert_int_equal(b.len, 10000);
	assert_true(b.cap >= b.len);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], (unsigned char)(i * 7));
	buffer_release(&b);
}

static void
adding_nothing_changes_nothing(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add(&b, NULL, 0);
	buffer_add_string(&b, "");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	buffer_add_string(&b, "ab");
	buffer_add(&b, NULL, 0);
	assert_int_equal(b.len, 2);
	buffer_release(&b);
}

static void
reserve_gives_room_behind_the_contents(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add_string(&b, "head");
	unsigned char *room = buffer_reserve(&b, 1000);

	assert_ptr_equal(room, b.data + 4);
	assert_int_equal(b.len, 4);
	assert_true(b.cap >= 1004);
	memset(room, 'x', 1000);
	b.len += 1000;
	assert_memory_equal(b.data, "headxxx", 7);
	buffer_release(&b);
}

static void
reserve_of_nothing_is_harmless(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_reserve(&b, 0);
	assert_int_equal(b.len, 0);
	buffer_release(&b);
}

static void
clear_keeps_the_memory(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add_string(&b, "text");
	unsigned char *before = b.data;

	buffer_clear(&b);
	assert_int_equal(b.len, 0);
	buffer_add_string(&b, "more");
	assert_ptr_equal(b.data, before);
	assert_memory_equal(b.data, "more", 4);
	buffer_release(&b);
}

static void
release_is_safe_twice(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_release(&b);
	buffer_add_string(&b, "x");
	buffer_release(&b);
	buffer_release(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.cap, 0);
}

static void
remove_front_drops_the_first_bytes(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_remove_front(&b, 0);
	buffer_remove_front(&b, 3);
	buffer_add_string(&b, "abcdef");
	buffer_remove_front(&b, 0);
	assert_int_equal(b.len, 6);
	buffer_remove_front(&b, 4);
	assert_int_equal(b.len, 2);
	assert_memory_equal(b.data, "ef", 2);
	buffer_remove_front(&b, 2);
	assert_int_equal(b.len, 0);
	buffer_add_string(&b, "ab");
	buffer_remove_front(&b, SIZE_MAX);
	assert_int_equal(b.len, 0);
	buffer_release(&b);
}

static void
take_string_ends_the_text_and_empties_the_buffer(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add_string(&b, "text");
	char *s = buffer_take_string(&b);

	assert_string_equal(s, "text");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	free(s);
	s = buffer_take_string(&b);
	assert_string_equal(s, "");
	free(s);
}

/* Does a process that reserves n more bytes behind len die by SIGABRT? */
static int
aborts(size_t len, size_t n)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit no_core = {0, 0};
		struct buffer b = {.len = len, .cap = len};
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		setrlimit(RLIMIT_CORE, &no_core);
		signal(SIGABRT, SIG_DFL);
		buffer_reserve(&b, n);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
growth_beyond_the_bound_ends_the_process(void **state)
{
	(void)state;
	assert_true(aborts(0, BUFFER_MAX + 1));
	assert_true(aborts(0, SIZE_MAX));
	assert_true(aborts(1, BUFFER_MAX));
	assert_true(aborts(BUFFER_MAX, 1));
	assert_true(aborts(BUFFER_MAX, SIZE_MAX));
}

static void
growth_up_to_the_bound_is_allowed(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add(&b, "x", 1);
	buffer_reserve(&b, BUFFER_MAX - 1);
	assert_true(b.cap >= BUFFER_MAX);
	buffer_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_appended_in_order),
		cmocka_unit_test(adding_nothing_changes_nothing),
		cmocka_unit_test(reserve_gives_room_behind_the_contents),
		cmocka_unit_test(reserve_of_nothing_is_harmless),
		cmocka_unit_test(clear_keeps_the_memory),
		cmocka_unit_test(release_is_safe_twice),
		cmocka_unit_test(remove_front_drops_the_first_bytes),
		cmocka_unit_test(take_string_ends_the_text_and_empties_the_buffer),
		cmocka_unit_test(growth_beyond_the_bound_ends_the_process),
		cmocka_unit_test(growth_up_to_the_bound_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
