/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client that sends exactly what it is told to:
 *
 *     rawclient ADDRESS PORT STEP...
 *
 *     text:BYTES         these bytes
 *     hex:0a1b           these, in hexadecimal
 *     zeros:COUNT        so many bytes of 0
 *     token:NAME:HHHH    distcc's token; the parameter is padded with zeros, not changed otherwise
 *     string:NAME:TEXT   distcc's token with its body
 *     file:NAME:PATH     the same with the contents of a file
 *     lzo:NAME:PATH      the same, compressed
 *     bomb:NAME:COUNT    the same: so many bytes of 0, compressed
 *     wait:MS            does nothing for a while
 *     hold:COUNT         opens so many more connections, says "holding", and keeps all until standard input ends
 *     read               copies what comes to standard output until the other side ends
 *
 * The last line on standard error is "end=eof|reset|timeout ms=N bytes=N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <lzo/lzo1x.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "compress.h"
#include "io.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define READ_TIMEOUT_MS 60000

struct client {
	struct addrinfo *to;
	int fd;
};

static _Noreturn void
die(const char *what, const char *which)
{
	fprintf(stderr, "rawclient: %s %s: %s\n", what, which, strerror(errno));
	exit(2);
}

static int
connect_once(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		die("cannot", "connect");
	return fd;
}

/* A refusal may come while we still talk: what cannot be sent any more is not. */
static void
send_all(const struct client *c, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return;
		if (n < 0)
			die("cannot", "send");
		p += n;
		len -= (size_t)n;
	}
}

static void
send_hex(const struct client *c, const char *digits)
{
	struct buffer b = {0};

	for (; digits[0] != '\0' && digits[1] != '\0'; digits += 2) {
		const char two[] = {digits[0], digits[1], '\0'};
		unsigned char byte = (unsigned char)strtoul(two, NULL, 16);

		buffer_add(&b, &byte, 1);
	}
	send_all(c, b.data, b.len);
	buffer_release(&b);
}

static void
send_zeros(const struct client *c, size_t count)
{
	static const unsigned char zeros[65536];

	for (; count > sizeof(zeros); count -= sizeof(zeros))
		send_all(c, zeros, sizeof(zeros));
	send_all(c, zeros, count);
}

static void
send_token(const struct client *c, const char *name, const char *parameter)
{
	char token[32];
	size_t len = strlen(parameter);
	size_t zeros = len < 8 ? 8 - len : 0;

	int n = snprintf(token, sizeof(token), "%.4s%.*s%.8s", name, (int)zeros, "00000000", parameter);

	send_all(c, token, (size_t)n);
}

static void
send_body(const struct client *c, const char *name, const void *data, size_t len)
{
	char parameter[24];

	snprintf(parameter, sizeof(parameter), "%08zx", len);
	send_token(c, name, parameter);
	send_all(c, data, len);
}

static void
send_packed(const struct client *c, const char *name, const void *data, size_t len)
{
	struct buffer packed = {0};

	compress_lzo(data, len, &packed);
	send_body(c, name, packed.data, packed.len);
	buffer_release(&packed);
}

enum packing { RAW, PACKED };

static void
send_file(const struct client *c, const char *name, const char *path, enum packing packing)
{
	char *data;
	size_t len;

	if (io_read_file(path, FILE_MAX_BYTES, &data, &len) != OK)
		die("cannot read", path);
	if (packing == PACKED)
		send_packed(c, name, data, len);
	else
		send_body(c, name, data, len);
	free(data);
}

static void
send_bomb(const struct client *c, const char *name, size_t count)
{
	/* Beyond what a buffer of ours may hold; never touched, so never there. */
	unsigned char *zeros = calloc(count, 1), *packed = malloc(count + count / 16 + 67);
	void *memory = malloc(LZO1X_1_MEM_COMPRESS);
	lzo_uint len = 0;

	if (zeros == NULL || packed == NULL || memory == NULL ||
	    lzo1x_1_compress(zeros, count, packed, &len, memory) != LZO_E_OK)
		die("no memory for", name);
	send_body(c, name, packed, len);
	free(memory);
	free(packed);
	free(zeros);
}

static void
hold(const struct client *c, unsigned long count)
{
	char byte;

	for (unsigned long i = 0; i < count; i++)
		(void)connect_once(c->to);
	puts("holding");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void
read_to_end(const struct client *c)
{
	int64_t begin = io_now_ms();
	struct timeval limit = {.tv_sec = READ_TIMEOUT_MS / 1000};
	size_t total = 0;
	char data[65536];
	ssize_t n;

	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while ((n = read(c->fd, data, sizeof(data))) > 0) {
		total += (size_t)n;
		fwrite(data, 1, (size_t)n, stdout);
	}
	const char *end = n == 0 ? "eof" : errno == ECONNRESET ? "reset" : "timeout";

	fflush(stdout);
	fprintf(stderr, "end=%s ms=%lld bytes=%zu\n", end, (long long)(io_now_ms() - begin), total);
}

static void
sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* The steps of distcc's language: VERB:NAME:VALUE. False: it is none. */
static int
run_token_step(const struct client *c, const char *verb, const char *name, const char *value)
{
	if (strcmp(verb, "token") == 0)
		send_token(c, name, value);
	else if (strcmp(verb, "string") == 0)
		send_body(c, name, value, strlen(value));
	else if (strcmp(verb, "file") == 0)
		send_file(c, name, value, RAW);
	else if (strcmp(verb, "lzo") == 0)
		send_file(c, name, value, PACKED);
	else if (strcmp(verb, "bomb") == 0)
		send_bomb(c, name, strtoul(value, NULL, 10));
	else
		return 0;
	return 1;
}

static int
run_step(const struct client *c, const char *step)
{
	char verb[16] = "";
	size_t n = strcspn(step, ":");
	const char *rest = step[n] == ':' ? step + n + 1 : "";

	if (n >= sizeof(verb))
		return 0;
	memcpy(verb, step, n);
	if (strcmp(verb, "text") == 0)
		send_all(c, rest, strlen(rest));
	else if (strcmp(verb, "hex") == 0)
		send_hex(c, rest);
	else if (strcmp(verb, "zeros") == 0)
		send_zeros(c, strtoul(rest, NULL, 10));
	else if (strcmp(verb, "wait") == 0)
		sleep_ms(strtol(rest, NULL, 10));
	else if (strcmp(verb, "hold") == 0)
		hold(c, strtoul(rest, NULL, 10));
	else if (strcmp(verb, "read") == 0)
		read_to_end(c);
	else
		return strlen(rest) >= 5 && run_token_step(c, verb, rest, rest + 5);
	return 1;
}

int
main(int argc, char **argv)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct client c = {.fd = -1};

	if (argc < 4 || getaddrinfo(argv[1], argv[2], &hints, &c.to) != 0) {
		fprintf(stderr, "usage: rawclient ADDRESS PORT STEP...\n");
		return 2;
	}
	c.fd = connect_once(c.to);
	for (int i = 3; i < argc; i++) {
		if (run_step(&c, argv[i]))
			continue;
		fprintf(stderr, "rawclient: no such step: %s\n", argv[i]);
		return 2;
	}
	close(c.fd);
	freeaddrinfo(c.to);
	return 0;
}
