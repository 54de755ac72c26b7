/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volunteer that misbehaves:
 *
 *     fakevolunteer ADDRESS BEHAVIOUR [PATH]
 *
 * It binds a free port, prints it, and treats every connection alike until it is killed. The behaviours are the
 * rows of the table at the end. Those that answer in dcc's language first read the request as far as they need it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "compress.h"
#include "distcc_wire.h"
#include "io.h"
#include "reason.h"
#include "wire.h"
#include "xalloc.h"

#include "faketalk.h"

static char *
object_path(const struct talk *t)
{
	const char *name = t->job.outputs.items[0];

	return name[0] == '/' ? xstrdup(name) : xasprintf("%s/%s", t->job.cwd, name);
}

/* A file's messages but its end. */
static void
add_text(struct buffer *b, enum wire_role role, const char *path, const char *text)
{
	char *name = xstrdup(path);
	struct wire_file file = {.role = (uint32_t)role, .mode = role == WIRE_ROLE_OUTPUT ? 0644 : 0, .path = name};
	struct buffer packed = {0};
	struct compressor *c = compressor_new();
	unsigned char header[WIRE_HEADER_SIZE];

	wire_put_file(b, &file);
	compressor_add(c, text, strlen(text), COMPRESS_FINISH, &packed);
	wire_put_data_header(header, packed.len);
	buffer_add(b, header, sizeof(header));
	buffer_add(b, packed.data, packed.len);
	compressor_free(c);
	buffer_release(&packed);
	free(name);
}

static void
add_file(struct buffer *b, const char *path)
{
	add_text(b, WIRE_ROLE_OUTPUT, path, "forged");
}

static void
add_result(struct buffer *b)
{
	wire_put_result(b, &(struct wire_result){.exit_code = 0});
}

static void
add_end(struct buffer *b, uint64_t size)
{
	wire_put_end(b, &(struct wire_end){.size = size});
}

static void
say_full(struct talk *t)
{
	char text[] = "4 jobs run and too many wait";
	struct buffer b = {0};

	greet(t);
	wire_put_refused(&b, &(struct wire_refused){.reason = REASON_FULL, .text = text});
	put(t, &b);
	wait_for_end(t);
}

static void
send_foreign_path(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	add_file(&b, t->path);
	add_end(&b, 6);
	add_result(&b);
	put(t, &b);
}

static void
send_wrong_size(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	char *path = object_path(t);

	add_file(&b, path);
	add_end(&b, 7);
	add_result(&b);
	put(t, &b);
	free(path);
}

/* A good object, and a message that would rename the terminal's window, clear it, and have it type. */
static void
send_escapes(struct talk *t)
{
	static const char text[] = "warning \033]0;owned\a\033[2J\033[6n";
	struct buffer b = {0};

	begin(t);
	char *path = object_path(t);

	add_file(&b, path);
	add_end(&b, 6);
	add_text(&b, WIRE_ROLE_STDERR, "", text);
	add_end(&b, strlen(text));
	add_result(&b);
	put(t, &b);
	wait_for_end(t);
	free(path);
}

/* As many files as it likes. */
static void
send_many_files(struct talk *t)
{
	begin(t);
	char *path = object_path(t);

	for (int i = 0; i < 100000; i++) {
		struct buffer b = {0};

		add_file(&b, path);
		add_end(&b, 6);
		put(t, &b);
	}
	free(path);
}

/* A refusal whose text is for the terminal, not for its reader. */
static void
refuse_with_escapes(struct talk *t)
{
	char text[] = "\033]0;owned\a\033[2J \302\2332J no";
	struct buffer b = {0};

	greet(t);
	wire_put_refused(&b, &(struct wire_refused){.reason = REASON_INTERNAL, .text = text});
	put(t, &b);
	wait_for_end(t);
}

/* All of a good answer but for one bit of its sum: as if the one were in the object. */
static void
send_wrong_sum(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	char *path = object_path(t);

	add_file(&b, path);
	add_end(&b, 6);
	add_result(&b);
	t->is_damaged = true;
	put(t, &b);
	free(path);
}

static void
send_half(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	char *path = object_path(t);

	add_file(&b, path);
	b.len -= 3;
	put(t, &b);
	free(path);
}

static void
send_bad_data(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	char *path = object_path(t);

	add_file(&b, path);
	b.data[b.len - 10] ^= 0xff;
	b.data[b.len - 11] ^= 0xff;
	add_end(&b, 6);
	add_result(&b);
	put(t, &b);
	free(path);
}

static void
send_no_object(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	add_result(&b);
	put(t, &b);
}

static void
send_early_result(struct talk *t)
{
	struct buffer b = {0};

	greet(t);
	read_until(t, WIRE_JOB);
	char *path = object_path(t);

	add_file(&b, path);
	add_end(&b, 6);
	add_result(&b);
	put(t, &b);
	wait_for_end(t);
	free(path);
}

static void
send_long_message(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	buffer_add(&b, "\xff\xff\xff\xff\x09", 5);
	put(t, &b);
	wait_for_end(t);
}

static void
send_client_message(struct talk *t)
{
	struct buffer b = {0};

	begin(t);
	wire_put_run(&b, &(struct wire_run){0});
	put(t, &b);
	wait_for_end(t);
}

static void
fall_silent(struct talk *t)
{
	begin(t);
	wait_for_end(t);
}

/* Pump mode. */

/* The object, as a volunteer that has run the compiler sends it. */
static void
begin_pump(struct talk *t, struct buffer *b)
{
	greet_with(t, WIRE_FEATURE_VIEW | WIRE_FEATURE_PUMP);
	read_until(t, WIRE_RUN);
	wire_put_empty(b, WIRE_COMPILE);
	char *path = object_path(t);

	add_file(b, path);
	add_end(b, 6);
	free(path);
}

static void
read_other_files(struct talk *t)
{
	static const char list[] = "hello.c\n/usr/include/evil.h\n";
	struct wire_proof proof = {.kind = WIRE_PROOF_ALL};
	struct buffer b = {0};

	begin_pump(t, &b);
	add_text(&b, WIRE_ROLE_DEPENDENCIES, "", list);
	add_end(&b, strlen(list));
	wire_put_proof(&b, &proof);
	add_result(&b);
	put(t, &b);
	wait_for_end(t);
}

static void
prove_nothing(struct talk *t)
{
	struct buffer b = {0};

	begin_pump(t, &b);
	add_result(&b);
	put(t, &b);
	wait_for_end(t);
}

/* As before there was pump mode: text is compiled. */
static void
lack_pump(struct talk *t)
{
	char text[] = "what form is that?";
	struct buffer b = {0};

	greet(t);
	read_until(t, WIRE_JOB);
	if (t->job.form == ARGS_FORM_FILES) {
		wire_put_refused(&b, &(struct wire_refused){.reason = REASON_VIEW, .text = text});
	} else {
		read_until(t, WIRE_RUN);
		wire_put_empty(&b, WIRE_COMPILE);
		char *path = object_path(t);

		add_file(&b, path);
		add_end(&b, 6);
		add_result(&b);
		free(path);
	}
	put(t, &b);
	wait_for_end(t);
}

/* distcc's language. */

static void
read_some(const struct talk *t)
{
	char data[65536];

	if (read(t->fd, data, sizeof(data)) < 0)
		exit(0);
}

static void
answer_distcc(struct talk *t, const char *reply)
{
	read_some(t);
	put_text(t, reply);
	wait_for_end(t);
}

static void
send_other_version(struct talk *t)
{
	answer_distcc(t, "DONE00000002STAT00000000SERR00000000SOUT00000000DOTO00000000");
}

static void
send_long_object(struct talk *t)
{
	answer_distcc(t, "DONE00000001STAT00000000SERR00000000SOUT00000000DOTOffffffff");
}

static void
send_short_object(struct talk *t)
{
	read_some(t);
	put_text(t, "DONE00000001STAT00000000SERR00000000SOUT00000000DOTO00000100short");
}

/* No language at all. */

static void
hang(struct talk *t)
{
	(void)t;
	pause();
}

static void
close_at_once(struct talk *t)
{
	(void)t;
}

static void
reset(struct talk *t)
{
	struct linger now = {.l_onoff = 1};

	read_some(t);
	setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
send_garbage(struct talk *t)
{
	put_text(t, "HTTP/1.0 400 Bad Request\r\n\r\n");
	wait_for_end(t);
}

/* The beginning of the right answer, then nonsense. */
static void
send_garbage_later(struct talk *t)
{
	put_text(t, WIRE_MAGIC "nonsense nonsense nonsense");
	wait_for_end(t);
}

static const struct {
	const char *name;
	void (*treat)(struct talk *t);
} behaviours[] = {
	{"hang", hang},
	{"close", close_at_once},
	{"reset", reset},
	{"garbage", send_garbage},
	{"garbage-later", send_garbage_later},
	{"full", say_full},
	{"foreign-path", send_foreign_path},
	{"wrong-size", send_wrong_size},
	{"wrong-sum", send_wrong_sum},
	{"half", send_half},
	{"escapes", send_escapes},
	{"many-files", send_many_files},
	{"refuse-with-escapes", refuse_with_escapes},
	{"bad-data", send_bad_data},
	{"no-object", send_no_object},
	{"early-result", send_early_result},
	{"long-message", send_long_message},
	{"client-message", send_client_message},
	{"silent", fall_silent},
	{"pump-lie", read_other_files},
	{"pump-no-proof", prove_nothing},
	{"pump-lacks", lack_pump},
	{"distcc-other-version", send_other_version},
	{"distcc-long-object", send_long_object},
	{"distcc-short-object", send_short_object},
};

/* Listens on a port of the system's choice and prints it. */
static int
listen_on(const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *a = NULL;
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char port[16];

	if (getaddrinfo(address, "0", &hints, &a) != 0)
		return -1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int failed = fd < 0 || bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 64) < 0 ||
	             getsockname(fd, (struct sockaddr *)&bound, &size) < 0 ||
	             getnameinfo((struct sockaddr *)&bound, size, NULL, 0, port, sizeof(port),
	                         NI_NUMERICSERV) != 0;

	freeaddrinfo(a);
	if (failed)
		return -1;
	puts(port);
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	size_t count = sizeof(behaviours) / sizeof(behaviours[0]);
	size_t i = 0;
	int fd = -1;

	while (argc >= 3 && i < count && strcmp(argv[2], behaviours[i].name) != 0)
		i++;
	if (argc < 3 || i == count || (fd = listen_on(argv[1])) < 0) {
		fprintf(stderr, "usage: fakevolunteer ADDRESS BEHAVIOUR [PATH]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct talk t = {.fd = accept(fd, NULL, NULL), .path = argc > 3 ? argv[3] : ""};

		if (t.fd >= 0 && fork() == 0) {
			close(fd);
			/* Some behaviours never end. */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			sum_init(&t.sum);
			behaviours[i].treat(&t);
			close(t.fd);
			exit(0);
		}
		if (t.fd >= 0)
			close(t.fd);
	}
}
