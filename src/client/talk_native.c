/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job in our own language (dcc-protocol(5)). One loop: the preprocessor's text goes out as it
 * appears, compressed, while the volunteer may answer or refuse at any time.
 *
 *     sending:   "DCC1" Hello Job File(text) Data... End [File(original) Data... End] Run
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compress.h"
#include "io.h"
#include "jobmessage.h"
#include "preprocess.h"
#include "process.h"
#include "talk.h"
#include "volunteer.h"
#include "wire.h"

/* More than this waiting to be sent: cpp has to wait too. */
#define OUT_HIGH ((size_t)256 << 10)
#define IN_SIZE ((size_t)64 << 10)
/* As a volunteer does, so do we give a sign of life while cpp has nothing to say. */
#define SIGN_OF_LIFE_MS 5000

struct native {
	struct volunteer v;
	struct preprocess *cpp;
	struct compressor *compressor;
	struct buffer raw;      /* text, not compressed yet */
	struct buffer zipped;   /* compressed, not framed yet */
	uint64_t text_size;
	int original_fd;        /* the source, while it is sent; -1 else */
};

/* Sending. */

/* Frames what the compressor has given, in Data of at most WIRE_DATA_MAX. */
static void
frame_data(struct native *n)
{
	unsigned char header[WIRE_HEADER_SIZE];

	for (size_t at = 0; at < n->zipped.len;) {
		size_t len = n->zipped.len - at < WIRE_DATA_MAX ? n->zipped.len - at : WIRE_DATA_MAX;

		wire_put_data_header(header, len);
		buffer_add(&n->v.out, header, sizeof(header));
		buffer_add(&n->v.out, n->zipped.data + at, len);
		at += len;
	}
	buffer_clear(&n->zipped);
}

static void
add_text(struct native *n, enum compress_end end)
{
	n->text_size += n->raw.len;
	compressor_add(n->compressor, n->raw.data, n->raw.len, end, &n->zipped);
	buffer_clear(&n->raw);
	/* Small pieces are collected: a frame each would cost more than it brings. */
	if (end == COMPRESS_FINISH || n->zipped.len >= WIRE_DATA_MAX / 4)
		frame_data(n);
}

static void
end_file(struct native *n)
{
	struct wire_end end = {.size = n->text_size};

	add_text(n, COMPRESS_FINISH);
	end.size = n->text_size;
	wire_put_end(&n->v.out, &end);
	n->text_size = 0;
}

static void
begin_file_message(struct native *n, enum wire_role role)
{
	char no_path[] = "";
	struct wire_file file = {.role = (uint32_t)role, .path = no_path};

	wire_put_file(&n->v.out, &file);
}

/* cpp is done: its text is complete. gcc reads the source again to quote its lines, so that follows; clang quotes from the text. */
static enum err
complete_text(struct native *n)
{
	const struct args *a = n->v.job->args;
	enum err e = preprocess_finish(n->cpp);

	if (e != OK)
		return e;
	end_file(n);
	if (n->cpp->form != ARGS_FORM_DIRECTIVES || n->v.job->identity->compiler != ARGS_GCC) {
		volunteer_send_run(&n->v);
		return OK;
	}
	n->original_fd = open(a->argv.items[a->source], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	begin_file_message(n, WIRE_ROLE_ORIGINAL);
	return n->original_fd >= 0 ? OK : ERR_SYSTEM;
}

static enum err
send_original(struct native *n)
{
	ssize_t got = read(n->original_fd, buffer_reserve(&n->raw, IN_SIZE), IN_SIZE);

	if (got < 0)
		return errno == EINTR ? OK : ERR_SYSTEM;
	n->raw.len += (size_t)got;
	if (got > 0) {
		add_text(n, COMPRESS_MORE);
		return OK;
	}
	io_close(&n->original_fd);
	end_file(n);
	volunteer_send_run(&n->v);
	return OK;
}

/* The loop. */

enum { POLL_SOCKET, POLL_TEXT, POLL_MESSAGES, POLL_COUNT };

static void
fill_poll(const struct native *n, struct pollfd fds[POLL_COUNT])
{
	bool has_room = volunteer_backlog(&n->v) < OUT_HIGH;

	fds[POLL_SOCKET] = (struct pollfd){.fd = n->v.fd, .events = volunteer_events(&n->v)};
	fds[POLL_TEXT] = (struct pollfd){
		.fd = !has_room             ? -1
		      : n->original_fd >= 0 ? n->original_fd
		                            : n->cpp->text_fd,
		.events = POLLIN};
	fds[POLL_MESSAGES] = (struct pollfd){.fd = n->cpp->err_fd, .events = POLLIN};
}

/* What cpp has for us, then the original. Errors are ends: the job stays here. */
static enum err
serve_cpp(struct native *n, const struct pollfd fds[POLL_COUNT])
{
	enum err e = OK;

	if (fds[POLL_TEXT].revents != 0 && n->original_fd >= 0) {
		e = send_original(n);
	} else if (fds[POLL_TEXT].revents != 0) {
		e = preprocess_read(n->cpp, &n->raw);
		if (e == OK)
			add_text(n, COMPRESS_MORE);
	}
	if (e == OK && fds[POLL_MESSAGES].revents != 0)
		e = preprocess_read_messages(n->cpp);
	if (e == OK && n->cpp->text_fd < 0 && n->cpp->err_fd < 0 && n->original_fd < 0 &&
	    !n->v.is_request_complete)
		e = complete_text(n);
	if (e != OK)
		talk_fail(n->v.r, TALK_HERE, REASON_CPP_FAILED, NULL);
	return e;
}

/* cpp may think for long: an empty Data tells the volunteer that we live. */
static void
give_sign_of_life(struct native *n)
{
	unsigned char header[WIRE_HEADER_SIZE];

	wire_put_data_header(header, 0);
	buffer_add(&n->v.out, header, sizeof(header));
}

/* Is it our turn, everything sent so far taken, and cpp at work? */
static bool
waits_for_cpp(const struct native *n)
{
	return n->cpp->pid != 0 && volunteer_backlog(&n->v) == 0;
}

static enum err
converse(struct native *n)
{
	struct pollfd fds[POLL_COUNT];
	enum err e = OK;

	while (e == OK && !n->v.is_over) {
		uint64_t moved = n->v.r->sent + n->v.r->received;
		int64_t tick = io_now_ms() + SIGN_OF_LIFE_MS, deadline_ms = n->v.silence.deadline_ms;
		bool is_waiting = waits_for_cpp(n) && n->v.has_hello;

		fill_poll(n, fds);
		e = process_poll(fds, POLL_COUNT, is_waiting && tick < deadline_ms ? tick : deadline_ms);
		if (e == ERR_TIMEOUT && is_waiting) {
			give_sign_of_life(n);
			e = OK;
			continue;
		}
		if (e == ERR_TIMEOUT)
			e = silence_judge(&n->v.silence);
		if (e == OK)
			e = serve_cpp(n, fds);
		if (e == OK)
			e = volunteer_serve(&n->v, fds[POLL_SOCKET].revents);
		/* Silence is the volunteer's fault only when it is the volunteer's turn. */
		if (n->v.r->sent + n->v.r->received != moved || (waits_for_cpp(n) && n->v.has_hello))
			silence_begin(&n->v.silence);
	}
	return e;
}

static void
begin_request(struct native *n)
{
	jobmessage_put(n->v.job, n->cpp->form, &n->v.out);
	begin_file_message(n, WIRE_ROLE_TEXT);
}

enum talk_end
talk_native(const struct talk_job *job, struct connection *c, struct preprocess *cpp,
            struct talk_result *r)
{
	struct native n = {.cpp = cpp, .original_fd = -1};

	volunteer_init(&n.v, job, c->fd, r);
	n.compressor = compressor_new();
	begin_request(&n);
	enum talk_end end = volunteer_end(&n.v, converse(&n));

	buffer_add(&r->cpp_messages, cpp->messages.data, cpp->messages.len);
	io_close(&n.original_fd);
	compressor_free(n.compressor);
	buffer_release(&n.raw);
	buffer_release(&n.zipped);
	volunteer_release(&n.v);
	return end;
}
