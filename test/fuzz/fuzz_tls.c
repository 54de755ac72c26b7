/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By the first byte: a session file, a client's first bytes at a volunteer with a key, or a volunteer's at a client. None of them
 * may complete a handshake; every failure has a sentence.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "io.h"
#include "tls.h"

#define FED_MAX 60000u

/* A context with a key whose secret no input knows. */
static struct tls *
make(enum tls_side side)
{
	char path[] = "/tmp/fuzz-tls.XXXXXX";
	static const char line[] = "farm 9f1c55e07a3de3cc4ad95a1f6b2d7e80c41b7d2215f94be0a86f3b1cd05e7729\n";
	int fd = mkstemp(path);
	struct tls *tls = NULL;
	char *error = NULL;

	check(fd >= 0 && write(fd, line, sizeof(line) - 1) == (ssize_t)sizeof(line) - 1);
	close(fd);
	check(tls_new(side, &(struct tls_files){.farm_key = path}, &tls, &error) == OK);
	unlink(path);
	return tls;
}

static void
feed(struct tls *tls, const uint8_t *data, size_t size)
{
	int pair[2];
	char *why = NULL;
	enum err e;

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	check(io_set_nonblocking(pair[0]) == OK && io_set_nonblocking(pair[1]) == OK);
	struct tls_stream *s = tls_stream_new(tls, pair[1]);

	if (size > FED_MAX)
		size = FED_MAX;
	check(write(pair[0], data, size) == (ssize_t)size);
	check(shutdown(pair[0], SHUT_WR) == 0);
	for (int i = 0; (e = tls_stream_handshake(s, &why)) == ERR_BUSY && i < 10; i++)
		;
	check(e != OK && (e == ERR_BUSY || (why != NULL && why[0] != '\0')));
	free(why);
	tls_stream_free(s);
	close(pair[0]);
	close(pair[1]);
}

static void
resume(struct tls *tls, const uint8_t *data, size_t size)
{
	struct tls_stream *s = tls_stream_new(tls, -1);

	/* One that is good today is too old tomorrow: both ways are right. */
	if (tls_stream_resume(s, data, size) != OK)
		check(tls_stream_way(s) != TLS_RESUMED);
	tls_stream_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Made once: each costs a thousand inputs. */
	static struct tls *client, *volunteer;

	if (client == NULL) {
		client = make(TLS_CLIENT);
		volunteer = make(TLS_VOLUNTEER);
	}
	if (size < 2)
		return 0;
	if (data[0] == 0)
		resume(client, data + 1, size - 1);
	else
		feed(data[0] == 1 ? volunteer : client, data + 1, size - 1);
	return 0;
}
