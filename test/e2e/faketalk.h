/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection of fakevolunteer's, as far as all behaviours are alike. */
#ifndef FAKETALK_H
#define FAKETALK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buffer.h"
#include "io.h"
#include "wire.h"
#include "xalloc.h"

#include "../sums.h"

struct talk {
	int fd;
	struct sum sum;   /* of what was sent */
	bool is_damaged;  /* the sum is another */
	const char *path; /* of the third argument, or "" */
	struct wire_job job;
	bool has_magic;   /* it was read */
};

static void
put(struct talk *t, struct buffer *b)
{
	sums_set(&t->sum, b);
	if (t->is_damaged)
		b->data[b->len - 1] ^= 1;
	/* A client that has seen enough is no trouble. */
	if (io_write_exactly(t->fd, b->data, b->len, IO_NO_DEADLINE) != OK)
		fprintf(stderr, "fakevolunteer: the client is gone\n");
	buffer_release(b);
}

static void
put_text(struct talk *t, const char *text)
{
	struct buffer b = {0};

	buffer_add_string(&b, text);
	put(t, &b);
}

static void
wait_for_end(const struct talk *t)
{
	char data[4096];

	while (read(t->fd, data, sizeof(data)) > 0)
		;
}

/* dcc's language. */

static void
greet_with(struct talk *t, uint64_t features)
{
	char software[] = "fakevolunteer";
	struct wire_hello hello = {.version = WIRE_VERSION,
	                           .features = features,
	                           .software = software,
	                           .slots = 4};
	struct buffer b = {0};

	buffer_add(&b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(&b, &hello);
	put(t, &b);
}

static void
greet(struct talk *t)
{
	greet_with(t, WIRE_FEATURE_VIEW);
}

/* Reads messages up to and with this type; the Job is kept. */
static void
read_until(struct talk *t, enum wire_type last)
{
	unsigned char header[WIRE_HEADER_SIZE];
	enum wire_type type = WIRE_HELLO;
	unsigned char magic[WIRE_MAGIC_SIZE];
	size_t len;

	if (!t->has_magic && io_read_exactly(t->fd, magic, sizeof(magic), IO_NO_DEADLINE) != OK)
		exit(0);
	t->has_magic = true;
	do {
		if (io_read_exactly(t->fd, header, sizeof(header), IO_NO_DEADLINE) != OK ||
		    wire_get_header(header, WIRE_CLIENT, &type, &len) != OK)
			exit(0);
		unsigned char *body = xmalloc(len + 1);

		if (io_read_exactly(t->fd, body, len, IO_NO_DEADLINE) != OK ||
		    (type == WIRE_JOB && wire_get_job(body, len, &t->job) != OK))
			exit(0);
		free(body);
	} while (type != last);
}

static void
begin(struct talk *t)
{
	struct buffer b = {0};

	greet(t);
	read_until(t, WIRE_RUN);
	wire_put_empty(&b, WIRE_COMPILE);
	put(t, &b);
}

#endif
