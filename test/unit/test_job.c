/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "job.h"
#include "wire.h"
#include "xalloc.h"

/*
 * Sends bytes to a job that offers no compiler at all, as a client that ends its direction then
 * (ENDS) or waits for the answer (STAYS). The answer, yours; the connection was closed, never reset.
 */
enum client { STAYS, ENDS };

static char *
answer_to(const void *bytes, size_t len, enum client client, size_t *answer_len)
{
	int pair[2];
	char *answer = NULL;
	int status;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = fork();

	if (pid == 0) {
		char dir[] = "/tmp";
		struct settings settings = {.jobs = 1, .store_dir = dir};
		struct toolchain none = {0};
		struct job j = JOB_INIT;

		close(pair[0]);
		j.settings = &settings;
		j.toolchain = &none;
		j.confinement = &(const struct confinement){.kind = JAIL_NAMESPACES};
		peer_init(&j.peer, pair[1], pair[1]);
		job_run(&j);
		_exit(0);
	}
	close(pair[1]);
	assert_int_equal(io_write_exactly(pair[0], bytes, len, io_now_ms() + 5000), OK);
	if (client == ENDS)
		shutdown(pair[0], SHUT_WR);
	assert_int_equal(io_read_to_end(pair[0], 1 << 20, &answer, answer_len), OK);
	close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return answer;
}

/* What the listener hears of it: MiB; -1: nothing. */
static int
heard(int fd)
{
	struct control c;

	if (control_receive(fd, &c) != OK)
		return -1;
	assert_int_equal(c.type, CONTROL_HOLDS);
	return (int)c.number;
}

static void
the_listener_is_told_of_large_requests(void **state)
{
	struct job j = JOB_INIT;
	int pair[2];

	(void)state;
	job_hold(&j, 100 << 20);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	j = (struct job){.control_fd = pair[0]};
	job_hold(&j, (4 << 20) - 1);
	assert_int_equal(heard(pair[1]), -1);
	job_hold(&j, 1);
	assert_int_equal(heard(pair[1]), 4);
	job_hold(&j, 1 << 20);
	assert_int_equal(heard(pair[1]), -1);
	job_hold(&j, -(5 << 20));
	assert_int_equal(heard(pair[1]), 0);
	close(pair[0]);
	close(pair[1]);
}

static void
expect_silence(const char *request)
{
	size_t len;

	free(answer_to(request, strlen(request), STAYS, &len));
	assert_int_equal(len, 0);
}

static void
distcc_requests_that_are_not_served_are_closed_without_a_word(void **state)
{
	(void)state;
	expect_silence("GET / HTTP/1.0\r\n\r\n");
	expect_silence("DIST00000003CDIR00000001/");
	expect_silence("DIST00000004");
	expect_silence("DISTffffffff");
	expect_silence("DIST0000000x");
	expect_silence("DIST00000001ARGC00000000");
	expect_silence("DIST00000001ARGCffffffff");
	expect_silence("DIST00000001ARGV00000001");
	expect_silence("DIST00000001ARGC00000001ARGVffffffff");
	expect_silence("DIST00000001ARGC00000001ARGV00000003gccDOTI00000000");
	expect_silence("DIST00000002ARGC00000001ARGV00000005-fooo");
}

static void
an_early_end_of_a_request_ends_the_job(void **state)
{
	static const char *const cut[] = {"", "DI", "DIST", "DIST0000", "DIST00000001ARGC00000002",
	                                  "DCC1", "DCC1\0\0"};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++)
		free(answer_to(cut[i], strlen(cut[i]), ENDS, &len));
}

/* The refusal at the end of an answer in our language, which begins with magic and Hello. */
static unsigned
refusal_of(const unsigned char *answer, size_t len)
{
	enum wire_type type = WIRE_HELLO;
	unsigned reason = 0;
	size_t at = WIRE_MAGIC_SIZE, n;

	assert_true(len > WIRE_MAGIC_SIZE);
	assert_memory_equal(answer, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	for (; at < len; at += n) {
		assert_true(len - at >= WIRE_HEADER_SIZE);
		assert_int_equal(wire_get_header(answer + at, WIRE_VOLUNTEER, &type, &n), OK);
		at += WIRE_HEADER_SIZE;
		assert_true(n <= len - at);
		struct wire_refused m = {0};

		if (type != WIRE_REFUSED)
			continue;
		assert_int_equal(wire_get_refused(answer + at, n, &m), OK);
		reason = m.reason;
		wire_refused_release(&m);
	}
	assert_int_equal(type, WIRE_REFUSED);
	return reason;
}

static unsigned
refusal_after(const struct buffer *request)
{
	size_t len;
	char *answer = answer_to(request->data, request->len, STAYS, &len);
	unsigned reason = refusal_of((const unsigned char *)answer, len);

	free(answer);
	return reason;
}

static void
greet(struct buffer *b, uint32_t version)
{
	char software[] = "test";

	buffer_add(b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(b, &(struct wire_hello){.version = version, .software = software});
}

static void
a_compiler_that_is_not_here_is_refused_by_name(void **state)
{
	struct buffer b = {0};
	char digest[65], cwd[] = "/w";
	struct wire_job m = {.digest = digest, .cwd = cwd, .source = 2, .form = ARGS_FORM_CPP};

	(void)state;
	memset(digest, 'a', 64);
	digest[64] = '\0';
	strv_add(&m.argv, "gcc");
	strv_add(&m.argv, "-c");
	strv_add(&m.argv, "a.c");
	greet(&b, WIRE_VERSION);
	wire_put_job(&b, &m);
	assert_int_equal(refusal_after(&b), REASON_COMPILER);
	strv_release(&m.argv);
	buffer_release(&b);
}

static void
another_version_is_refused_as_such(void **state)
{
	struct buffer b = {0};

	(void)state;
	greet(&b, WIRE_VERSION + 1);
	assert_int_equal(refusal_after(&b), REASON_PROTOCOL);
	buffer_release(&b);
}

static void
a_message_out_of_turn_is_refused(void **state)
{
	struct buffer b = {0};

	(void)state;
	greet(&b, WIRE_VERSION);
	wire_put_run(&b, &(struct wire_run){0});
	assert_int_equal(refusal_after(&b), REASON_PROTOCOL);
	buffer_release(&b);
	greet(&b, WIRE_VERSION);
	greet(&b, WIRE_VERSION);
	assert_int_equal(refusal_after(&b), REASON_PROTOCOL);
	buffer_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distcc_requests_that_are_not_served_are_closed_without_a_word),
		cmocka_unit_test(an_early_end_of_a_request_ends_the_job),
		cmocka_unit_test(the_listener_is_told_of_large_requests),
		cmocka_unit_test(a_compiler_that_is_not_here_is_refused_by_name),
		cmocka_unit_test(another_version_is_refused_as_such),
		cmocka_unit_test(a_message_out_of_turn_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
