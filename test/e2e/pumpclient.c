/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job in pump mode as a client would send it, or as none should:
 *
 *     pumpclient ADDRESS PORT STEP... -- COMMAND WORD...
 *
 * Steps, in any order, before the conversation:
 *     digest:HEX language:N cwd:DIR source:N form:N env:NAME=VALUE client:N
 *     list:FILE      names as the compiler will list them, one a line: they, with links and folders on the
 *                    way, become the manifest's entries and its expected lists
 *     user:FILE      the list without system headers
 *     hidden:DIR     may be repeated
 *     folder:PATH    an entry more; file:PATH=FILE (the bytes of FILE), link:PATH=TEXT likewise
 *     catalogue:N    entries from the Nth on go into a catalogue
 *     inline:all     all bytes before the first Run; else only what is wanted
 *     damage:N       of file N one byte is sent wrongly
 *     never:N        file N is not sent, even if it is wanted
 *     hold:PHASE     job, manifest, file, run, want: there it says "holding" and waits for its standard input's end
 *     quit:PHASE     there it closes the connection
 *     out:DIR        where outputs go, by their base names
 *     delay:MS       between manifest and Run
 *     sum:N          what is wrong with the sum in Run: 0 to 255
 *
 * It says what came, one line a message; its exit status is the compiler's, or 200 for a refusal, 201 for anything else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "compress.h"
#include "deps.h"
#include "hash.h"
#include "io.h"
#include "manifest.h"
#include "path.h"
#include "wire.h"
#include "xalloc.h"

#include "../sums.h"
#include "pumpitems.h"

#define DEADLINE_MS 120000

/* ---- steps ---- */

static bool
is_verb(const char *step, const char *verb, const char **rest)
{
	size_t n = strlen(verb);

	*rest = step + n + 1;
	return strncmp(step, verb, n) == 0 && step[n] == ':';
}

static void
add_pair(struct client *c, const char *rest, bool is_link)
{
	const char *equals = strchr(rest, '=');

	if (equals == NULL)
		die("no = in", rest);
	char *path = xstrndup(rest, (size_t)(equals - rest));

	if (is_link)
		add_link(c, path, equals + 1);
	else
		add_file(c, path, equals + 1);
	free(path);
}

static bool
take_entry_step(struct client *c, const char *step)
{
	const char *rest;

	if (is_verb(step, "list", &rest))
		digest_list(c, rest, c->manifest.expected, add_way);
	else if (is_verb(step, "user", &rest))
		digest_list(c, rest, c->manifest.expected_user, NULL);
	else if (is_verb(step, "hidden", &rest))
		strv_add(&c->manifest.hidden, rest);
	else if (is_verb(step, "folder", &rest))
		add_item(c, MANIFEST_DIRECTORY, rest);
	else if (is_verb(step, "file", &rest))
		add_pair(c, rest, false);
	else if (is_verb(step, "link", &rest))
		add_pair(c, rest, true);
	else
		return false;
	return true;
}

static void
take_step(struct client *c, const char *step)
{
	const char *rest;
	size_t number = strchr(step, ':') != NULL ? strtoul(strchr(step, ':') + 1, NULL, 10) : 0;

	if (take_entry_step(c, step))
		return;
	if (is_verb(step, "digest", &rest))
		c->job.digest = xstrdup(rest);
	else if (is_verb(step, "language", &rest))
		c->job.language = (uint32_t)number;
	else if (is_verb(step, "cwd", &rest))
		c->job.cwd = xstrdup(rest);
	else if (is_verb(step, "source", &rest))
		c->job.source = (uint32_t)number;
	else if (is_verb(step, "form", &rest))
		c->job.form = (uint32_t)number;
	else if (is_verb(step, "env", &rest))
		strv_add(&c->job.env, rest);
	else if (is_verb(step, "client", &rest))
		memset(c->manifest.client, (int)number, sizeof(c->manifest.client));
	else if (is_verb(step, "catalogue", &rest))
		c->catalogue_from = number;
	else if (is_verb(step, "inline", &rest))
		c->sends_all = true;
	else if (is_verb(step, "damage", &rest))
		c->damaged = number;
	else if (is_verb(step, "never", &rest))
		c->never = number;
	else if (is_verb(step, "hold", &rest))
		c->hold = rest;
	else if (is_verb(step, "quit", &rest))
		c->quit = rest;
	else if (is_verb(step, "out", &rest))
		c->out = rest;
	else if (is_verb(step, "sum", &rest))
		c->sum_error = number;
	else if (is_verb(step, "delay", &rest))
		c->delay_ms = (long)number;
	else
		die("no such step", step);
}

/* ---- sending ---- */

static void
send_bytes(struct client *c, struct buffer *b)
{
	sums_set(&c->sum, b);
	if (b->len == WIRE_HEADER_SIZE + 8 && b->data[4] == WIRE_RUN)
		b->data[b->len - 1] ^= (unsigned char)c->sum_error;
	if (io_write_exactly(c->fd, b->data, b->len, c->deadline_ms) != OK) {
		printf("closed\n");
		exit(201);
	}
	buffer_release(b);
}

static void
pass(struct client *c, const char *phase)
{
	char byte;

	if (c->hold != NULL && strcmp(c->hold, phase) == 0) {
		puts("holding");
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	if (c->quit != NULL && strcmp(c->quit, phase) == 0)
		exit(0);
}

static void
put_packed(const void *data, size_t len, struct buffer *out)
{
	struct compressor *p = compressor_new();

	compressor_add(p, data, len, COMPRESS_FINISH, out);
	compressor_free(p);
}

/* Number n as the protocol counts: 0 is the catalogue. */
static void
send_blob(struct client *c, size_t n)
{
	const char *data = n == 0 ? (const char *)c->catalogue.data : c->items[n - 1].data;
	size_t len = n == 0 ? c->catalogue.len : c->items[n - 1].len;
	const unsigned char *digest = n == 0 ? c->manifest.catalogue : c->items[n - 1].entry.digest;
	char name[HASH_HEX_SIZE];
	struct buffer packed = {0}, b = {0};

	if (n == c->never)
		return;
	char *copy = xmalloc(len);

	memcpy(copy, data, len);
	if (n == c->damaged && len != 0)
		copy[len / 2] ^= 1;
	hash_format(digest, name);
	wire_put_file(&b, &(struct wire_file){.role = WIRE_ROLE_BLOB, .path = name});
	put_packed(copy, len, &packed);
	for (size_t at = 0; at < packed.len; at += WIRE_DATA_MAX) {
		unsigned char header[WIRE_HEADER_SIZE];
		size_t piece = packed.len - at < WIRE_DATA_MAX ? packed.len - at : WIRE_DATA_MAX;

		wire_put_data_header(header, piece);
		buffer_add(&b, header, sizeof(header));
		buffer_add(&b, packed.data + at, piece);
	}
	if (c->hold != NULL || c->quit != NULL) {
		send_bytes(c, &b);
		pass(c, "file");
	}
	wire_put_end(&b, &(struct wire_end){.size = len});
	send_bytes(c, &b);
	buffer_release(&packed);
	free(copy);
}

static void
send_run(struct client *c)
{
	struct buffer b = {0};

	wire_put_run(&b, &(struct wire_run){0});
	send_bytes(c, &b);
	pass(c, "run");
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return strcmp(x->entry.path, y->entry.path);
}

/* The catalogue's entries come first in number: so items are turned round where there is one. */
static void
arrange(struct client *c)
{
	struct manifest *m = &c->manifest;
	size_t own = c->catalogue_from < c->count ? c->catalogue_from : c->count;
	size_t shared = c->count - own;
	struct item *turned = xcalloc(c->count + 1, sizeof(*turned));
	struct manifest_entry *entries = xcalloc(c->count + 1, sizeof(*entries));

	memcpy(turned, c->items + own, shared * sizeof(*turned));
	memcpy(turned + shared, c->items, own * sizeof(*turned));
	qsort(turned + shared, own, sizeof(*turned), compare_items);
	memcpy(c->items, turned, c->count * sizeof(*turned));
	for (size_t i = 0; i < c->count; i++)
		entries[i] = turned[i].entry;
	free(turned);
	m->entries = entries + shared;
	m->entry_count = own;
	if (shared == 0)
		return;
	struct hash *h = hash_new();

	manifest_put_catalogue(&c->catalogue, entries, shared);
	hash_add(h, c->catalogue.data, c->catalogue.len);
	hash_finish_binary(h, m->catalogue);
	m->has_catalogue = true;
	m->catalogue_size = c->catalogue.len;
	m->indexes = xcalloc(shared, sizeof(*m->indexes));
	m->index_count = shared;
	for (size_t i = 0; i < shared; i++)
		m->indexes[i] = (uint32_t)i;
}

static void
send_request(struct client *c)
{
	char software[] = "pumpclient";
	struct timespec delay = {c->delay_ms / 1000, c->delay_ms % 1000 * 1000000};
	struct buffer b = {0}, raw = {0}, packed = {0};

	arrange(c);
	buffer_add(&b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(&b, &(struct wire_hello){.version = WIRE_VERSION, .software = software});
	wire_put_job(&b, &c->job);
	send_bytes(c, &b);
	pass(c, "job");
	manifest_put(&raw, &c->manifest);
	put_packed(raw.data, raw.len, &packed);
	wire_put_manifest(&b, packed.data, packed.len);
	buffer_release(&raw);
	buffer_release(&packed);
	send_bytes(c, &b);
	pass(c, "manifest");
	nanosleep(&delay, NULL);
	if (c->sends_all) {
		if (c->manifest.has_catalogue)
			send_blob(c, 0);
		for (size_t i = 0; i < c->count; i++)
			if (c->items[i].entry.type == MANIFEST_FILE)
				send_blob(c, i + 1);
	}
	send_run(c);
}

/* ---- receiving ---- */

static void
on_want(struct client *c, const unsigned char *p, size_t len)
{
	struct wire_want want;

	if (wire_get_want(p, len, &want) != OK)
		die("bad", "Want");
	printf("want %zu", want.count);
	for (size_t i = 0; i < want.count && i < 5; i++)
		printf(" %u", want.numbers[i]);
	printf("\n");
	pass(c, "want");
	for (size_t i = 0; i < want.count; i++)
		send_blob(c, want.numbers[i]);
	wire_want_release(&want);
	send_run(c);
}

struct incoming {
	struct wire_file file;
	struct buffer data;
	struct decompressor *decompressor;
};

static enum err
keep(void *context, const void *data, size_t len)
{
	buffer_add(context, data, len);
	return OK;
}

static void
finish_file(const struct client *c, struct incoming *in)
{
	static const char *const roles[] = {"?", "text", "original", "output", "stdout", "stderr", "blob", "dependencies"};

	printf("%s %s %zu\n", roles[in->file.role], in->file.path, in->data.len);
	if (in->file.role != WIRE_ROLE_OUTPUT)
		printf("%.*s", (int)in->data.len, in->data.data != NULL ? (const char *)in->data.data : "");
	if (in->file.role == WIRE_ROLE_OUTPUT && c->out != NULL) {
		char *path = path_join(c->out, path_base(in->file.path));
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

		if (fd < 0 || io_write_exactly(fd, in->data.data, in->data.len, IO_NO_DEADLINE) != OK)
			die("write", path);
		close(fd);
		free(path);
	}
	wire_file_release(&in->file);
	buffer_clear(&in->data);
}

static void
on_proof(const struct client *c, const unsigned char *p, size_t len)
{
	struct wire_proof proof;

	if (wire_get_proof(p, len, &proof) != OK)
		die("bad", "Proof");
	const unsigned char *wanted = proof.kind == WIRE_PROOF_ALL ? c->manifest.expected : c->manifest.expected_user;

	printf("proof %u %s\n", proof.kind, memcmp(proof.digest, wanted, sizeof(proof.digest)) == 0 ? "equal" : "differs");
}

static int
on_result(const unsigned char *p, size_t len)
{
	struct wire_result result;

	if (wire_get_result(p, len, &result) != OK)
		die("bad", "Result");
	printf("exit %u cpu_us %llu wall_us %llu\n", result.exit_code, (unsigned long long)result.cpu_us,
	       (unsigned long long)result.wall_us);
	return (int)result.exit_code;
}

static int
on_refused(const unsigned char *p, size_t len)
{
	struct wire_refused refused;

	if (wire_get_refused(p, len, &refused) != OK)
		die("bad", "Refused");
	printf("refused %s: %s\n", reason_word(refused.reason), refused.text);
	wire_refused_release(&refused);
	return 200;
}

/* -1: more is to come. */
static int
on_message(struct client *c, struct incoming *in, enum wire_type type, struct buffer *body)
{
	struct wire_hello hello;

	switch (type) {
	case WIRE_HELLO:
		if (wire_get_hello(body->data, body->len, &hello) != OK)
			die("bad", "Hello");
		printf("features %llu\n", (unsigned long long)hello.features);
		wire_hello_release(&hello);
		return -1;
	case WIRE_WANT:
		on_want(c, body->data, body->len);
		return -1;
	case WIRE_FILE:
		decompressor_reset(in->decompressor);
		if (wire_get_file(body->data, body->len, &in->file) != OK)
			die("bad", "File");
		return -1;
	case WIRE_DATA:
		if (decompressor_add(in->decompressor, body->data, body->len, keep, &in->data) != OK)
			die("bad", "Data");
		return -1;
	case WIRE_END:
		finish_file(c, in);
		return -1;
	case WIRE_PROOF:
		on_proof(c, body->data, body->len);
		return -1;
	case WIRE_RESULT:
		return on_result(body->data, body->len);
	case WIRE_REFUSED:
		return on_refused(body->data, body->len);
	case WIRE_JOB:
	case WIRE_RUN:
	case WIRE_QUEUED:
	case WIRE_COMPILE:
	case WIRE_MANIFEST:
		return -1;
	}
	return -1;
}

static int
receive(struct client *c)
{
	struct incoming in = {.decompressor = decompressor_new()};
	unsigned char header[WIRE_HEADER_SIZE];
	int end = -1;

	if (io_read_exactly(c->fd, header, WIRE_MAGIC_SIZE, c->deadline_ms) != OK) {
		printf("closed\n");
		return 201;
	}
	while (end < 0) {
		enum wire_type type;
		struct buffer body = {0};
		size_t len = 0;
		enum err e = io_read_exactly(c->fd, header, sizeof(header), c->deadline_ms);

		if (e == OK)
			e = wire_get_header(header, WIRE_VOLUNTEER, &type, &len);
		if (e == OK && len != 0)
			e = io_read_exactly(c->fd, buffer_reserve(&body, len), len, c->deadline_ms);
		if (e != OK) {
			printf("closed\n");
			return 201;
		}
		body.len = len;
		end = on_message(c, &in, type, &body);
		buffer_release(&body);
	}
	decompressor_free(in.decompressor);
	buffer_release(&in.data);
	return end;
}

static int
connect_to(const char *address, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *to;

	if (getaddrinfo(address, port, &hints, &to) != 0)
		die("find", address);
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		die("connect to", port);
	freeaddrinfo(to);
	return fd;
}

int
main(int argc, char **argv)
{
	static struct client c;
	int i = 3;

	c.catalogue_from = c.damaged = c.never = SIZE_MAX;
	c.job.form = ARGS_FORM_FILES;
	c.job.umask = 022;
	c.deadline_ms = io_now_ms() + DEADLINE_MS;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		take_step(&c, argv[i]);
	if (i + 2 >= argc || c.job.digest == NULL || c.job.cwd == NULL)
		die("too few words behind", argv[0]);
	for (i++; i < argc; i++) {
		strv_add(&c.job.argv, argv[i]);
		if (strcmp(argv[i], "-c") == 0 && c.job.source == 0)
			c.job.source = (uint32_t)c.job.argv.count;
		if (c.job.argv.count > 1 && strcmp(argv[i - 1], "-o") == 0)
			strv_add(&c.job.outputs, argv[i]);
	}
	sum_init(&c.sum);
	c.fd = connect_to(argv[1], argv[2]);
	send_request(&c);
	return receive(&c);
}
