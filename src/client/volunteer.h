/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_VOLUNTEER_H
#define DCC_VOLUNTEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "silence.h"
#include "sum.h"
#include "talk.h"
#include "wire.h"

/* The volunteer in a conversation in our language: what waits to be sent to it, and what it says. */
struct volunteer {
	const struct talk_job *job;
	struct talk_result *r;
	int fd;
	struct silence silence;
	struct buffer out;        /* frames to send */
	size_t out_done;
	size_t out_summed;        /* bytes of out that out_sum has */
	struct sum out_sum;
	struct buffer in;         /* bytes received, not understood yet */
	struct sum in_sum;        /* of those before them */
	struct decompressor *decompressor;
	bool has_magic;
	bool has_hello;
	uint64_t features;
	bool is_request_complete; /* Run is in out, or was sent */
	bool is_over;             /* Result or Refused came */
	int file_fd;              /* the file that is being received; -1 none */
	bool in_file;
	uint64_t file_size;
	uint64_t total;           /* bytes of all files */
	/* Pump mode: takes Want and Proof, and hears of Hello, Queued, Compile and Result. NULL: Want and Proof break the protocol. */
	enum err (*on_pump)(void *context, enum wire_type type, const unsigned char *p, size_t len);
	void *context;
	int list_fd;              /* the compiler's list of files, unnamed; -1: none came */
};

void
volunteer_init(struct volunteer *v, const struct talk_job *job, int fd, struct talk_result *r);
void
volunteer_release(struct volunteer *v);
/* Bytes that wait to be sent. */
size_t
volunteer_backlog(const struct volunteer *v);
/* The events it waits for, as poll(2) bits. */
short
volunteer_events(const struct volunteer *v);
/*
 * Reads and writes what revents allow. Where the conversation cannot go on: ERR_MISSING when it is not our language; whoever knows
 * the cause has set the result's reason. OK once v->is_over.
 */
enum err
volunteer_serve(struct volunteer *v, short revents);
/* "DCC1", Hello and Job, and a sign of the phase when all of the request is there. */
void
volunteer_send_run(struct volunteer *v);
/* How a conversation that stopped with e ends. */
enum talk_end
volunteer_end(struct volunteer *v, enum err e);

#endif
