/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations in our language with a volunteer that a child process plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compress.h"
#include "io.h"
#include "preprocess.h"
#include "talk.h"
#include "wire.h"
#include "xalloc.h"

#include "../sums.h"

#define LONG_MS 20000

static char directory[64];

/* What the volunteer says: at once, and when the request is complete; without the latter the text never ends. */
struct script {
	bool is_damaged; /* the sum is not that of what comes */
	struct buffer at_once;
	struct buffer after_run;
};

static void
put_hello(struct buffer *b, uint32_t version)
{
	char software[] = "dccd test";

	buffer_add(b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(b, &(struct wire_hello){.version = version, .software = software});
}

/* A whole file; size as End claims it, or SIZE_MAX for the truth. */
static void
put_file(struct buffer *b, uint32_t role, const char *path, const char *text, size_t size)
{
	unsigned char header[WIRE_HEADER_SIZE];
	struct compressor *c = compressor_new();
	struct buffer packed = {0};
	struct wire_file file = {role, role == WIRE_ROLE_OUTPUT ? 0644 : 0, xstrdup(path)};

	wire_put_file(b, &file);
	compressor_add(c, text, strlen(text), COMPRESS_FINISH, &packed);
	wire_put_data_header(header, packed.len);
	buffer_add(b, header, sizeof(header));
	buffer_add(b, packed.data, packed.len);
	wire_put_end(b, &(struct wire_end){size != SIZE_MAX ? size : strlen(text)});
	compressor_free(c);
	buffer_release(&packed);
	wire_file_release(&file);
}

static char *
path_of(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static void
put_output(struct buffer *b, const char *name, const char *text)
{
	char *path = path_of(name);

	put_file(b, WIRE_ROLE_OUTPUT, path, text, SIZE_MAX);
	free(path);
}

static void
put_result(struct buffer *b, uint32_t exit_code)
{
	wire_put_result(b, &(struct wire_result){.exit_code = exit_code, .cpu_us = 1234});
}

/* Reads a request; true when it was whole. */
static bool
read_request(int fd)
{
	unsigned char magic[WIRE_MAGIC_SIZE], header[WIRE_HEADER_SIZE];
	enum wire_type type;
	unsigned char *body = xmalloc(WIRE_JOB_MAX);
	size_t len;
	int64_t deadline = io_now_ms() + LONG_MS;
	enum err e = io_read_exactly(fd, magic, sizeof(magic), deadline);

	do {
		if (e == OK)
			e = io_read_exactly(fd, header, sizeof(header), deadline);
		if (e == OK)
			e = wire_get_header(header, WIRE_CLIENT, &type, &len);
		if (e == OK)
			e = io_read_exactly(fd, body, len, deadline);
	} while (e == OK && type != WIRE_RUN);
	free(body);
	return e == OK;
}

static pid_t
start_volunteer(struct script *s, int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid_t pid = fork();

	if (pid == 0) {
		char c;

		close(fds[0]);
		enum err e = io_write_exactly(fds[1], s->at_once.data, s->at_once.len, IO_NO_DEADLINE);

		if (e == OK && s->after_run.len != 0 && read_request(fds[1]))
			e = io_write_exactly(fds[1], s->after_run.data, s->after_run.len, IO_NO_DEADLINE);
		/* As dccd does: what still comes is dropped, so that the last words are not lost. */
		shutdown(fds[1], SHUT_WR);
		while (e == OK)
			e = io_read_exactly(fds[1], &c, 1, io_now_ms() + LONG_MS);
		_exit(0);
	}
	close(fds[1]);
	return pid;
}

/* One job, x.i in our directory, with a volunteer that keeps to the script. */
static void
talk(struct script *s, struct talk_result *r)
{
	char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct args a = {0};
	struct identity id = {.compiler = ARGS_GCC, .major = 12, .digest = {digest}};
	struct state_writer writer = STATE_WRITER_INIT;
	struct preprocess cpp = PREPROCESS_INIT;
	int fds[2], text[2];

	strv_add(&a.argv, "gcc");
	strv_add(&a.argv, "-c");
	strv_add(&a.argv, "x.i");
	args_scan(&a);
	struct talk_job job = {.args = &a,
	                       .identity = &id,
	                       .cwd = directory,
	                       .tmpdir = directory,
	                       .state = &writer,
	                       .host = "test",
	                       .io_timeout_ms = LONG_MS};

	cpp.form = ARGS_FORM_AS_IS;
	struct sum sum;

	sum_init(&sum);
	sums_set(&sum, &s->at_once);
	sums_set(&sum, &s->after_run);
	if (s->is_damaged)
		s->after_run.data[s->after_run.len - 1] ^= 1;
	/* Before the pipe: a volunteer that holds its other end would keep the text from ending. */
	pid_t pid = start_volunteer(s, fds);

	assert_int_equal(pipe(text), 0);
	assert_int_equal(write(text[1], "int x;\n", 7), 7);
	cpp.text_fd = text[0];
	if (s->after_run.len != 0)
		io_close(&text[1]);
	struct connection c = {.fd = fds[0]};

	assert_int_equal(io_set_nonblocking(c.fd), OK);
	*r = (struct talk_result)TALK_RESULT_INIT;
	enum talk_end end = talk_native(&job, &c, &cpp, r);

	assert_int_equal(end, r->end);
	transport_close(&c);
	preprocess_release(&cpp);
	io_close(&text[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	args_release(&a);
	buffer_release(&s->at_once);
	buffer_release(&s->after_run);
}

static int
enter_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/dcc-talk-XXXXXX");
	if (mkdtemp(directory) == NULL || chdir(directory) < 0)
		return -1;
	return 0;
}

static int
leave_directory(void **state)
{
	(void)state;
	unlink("x.o");
	/* Fails when a job has left anything else there. */
	return chdir("/") == 0 ? rmdir(directory) : -1;
}

static void
check_text(int fd, const char *wanted)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	assert_int_equal(n, (ssize_t)strlen(wanted));
	text[n] = '\0';
	assert_string_equal(text, wanted);
}

static void
check_object(const char *wanted)
{
	char *data;
	size_t len;

	assert_int_equal(io_read_file("x.o", 1 << 20, &data, &len), OK);
	assert_string_equal(data, wanted);
	free(data);
}

static void
a_finished_job_brings_outputs_messages_and_its_exit_code(void **state)
{
	struct script s = {0};
	struct talk_result r;

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION);
	wire_put_queued(&s.after_run, &(struct wire_queued){1});
	wire_put_empty(&s.after_run, WIRE_COMPILE);
	put_output(&s.after_run, "x.o", "object");
	put_file(&s.after_run, WIRE_ROLE_STDOUT, "", "out\n", SIZE_MAX);
	put_file(&s.after_run, WIRE_ROLE_STDERR, "", "x.c:1: warning\n", SIZE_MAX);
	put_result(&s.after_run, 0);
	talk(&s, &r);
	assert_int_equal(r.end, TALK_DONE);
	assert_int_equal(r.exit_code, 0);
	check_text(r.stdout_fd, "out\n");
	check_text(r.stderr_fd, "x.c:1: warning\n");
	assert_int_not_equal(access("x.o", F_OK), 0);
	assert_int_equal(outputs_place(&r.outputs), OK);
	check_object("object");
	talk_result_release(&r);
	talk_result_release(&r);
}

static void
changed_bytes_are_found_before_anything_counts(void **state)
{
	struct script s = {.is_damaged = true};
	struct talk_result r;

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION);
	put_output(&s.after_run, "x.o", "object");
	put_result(&s.after_run, 0);
	talk(&s, &r);
	assert_int_equal(r.end, TALK_HOST_FAILED);
	assert_int_equal(r.reason, REASON_DAMAGED);
	talk_result_release(&r);
}

static void
the_compilers_error_is_a_result(void **state)
{
	struct script s = {0};
	struct talk_result r;

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION);
	put_file(&s.after_run, WIRE_ROLE_STDERR, "", "x.c:1: error\n", SIZE_MAX);
	put_result(&s.after_run, 1);
	talk(&s, &r);
	assert_int_equal(r.end, TALK_DONE);
	assert_int_equal(r.exit_code, 1);
	assert_int_equal(r.outputs.count, 0);
	talk_result_release(&r);
}

static void
check_refusal(enum reason why, enum talk_end wanted)
{
	char text[] = "because";
	struct script s = {0};
	struct talk_result r;

	put_hello(&s.at_once, WIRE_VERSION);
	wire_put_refused(&s.at_once, &(struct wire_refused){why, text});
	talk(&s, &r);
	assert_int_equal(r.end, wanted);
	assert_int_equal(r.reason, why);
	assert_string_equal(r.text, "because");
	talk_result_release(&r);
}

static void
a_refusal_sends_the_job_elsewhere_or_here(void **state)
{
	(void)state;
	check_refusal(REASON_FULL, TALK_HOST_FAILED);
	check_refusal(REASON_COMPILER, TALK_HOST_FAILED);
	check_refusal(REASON_NEEDS_FILE, TALK_HERE);
}

static void
check_bad(struct script *s, enum talk_end end, enum reason why)
{
	struct talk_result r;

	talk(s, &r);
	assert_int_equal(r.end, end);
	assert_int_equal(r.reason, why);
	talk_result_release(&r);
	assert_int_not_equal(access("x.o", F_OK), 0);
}

static void
another_language_or_none_is_not_ours(void **state)
{
	struct script silent = {0}, other = {0};

	(void)state;
	check_bad(&silent, TALK_NOT_OURS, REASON_PROTOCOL);
	buffer_add_string(&other.at_once, "HTTP/1.0 400 Bad Request\r\n");
	check_bad(&other, TALK_NOT_OURS, REASON_PROTOCOL);
}

static void
another_version_is_a_broken_protocol(void **state)
{
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION + 1);
	check_bad(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
}

static void
a_volunteer_that_goes_away_has_failed(void **state)
{
	struct script early = {0}, late = {0};

	(void)state;
	put_hello(&early.at_once, WIRE_VERSION);
	check_bad(&early, TALK_HOST_FAILED, REASON_LOST);
	put_hello(&late.at_once, WIRE_VERSION);
	put_output(&late.after_run, "x.o", "object");
	check_bad(&late, TALK_HOST_FAILED, REASON_LOST);
}

static void
a_result_before_the_request_is_complete_is_refused(void **state)
{
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION);
	put_result(&s.at_once, 0);
	check_bad(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
}

static void
a_size_that_lies_is_refused(void **state)
{
	struct script s = {0};
	char *path = path_of("x.o");

	(void)state;
	put_hello(&s.at_once, WIRE_VERSION);
	put_file(&s.after_run, WIRE_ROLE_OUTPUT, path, "object", 5);
	put_result(&s.after_run, 0);
	check_bad(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
	free(path);
}

static void
a_file_that_is_not_ours_is_refused(void **state)
{
	static const char *const names[] = {"x.i", "x.h", "Makefile", "sub/x.o"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct script s = {0};

		put_hello(&s.at_once, WIRE_VERSION);
		put_output(&s.after_run, names[i], "evil");
		put_result(&s.after_run, 0);
		check_bad(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
	}
}

static void
messages_out_of_order_are_refused(void **state)
{
	struct script data = {0}, end = {0}, hello = {0}, result = {0};
	char *path = path_of("x.o");

	(void)state;
	put_hello(&data.at_once, WIRE_VERSION);
	buffer_add(&data.after_run, "\0\0\0\1\4x", 6);
	check_bad(&data, TALK_HOST_FAILED, REASON_PROTOCOL);
	put_hello(&end.at_once, WIRE_VERSION);
	wire_put_end(&end.after_run, &(struct wire_end){0});
	check_bad(&end, TALK_HOST_FAILED, REASON_PROTOCOL);
	put_hello(&hello.at_once, WIRE_VERSION);
	put_hello(&hello.after_run, WIRE_VERSION);
	buffer_remove_front(&hello.after_run, WIRE_MAGIC_SIZE);
	check_bad(&hello, TALK_HOST_FAILED, REASON_PROTOCOL);
	put_hello(&result.at_once, WIRE_VERSION);
	wire_put_file(&result.after_run, &(struct wire_file){WIRE_ROLE_OUTPUT, 0644, path});
	put_result(&result.after_run, 0);
	check_bad(&result, TALK_HOST_FAILED, REASON_PROTOCOL);
	free(path);
}

static void
a_large_output_arrives_whole(void **state)
{
	struct script s = {0};
	struct talk_result r;
	size_t sizes[] = {65536, 131072, 1000000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text = xcalloc(sizes[i] + 1, 1);

		memset(text, 'x', sizes[i]);
		put_hello(&s.at_once, WIRE_VERSION);
		put_output(&s.after_run, "x.o", text);
		put_result(&s.after_run, 0);
		talk(&s, &r);
		assert_int_equal(r.end, TALK_DONE);
		assert_int_equal(outputs_place(&r.outputs), OK);
		check_object(text);
		talk_result_release(&r);
		free(text);
	}
}

/* What the conversations share. */

static void
fail_sets_end_reason_and_text(void **state)
{
	struct talk_result r = TALK_RESULT_INIT;

	(void)state;
	assert_int_equal(talk_fail(&r, TALK_HERE, REASON_VIEW, "%s %d", "text", 7), TALK_HERE);
	assert_int_equal(r.end, TALK_HERE);
	assert_int_equal(r.reason, REASON_VIEW);
	assert_string_equal(r.text, "text 7");
	talk_fail(&r, TALK_HOST_FAILED, REASON_LOST, NULL);
	assert_null(r.text);
	talk_result_release(&r);
}

static void
fail_io_gives_each_error_its_reason(void **state)
{
	static const struct {
		enum err e;
		enum reason wanted;
	} rows[] = {{ERR_TIMEOUT, REASON_TIMEOUT}, {ERR_CLOSED, REASON_LOST},
	            {ERR_PROTOCOL, REASON_PROTOCOL}, {ERR_LIMIT, REASON_PROTOCOL},
	            {ERR_SYSTEM, REASON_LOST}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct talk_result r = TALK_RESULT_INIT;

		errno = EIO;
		assert_int_equal(talk_fail_io(&r, rows[i].e, "while sending"), TALK_HOST_FAILED);
		assert_int_equal(r.reason, rows[i].wanted);
		assert_non_null(strstr(r.text, "while sending"));
		talk_result_release(&r);
	}
}

static void
an_unnamed_file_is_opened_once(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(talk_open_unnamed("/nonexistent", &fd), ERR_SYSTEM);
	assert_int_equal(talk_open_unnamed("/tmp", &fd), OK);
	int first = fd;

	assert_int_equal(talk_open_unnamed("/nonexistent", &fd), OK);
	assert_int_equal(fd, first);
	io_close(&fd);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(a_finished_job_brings_outputs_messages_and_its_exit_code),
		IN_DIRECTORY(changed_bytes_are_found_before_anything_counts),
		IN_DIRECTORY(the_compilers_error_is_a_result),
		IN_DIRECTORY(a_refusal_sends_the_job_elsewhere_or_here),
		IN_DIRECTORY(another_language_or_none_is_not_ours),
		IN_DIRECTORY(another_version_is_a_broken_protocol),
		IN_DIRECTORY(a_volunteer_that_goes_away_has_failed),
		IN_DIRECTORY(a_result_before_the_request_is_complete_is_refused),
		IN_DIRECTORY(a_size_that_lies_is_refused),
		IN_DIRECTORY(a_file_that_is_not_ours_is_refused),
		IN_DIRECTORY(messages_out_of_order_are_refused),
		IN_DIRECTORY(a_large_output_arrives_whole),
		cmocka_unit_test(fail_sets_end_reason_and_text),
		cmocka_unit_test(fail_io_gives_each_error_its_reason),
		cmocka_unit_test(an_unnamed_file_is_opened_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
