/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allocator is replaced (ld --wrap) by one that can be told to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exitcode.h"
#include "xalloc.h"

void *
__wrap_malloc(size_t size);
void *
__wrap_calloc(size_t count, size_t size);
void *
__wrap_realloc(void *p, size_t size);
void *
__real_malloc(size_t size);
void *
__real_calloc(size_t count, size_t size);
void *
__real_realloc(void *p, size_t size);

static bool memory_is_gone;
static size_t last_size;

void *
__wrap_malloc(size_t size)
{
	last_size = size;
	return memory_is_gone ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return memory_is_gone ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	last_size = size;
	return memory_is_gone ? NULL : __real_realloc(p, size);
}

static void
call_malloc(void)
{
	free(xmalloc(7));
}

static void
call_calloc(void)
{
	free(xcalloc(7, 7));
}

static void
call_realloc(void)
{
	free(xrealloc(NULL, 7));
}

static void
call_strdup(void)
{
	free(xstrdup("seven"));
}

static void
call_asprintf(void)
{
	free(xasprintf("%d", 7));
}

/* The exit code of a process that calls it without memory; what it prints comes in text. */
static int
exit_code_without_memory(void (*call)(void), char *text, size_t size)
{
	int pipe_fds[2];
	int status = 0;

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t pid = fork();

	if (pid == 0) {
		dup2(pipe_fds[1], STDERR_FILENO);
		memory_is_gone = true;
		call();
		_exit(0);
	}
	close(pipe_fds[1]);
	ssize_t n = read(pipe_fds[0], text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	close(pipe_fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
no_memory_ends_the_process_with_a_sentence(void **state)
{
	static void (*const calls[])(void) = {call_malloc, call_calloc, call_realloc, call_strdup,
	                                      call_asprintf};

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char text[128];

		assert_int_equal(exit_code_without_memory(calls[i], text, sizeof(text)),
		                 EXIT_OUT_OF_MEMORY);
		assert_string_equal(text, "dcc: out of memory\n");
	}
}

static void
call_calloc_with_overflow(void)
{
	volatile size_t huge = SIZE_MAX / 2;

	/* A sanitizer's allocator would report the overflow; the C library's must refuse it. */
	memory_is_gone = false;
#if defined(__SANITIZE_ADDRESS__)
	memory_is_gone = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	memory_is_gone = true;
#endif
#endif
	free(xcalloc(huge, 4));
}

static void
a_product_that_overflows_ends_the_process(void **state)
{
	char text[128];

	(void)state;
	assert_int_equal(exit_code_without_memory(call_calloc_with_overflow, text, sizeof(text)),
	                 EXIT_OUT_OF_MEMORY);
}

static void
size_zero_gives_memory(void **state)
{
	(void)state;
	void *p = xmalloc(0);
	void *q = xcalloc(0, 8);
	void *r = xcalloc(8, 0);

	assert_non_null(p);
	assert_non_null(q);
	assert_non_null(r);
	p = xrealloc(p, 0);
	assert_non_null(p);
	assert_int_equal(last_size, 1);
	free(p);
	free(q);
	free(r);
}

static void
calloc_gives_zeros(void **state)
{
	(void)state;
	unsigned char *p = xcalloc(300, 3);

	for (size_t i = 0; i < 900; i++)
		assert_int_equal(p[i], 0);
	free(p);
}

static void
realloc_keeps_what_was_there(void **state)
{
	(void)state;
	char *p = xstrdup("kept");

	p = xrealloc(p, 100000);
	assert_string_equal(p, "kept");
	free(p);
}

static void
strndup_copies_n_bytes_and_ends_them(void **state)
{
	(void)state;
	char *p = xstrndup("abcdef", 3);
	char *empty = xstrndup("abc", 0);

	assert_string_equal(p, "abc");
	assert_string_equal(empty, "");
	free(p);
	free(empty);
}

static void
asprintf_prints_a_text_of_any_length(void **state)
{
	char longest[5000];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	char *p = xasprintf("%s-%d", longest, 42);
	char *empty = xasprintf("%s", "");

	assert_int_equal(strlen(p), sizeof(longest) - 1 + 3);
	assert_string_equal(p + sizeof(longest) - 1, "-42");
	assert_string_equal(empty, "");
	free(p);
	free(empty);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_ends_the_process_with_a_sentence),
		cmocka_unit_test(a_product_that_overflows_ends_the_process),
		cmocka_unit_test(size_zero_gives_memory),
		cmocka_unit_test(calloc_gives_zeros),
		cmocka_unit_test(realloc_keeps_what_was_there),
		cmocka_unit_test(strndup_copies_n_bytes_and_ends_them),
		cmocka_unit_test(asprintf_prints_a_text_of_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
