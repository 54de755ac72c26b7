/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversations in pump mode: a child plays the volunteer; what the include server says lies ready in a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compress.h"
#include "io.h"
#include "pump.h"
#include "talk.h"
#include "wire.h"
#include "xalloc.h"

#include "../sums.h"

#define LONG_MS 20000
#define RUNS_MAX 3

static char directory[64];

/* What the volunteer says: at once, and after each Run; what the include server says to Ask and to each Want. */
struct script {
	struct buffer at_once;
	struct buffer after[RUNS_MAX];
	struct buffer server;
	bool sleeps;           /* the include server, after that */
};

/* How it went. */
struct course {
	struct talk_result r;
	struct buffer heard;   /* by the volunteer, behind the magic */
	struct buffer told;    /* to the include server */
};

static void
put_hello(struct buffer *b, uint64_t features)
{
	char software[] = "dccd test";

	buffer_add(b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(b, &(struct wire_hello){.version = WIRE_VERSION, .features = features, .software = software});
}

static void
put_file(struct buffer *b, uint32_t role, const char *path, const char *text)
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
	wire_put_end(b, &(struct wire_end){strlen(text)});
	compressor_free(c);
	buffer_release(&packed);
	wire_file_release(&file);
}

static void
put_output(struct buffer *b, const char *name)
{
	char *path = xasprintf("%s/%s", directory, name);

	put_file(b, WIRE_ROLE_OUTPUT, path, name);
	free(path);
}

/* The compiler's list is right: digests are 1 1 1... for all files and 2 2 2... for the user's. */
static void
put_proof(struct buffer *b, uint32_t kind, unsigned char byte)
{
	struct wire_proof p = {.kind = kind};

	memset(p.digest, byte, sizeof(p.digest));
	wire_put_proof(b, &p);
}

static void
put_result(struct buffer *b, uint32_t exit_code)
{
	wire_put_result(b, &(struct wire_result){.exit_code = exit_code});
}

static void
put_relay(struct buffer *b, const char *bytes)
{
	struct buffer frames = {0};

	wire_put_manifest(&frames, bytes, strlen(bytes));
	scan_put_bytes(b, SCAN_RELAY, frames.data, frames.len);
	scan_put_empty(b, SCAN_END);
	buffer_release(&frames);
}

/* Notes all that comes, up to Run; false at the end. */
static bool
hear_run(int fd, int note)
{
	unsigned char header[WIRE_HEADER_SIZE];
	unsigned char *body = xmalloc(WIRE_JOB_MAX);
	enum wire_type type = WIRE_HELLO;
	enum err e = OK;
	size_t len;

	while (e == OK && type != WIRE_RUN) {
		e = io_read_exactly(fd, header, sizeof(header), io_now_ms() + LONG_MS);
		if (e == OK)
			e = wire_get_header(header, WIRE_CLIENT, &type, &len);
		if (e == OK)
			e = io_read_exactly(fd, body, len, io_now_ms() + LONG_MS);
		if (e == OK)
			e = io_write_exactly(note, header, sizeof(header), IO_NO_DEADLINE);
		if (e == OK)
			e = io_write_exactly(note, body, len, IO_NO_DEADLINE);
	}
	free(body);
	return e == OK;
}

static void
play_volunteer(const struct script *s, int fd, int note)
{
	unsigned char magic[WIRE_MAGIC_SIZE];
	enum err e = io_write_exactly(fd, s->at_once.data, s->at_once.len, IO_NO_DEADLINE);

	if (e == OK)
		e = io_read_exactly(fd, magic, sizeof(magic), io_now_ms() + LONG_MS);
	for (int i = 0; e == OK && i < RUNS_MAX && s->after[i].len != 0 && hear_run(fd, note); i++)
		e = io_write_exactly(fd, s->after[i].data, s->after[i].len, IO_NO_DEADLINE);
	shutdown(fd, SHUT_WR);
	while (e == OK)
		e = io_read_exactly(fd, magic, 1, io_now_ms() + LONG_MS);
}

static void
read_all(int fd, struct buffer *b)
{
	ssize_t n;

	while ((n = read(fd, buffer_reserve(b, 4096), 4096)) > 0)
		b->len += (size_t)n;
}

static void
run(struct course *c, int volunteer, int server)
{
	char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct args a = {0};
	struct identity id = {.compiler = ARGS_GCC, .major = 12, .digest = {digest}};
	struct state_writer writer = STATE_WRITER_INIT;
	struct connection connection = {.fd = volunteer};
	struct pump pump = {.fd = server};
	struct scan_answer answer = {.verdict = SCAN_PUMP};

	for (const char *const *w = (const char *const[]){"gcc", "-MD", "-MF", "deps/x.dep", "-c", "x.c", NULL};
	     *w != NULL; w++)
		strv_add(&a.argv, *w);
	args_scan(&a);
	memset(answer.expected, 1, sizeof(answer.expected));
	memset(answer.expected_user, 2, sizeof(answer.expected_user));
	struct talk_job job = {.args = &a, .identity = &id, .cwd = directory, .tmpdir = directory,
	                       .state = &writer, .host = "test", .io_timeout_ms = LONG_MS};

	pump.deadline_ms = io_now_ms() + SCAN_SILENCE_MS;
	c->r = (struct talk_result)TALK_RESULT_INIT;
	enum talk_end end = talk_pump(&job, &connection, &pump, &answer, &c->r);

	assert_int_equal(end, c->r.end);
	transport_close(&connection);
	pump_close(&pump);
	args_release(&a);
}

/* The include server's end is a process that rests: one end of a connection to it. */
static void
connect_to_sleeper(const struct buffer *words, int fds[2], pid_t *pid)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", directory);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof(a)), 0);
	*pid = fork();
	if (*pid == 0) {
		if (listen(listener, 1) < 0 || write(ready[1], "r", 1) != 1)
			_exit(1);
		int fd = accept(listener, NULL, NULL);

		if (write(fd, words->data, words->len) < 0)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	fds[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fds[0], (struct sockaddr *)&a, sizeof(a)), 0);
	fds[1] = ready[0];
	close(ready[1]);
	close(listener);
	assert_int_equal(unlink(a.sun_path), 0);
}

/* One job, x.c in our directory. */
static void
talk(struct script *s, struct course *c)
{
	int line[2], pump[2], note[2];
	pid_t sleeper = 0;

	struct sum sum;

	sum_init(&sum);
	sums_set(&sum, &s->at_once);
	for (int i = 0; i < RUNS_MAX; i++)
		sums_set(&sum, &s->after[i]);
	*c = (struct course){0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line), 0);
	assert_int_equal(pipe(note), 0);
	pid_t pid = fork();

	if (pid == 0) {
		close(line[0]);
		play_volunteer(s, line[1], note[1]);
		_exit(0);
	}
	close(line[1]);
	close(note[1]);
	if (s->sleeps) {
		connect_to_sleeper(&s->server, pump, &sleeper);
	} else {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pump), 0);
		assert_int_equal(write(pump[1], s->server.data, s->server.len), s->server.len);
	}
	assert_int_equal(io_set_nonblocking(line[0]), OK);
	assert_int_equal(io_set_nonblocking(pump[0]), OK);
	run(c, line[0], pump[0]);
	if (sleeper != 0) {
		kill(sleeper, SIGKILL);
		assert_int_equal(waitpid(sleeper, NULL, 0), sleeper);
	}
	read_all(pump[1], &c->told);
	read_all(note[0], &c->heard);
	close(pump[1]);
	close(note[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	buffer_release(&s->at_once);
	buffer_release(&s->server);
	for (int i = 0; i < RUNS_MAX; i++)
		buffer_release(&s->after[i]);
}

static void
end_course(struct course *c)
{
	talk_result_release(&c->r);
	buffer_release(&c->heard);
	buffer_release(&c->told);
}

static void
put_good_end(struct buffer *b)
{
	wire_put_empty(b, WIRE_COMPILE);
	put_output(b, "x.o");
	put_proof(b, WIRE_PROOF_ALL, 1);
	put_result(b, 0);
}

/* The types of the messages in b, as letters of their numbers. */
static char *
types_of(const struct buffer *b)
{
	struct buffer text = {0};

	for (size_t at = 0; at + WIRE_HEADER_SIZE <= b->len;) {
		const unsigned char *p = b->data + at;
		char *word = xasprintf("%s%u", at != 0 ? " " : "", p[4]);

		buffer_add_string(&text, word);
		free(word);
		at += WIRE_HEADER_SIZE + ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
	}
	return buffer_take_string(&text);
}

static void
assert_types(const struct buffer *b, const char *wanted)
{
	char *types = types_of(b);

	assert_string_equal(types, wanted);
	free(types);
}

static void
a_proven_job_is_done_and_the_server_hears_of_the_delivery(void **state)
{
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_VIEW | WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	put_good_end(&s.after[0]);
	talk(&s, &c);
	assert_int_equal(c.r.end, TALK_DONE);
	assert_int_equal(c.r.exit_code, 0);
	/* Hello, Job, Manifest, Run. */
	assert_types(&c.heard, "1 2 11 6");
	assert_types(&c.told, "3");
	end_course(&c);
}

static void
a_job_that_is_queued_is_delivered_and_nothing_more_may_be_wanted(void **state)
{
	uint32_t numbers[] = {1};
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	wire_put_queued(&s.after[0], &(struct wire_queued){1});
	wire_put_want(&s.after[0], &(struct wire_want){numbers, 1});
	talk(&s, &c);
	assert_int_equal(c.r.end, TALK_HOST_FAILED);
	assert_int_equal(c.r.reason, REASON_PROTOCOL);
	assert_types(&c.told, "3");
	end_course(&c);
}

static void
the_users_own_list_of_dependencies_comes_from_there(void **state)
{
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	wire_put_empty(&s.after[0], WIRE_COMPILE);
	put_output(&s.after[0], "x.o");
	put_output(&s.after[0], "deps/x.dep");
	put_proof(&s.after[0], WIRE_PROOF_USER, 2);
	put_result(&s.after[0], 0);
	talk(&s, &c);
	/* The folder deps does not exist: the volunteer is not to blame for that. */
	assert_int_equal(c.r.end, TALK_HERE);
	assert_int_equal(c.r.reason, REASON_OUTPUT_PLACE);
	end_course(&c);
}

static void
an_error_with_a_proof_is_final(void **state)
{
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	put_proof(&s.after[0], WIRE_PROOF_ALL, 1);
	put_result(&s.after[0], 1);
	talk(&s, &c);
	assert_int_equal(c.r.end, TALK_DONE);
	assert_int_equal(c.r.exit_code, 1);
	end_course(&c);
}

static void
what_is_wanted_is_fetched_and_run_again(void **state)
{
	uint32_t numbers[] = {2, 5};
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	put_relay(&s.server, "wanted");
	wire_put_want(&s.after[0], &(struct wire_want){numbers, 2});
	put_good_end(&s.after[1]);
	talk(&s, &c);
	assert_int_equal(c.r.end, TALK_DONE);
	assert_types(&c.heard, "1 2 11 6 11 6");
	assert_types(&c.told, "2 3");
	end_course(&c);
}

static void
another_list_than_predicted_throws_the_result_away(void **state)
{
	struct script s = {0};
	struct course c;

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	wire_put_empty(&s.after[0], WIRE_COMPILE);
	put_output(&s.after[0], "x.o");
	put_file(&s.after[0], WIRE_ROLE_DEPENDENCIES, "", "x.c\n/usr/include/evil.h\n");
	put_proof(&s.after[0], WIRE_PROOF_ALL, 3);
	put_result(&s.after[0], 0);
	talk(&s, &c);
	assert_int_equal(c.r.end, TALK_HERE);
	assert_int_equal(c.r.reason, REASON_PROOF);
	assert_int_equal(c.r.names.count, 2);
	assert_string_equal(c.r.names.items[1], "/usr/include/evil.h");
	end_course(&c);
}

static void
check(struct script *s, enum talk_end end, enum reason why)
{
	struct course c;

	talk(s, &c);
	assert_int_equal(c.r.end, end);
	assert_int_equal(c.r.reason, why);
	end_course(&c);
}

static void
a_result_without_a_proof_breaks_the_protocol(void **state)
{
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	wire_put_empty(&s.after[0], WIRE_COMPILE);
	put_output(&s.after[0], "x.o");
	put_result(&s.after[0], 0);
	check(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
}

static void
two_proofs_break_the_protocol(void **state)
{
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	put_proof(&s.after[0], WIRE_PROOF_ALL, 1);
	put_proof(&s.after[0], WIRE_PROOF_ALL, 1);
	check(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
}

static void
wants_without_end_break_the_protocol(void **state)
{
	uint32_t numbers[] = {1};
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	put_relay(&s.server, "manifest");
	/* Each in a Want of its own, though none was answered. */
	wire_put_want(&s.after[0], &(struct wire_want){numbers, 1});
	wire_put_want(&s.after[0], &(struct wire_want){numbers, 1});
	check(&s, TALK_HOST_FAILED, REASON_PROTOCOL);
}

static void
a_volunteer_without_pump_mode_is_told_apart(void **state)
{
	struct script s = {0};

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_VIEW);
	put_relay(&s.server, "manifest");
	check(&s, TALK_NO_PUMP, REASON_NO_PUMP);
}

static void
a_volunteer_of_another_language_too(void **state)
{
	struct script s = {0};

	(void)state;
	buffer_add_string(&s.at_once, "DIST00000002");
	put_relay(&s.server, "manifest");
	check(&s, TALK_NOT_OURS, REASON_PROTOCOL);
}

static void
an_include_server_that_falls_silent_is_given_up(void **state)
{
	struct script s = {0};
	int64_t start_ms = io_now_ms();

	(void)state;
	put_hello(&s.at_once, WIRE_FEATURE_PUMP);
	s.sleeps = true;
	scan_put_bytes(&s.server, SCAN_RELAY, "part", 4);
	/* Never said: there is no Run. */
	put_result(&s.after[0], 0);
	check(&s, TALK_NO_PUMP, REASON_NO_SERVER);
	assert_in_range(io_now_ms() - start_ms, SCAN_SILENCE_MS - 1, SCAN_SILENCE_MS * 10);
}

static int
enter_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/dcc-talk-XXXXXX");
	return mkdtemp(directory) != NULL && chdir(directory) == 0 ? 0 : -1;
}

static int
leave_directory(void **state)
{
	(void)state;
	/* Fails when a job has left anything there. */
	return chdir("/") == 0 ? rmdir(directory) : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proven_job_is_done_and_the_server_hears_of_the_delivery),
		cmocka_unit_test(a_job_that_is_queued_is_delivered_and_nothing_more_may_be_wanted),
		cmocka_unit_test(the_users_own_list_of_dependencies_comes_from_there),
		cmocka_unit_test(an_error_with_a_proof_is_final),
		cmocka_unit_test(what_is_wanted_is_fetched_and_run_again),
		cmocka_unit_test(another_list_than_predicted_throws_the_result_away),
		cmocka_unit_test(a_result_without_a_proof_breaks_the_protocol),
		cmocka_unit_test(two_proofs_break_the_protocol),
		cmocka_unit_test(wants_without_end_break_the_protocol),
		cmocka_unit_test(a_volunteer_without_pump_mode_is_told_apart),
		cmocka_unit_test(a_volunteer_of_another_language_too),
		cmocka_unit_test(an_include_server_that_falls_silent_is_given_up),
	};

	return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
