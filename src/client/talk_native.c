/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job in our own language (dcc-protocol(5)). One loop: the preprocessor's text goes out as it
 * appears, compressed, while the volunteer may answer or refuse at any time.
 *
 *     sending:   "DCC1" Hello Job File(text) Data... End [File(original) Data... End] Run
 *     receiving: "DCC1" Hello {Queued | Compile}... {File Data... End}... Result, or Refused
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compress.h"
#include "io.h"
#include "jobmessage.h"
#include "log.h"
#include "path.h"
#include "preprocess.h"
#include "process.h"
#include "talk.h"
#include "wire.h"

/* More than this waiting to be sent: cpp has to wait too. */
#define OUT_HIGH ((size_t)256 << 10)
#define IN_SIZE ((size_t)64 << 10)
/* A volunteer gives a sign of life every 5 seconds while a job is queued or compiled. */
#define SILENCE_MAX_MS 30000
/* So do we, while cpp has nothing to say. */
#define SIGN_OF_LIFE_MS 5000

struct native {
	const struct talk_job *job;
	struct talk_result *r;
	int fd;
	struct preprocess *cpp;
	struct compressor *compressor;
	struct decompressor *decompressor;
	struct buffer raw;      /* text, not compressed yet */
	struct buffer zipped;   /* compressed, not framed yet */
	struct buffer out;      /* frames to send */
	size_t out_done;
	struct buffer in;       /* bytes received, not understood yet */
	uint64_t text_size;
	bool has_magic;
	bool has_hello;
	bool is_request_complete;
	bool is_over;           /* Result or Refused came */
	int original_fd;        /* the source, while it is sent; -1 else */
	int file_fd;            /* the file that is being received; -1 none */
	bool in_file;
	uint64_t file_size;
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
		buffer_add(&n->out, header, sizeof(header));
		buffer_add(&n->out, n->zipped.data + at, len);
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
	wire_put_end(&n->out, &end);
	n->text_size = 0;
}

static void
begin_file_message(struct native *n, enum wire_role role)
{
	char no_path[] = "";
	struct wire_file file = {.role = (uint32_t)role, .path = no_path};

	wire_put_file(&n->out, &file);
}

static void
send_run(struct native *n)
{
	wire_put_empty(&n->out, WIRE_RUN);
	n->is_request_complete = true;
	state_enter(n->job->state, STATE_SEND, n->job->host, n->job->slot);
}

/* cpp is done: its text is complete. gcc reads the source again to quote its lines, so that follows; clang quotes from the text. */
static enum err
complete_text(struct native *n)
{
	const struct args *a = n->job->args;
	enum err e = preprocess_finish(n->cpp);

	if (e != OK)
		return e;
	end_file(n);
	if (n->cpp->form != ARGS_FORM_DIRECTIVES || n->job->identity->compiler != ARGS_GCC) {
		send_run(n);
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
	send_run(n);
	return OK;
}

static enum err
write_some(struct native *n)
{
	ssize_t w = send(n->fd, n->out.data + n->out_done, n->out.len - n->out_done, MSG_NOSIGNAL);

	if (w < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (w < 0)
		return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
	n->r->sent += (uint64_t)w;
	n->out_done += (size_t)w;
	/* What is sent is dropped now and then: moving the rest each time would cost more. */
	if (n->out_done == n->out.len || n->out_done >= OUT_HIGH) {
		buffer_remove_front(&n->out, n->out_done);
		n->out_done = 0;
	}
	return OK;
}

/* Receiving. */

static enum err
begin_output(struct native *n, const struct wire_file *file)
{
	const struct args *a = n->job->args;

	if (!outputs_is_expected(a, n->job->cwd, file->path)) {
		talk_fail(n->r, TALK_HOST_FAILED, REASON_PROTOCOL,
		          "it sent %s, which this command does not write", file->path);
		return ERR_PROTOCOL;
	}
	enum err e = outputs_add(&n->r->outputs, file->path, file->mode, &n->file_fd);

	if (e != OK)
		talk_fail(n->r, TALK_HERE, REASON_OUTPUT_PLACE, "%s: %s", file->path, strerror(errno));
	return e;
}

static enum err
begin_messages(struct native *n, int *fd)
{
	enum err e = talk_open_unnamed(n->job->tmpdir, fd);

	if (e != OK)
		talk_fail(n->r, TALK_HERE, REASON_NO_STATE, NULL);
	n->file_fd = *fd;
	return e;
}

static enum err
begin_file(struct native *n, const struct wire_file *file)
{
	n->in_file = true;
	n->file_size = 0;
	decompressor_reset(n->decompressor);
	switch (file->role) {
	case WIRE_ROLE_OUTPUT:
		return begin_output(n, file);
	case WIRE_ROLE_STDOUT:
		return begin_messages(n, &n->r->stdout_fd);
	case WIRE_ROLE_STDERR:
		return begin_messages(n, &n->r->stderr_fd);
	default:
		return ERR_PROTOCOL;
	}
}

static enum err
on_file(struct native *n, const unsigned char *p, size_t len)
{
	struct wire_file file;

	if (n->in_file)
		return ERR_PROTOCOL;
	enum err e = wire_get_file(p, len, &file);

	if (e != OK)
		return e;
	state_enter(n->job->state, STATE_RECEIVE, n->job->host, n->job->slot);
	e = begin_file(n, &file);
	wire_file_release(&file);
	return e;
}

static enum err
store_piece(void *context, const void *data, size_t len)
{
	struct native *n = context;
	enum err e = io_write_exactly(n->file_fd, data, len, IO_NO_DEADLINE);

	n->file_size += len;
	if (e != OK)
		talk_fail(n->r, TALK_HERE, REASON_OUTPUT_PLACE, "%s", strerror(errno));
	return e;
}

static enum err
on_data(struct native *n, const unsigned char *p, size_t len)
{
	return n->in_file ? decompressor_add(n->decompressor, p, len, store_piece, n) : ERR_PROTOCOL;
}

static enum err
on_end(struct native *n, const unsigned char *p, size_t len)
{
	struct wire_end end;
	enum err e = wire_get_end(p, len, &end);

	if (e != OK)
		return e;
	if (!n->in_file || !decompressor_has_ended(n->decompressor) || end.size != n->file_size)
		return ERR_PROTOCOL;
	n->in_file = false;
	n->file_fd = -1;
	return OK;
}

/* A compiler that succeeds has written its object. */
static enum err
check_object(struct native *n)
{
	char *object = path_normalise(n->job->cwd, n->job->args->object);
	bool has_object = outputs_has(&n->r->outputs, object);

	free(object);
	if (has_object)
		return OK;
	talk_fail(n->r, TALK_HOST_FAILED, REASON_PROTOCOL, "it sent no %s", n->job->args->object);
	return ERR_PROTOCOL;
}

static enum err
on_result(struct native *n, const unsigned char *p, size_t len)
{
	struct wire_result result;
	enum err e = wire_get_result(p, len, &result);

	if (e != OK)
		return e;
	if (n->in_file || !n->is_request_complete)
		return ERR_PROTOCOL;
	if (result.exit_code == 0 && check_object(n) != OK)
		return ERR_PROTOCOL;
	n->is_over = true;
	n->r->end = TALK_DONE;
	n->r->exit_code = (int)result.exit_code;
	return OK;
}

static enum err
on_refused(struct native *n, const unsigned char *p, size_t len)
{
	struct wire_refused refused;
	enum err e = wire_get_refused(p, len, &refused);

	if (e != OK)
		return e;
	n->is_over = true;
	/* Every volunteer would need the same file, and find the same fault with our request. */
	bool is_ours = refused.reason == REASON_NEEDS_FILE || refused.reason == REASON_PROTOCOL;

	talk_fail(n->r, is_ours ? TALK_HERE : TALK_HOST_FAILED, (enum reason)refused.reason, "%s", refused.text);
	wire_refused_release(&refused);
	return OK;
}

static enum err
on_hello(struct native *n, const unsigned char *p, size_t len)
{
	struct wire_hello hello;
	enum err e = wire_get_hello(p, len, &hello);

	if (e != OK)
		return e;
	n->has_hello = true;
	log_debug("%s: %s, version %u, %u of %u slots busy, %u queued", n->job->host, hello.software,
	          hello.version, hello.running, hello.slots, hello.queued);
	if (hello.version != WIRE_VERSION)
		e = ERR_PROTOCOL;
	wire_hello_release(&hello);
	return e;
}

static enum err
on_message(struct native *n, enum wire_type type, const unsigned char *p, size_t len)
{
	if (n->has_hello == (type == WIRE_HELLO) || n->is_over)
		return ERR_PROTOCOL;
	switch (type) {
	case WIRE_HELLO:
		return on_hello(n, p, len);
	case WIRE_QUEUED:
		state_enter(n->job->state, STATE_QUEUED, n->job->host, n->job->slot);
		return OK;
	case WIRE_COMPILE:
		state_enter(n->job->state, STATE_COMPILE, n->job->host, n->job->slot);
		return OK;
	case WIRE_FILE:
		return on_file(n, p, len);
	case WIRE_DATA:
		return on_data(n, p, len);
	case WIRE_END:
		return on_end(n, p, len);
	case WIRE_RESULT:
		return on_result(n, p, len);
	case WIRE_REFUSED:
		return on_refused(n, p, len);
	case WIRE_JOB:
	case WIRE_RUN:
	case WIRE_MANIFEST:
	case WIRE_WANT:
	case WIRE_PROOF:
		break;
	}
	return ERR_PROTOCOL;
}

/* The first bytes: ERR_MISSING when the volunteer speaks something else. */
static enum err
take_magic(struct native *n)
{
	size_t have = n->in.len < WIRE_MAGIC_SIZE ? n->in.len : WIRE_MAGIC_SIZE;

	if (memcmp(n->in.data, WIRE_MAGIC, have) != 0)
		return ERR_MISSING;
	if (have == WIRE_MAGIC_SIZE) {
		n->has_magic = true;
		buffer_remove_front(&n->in, WIRE_MAGIC_SIZE);
	}
	return OK;
}

/* Handles every whole message in n->in. */
static enum err
take_messages(struct native *n)
{
	size_t at = 0;
	enum err e = OK;

	while (e == OK && n->in.len - at >= WIRE_HEADER_SIZE) {
		enum wire_type type;
		size_t len;

		e = wire_get_header(n->in.data + at, WIRE_VOLUNTEER, &type, &len);
		if (e != OK || n->in.len - at - WIRE_HEADER_SIZE < len)
			break;
		e = on_message(n, type, n->in.data + at + WIRE_HEADER_SIZE, len);
		at += WIRE_HEADER_SIZE + len;
	}
	buffer_remove_front(&n->in, at);
	return e;
}

static enum err
read_some(struct native *n)
{
	ssize_t got = read(n->fd, buffer_reserve(&n->in, IN_SIZE), IN_SIZE);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (got < 0)
		return errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
	if (got == 0)
		return ERR_CLOSED;
	n->r->received += (uint64_t)got;
	n->in.len += (size_t)got;
	if (!n->has_magic) {
		enum err e = take_magic(n);

		if (e != OK || !n->has_magic)
			return e;
	}
	return take_messages(n);
}

/* The loop. */

enum { POLL_SOCKET, POLL_TEXT, POLL_MESSAGES, POLL_COUNT };

static void
fill_poll(const struct native *n, struct pollfd fds[POLL_COUNT])
{
	bool has_output = n->out.len != n->out_done;
	bool has_room = n->out.len - n->out_done < OUT_HIGH;

	fds[POLL_SOCKET] = (struct pollfd){
		.fd = n->fd, .events = (short)(has_output ? POLLIN | POLLOUT : POLLIN)};
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
	    !n->is_request_complete)
		e = complete_text(n);
	if (e != OK)
		talk_fail(n->r, TALK_HERE, REASON_CPP_FAILED, NULL);
	return e;
}

static bool
has_bytes(int fd)
{
	unsigned char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static enum err
serve_socket(struct native *n, const struct pollfd fds[POLL_COUNT])
{
	enum err e = OK;

	/* Read first: after a refusal nothing more can be written. */
	if (fds[POLL_SOCKET].revents & (POLLIN | POLLHUP | POLLERR))
		e = read_some(n);
	if (e == OK && !n->is_over && fds[POLL_SOCKET].revents & POLLOUT)
		e = write_some(n);
	/* Nobody listens any more; what was said before may still lie here. */
	for (enum err last = OK; e == ERR_CLOSED && last == OK && !n->is_over;)
		last = has_bytes(n->fd) ? read_some(n) : ERR_CLOSED;
	return n->is_over ? OK : e;
}

static int64_t
silence_deadline(const struct talk_job *job)
{
	int64_t limit = job->io_timeout_ms < SILENCE_MAX_MS ? job->io_timeout_ms : SILENCE_MAX_MS;

	return io_now_ms() + limit;
}

/* cpp may think for long: an empty Data tells the volunteer that we live. */
static void
give_sign_of_life(struct native *n)
{
	unsigned char header[WIRE_HEADER_SIZE];

	wire_put_data_header(header, 0);
	buffer_add(&n->out, header, sizeof(header));
}

/* Is it our turn, everything sent so far taken, and cpp at work? */
static bool
waits_for_cpp(const struct native *n)
{
	return n->cpp->pid != 0 && n->out.len == n->out_done;
}

static enum err
converse(struct native *n)
{
	struct pollfd fds[POLL_COUNT];
	int64_t deadline = silence_deadline(n->job);
	enum err e = OK;

	while (e == OK && !n->is_over) {
		uint64_t moved = n->r->sent + n->r->received;
		int64_t tick = io_now_ms() + SIGN_OF_LIFE_MS;
		bool is_waiting = waits_for_cpp(n) && n->has_hello;

		fill_poll(n, fds);
		e = process_poll(fds, POLL_COUNT, is_waiting && tick < deadline ? tick : deadline);
		if (e == ERR_TIMEOUT && is_waiting) {
			give_sign_of_life(n);
			e = OK;
			continue;
		}
		if (e == OK)
			e = serve_cpp(n, fds);
		if (e == OK)
			e = serve_socket(n, fds);
		/* Silence is the volunteer's fault only when it is the volunteer's turn. */
		if (n->r->sent + n->r->received != moved || (waits_for_cpp(n) && n->has_hello))
			deadline = silence_deadline(n->job);
	}
	return e;
}

static void
begin_request(struct native *n)
{
	jobmessage_put(n->job, n->cpp->form, &n->out);
	begin_file_message(n, WIRE_ROLE_TEXT);
}

static enum talk_end
run(struct native *n)
{
	begin_request(n);
	n->r->reason = REASON_NONE;
	enum err e = converse(n);

	if (process_caught_signal() != 0)
		return talk_fail(n->r, TALK_STOPPED, REASON_NONE, NULL);
	if (n->is_over)
		return n->r->end;
	/* Nothing, or something else, where "DCC1" should be. */
	if (!n->has_magic && (e == ERR_MISSING || e == ERR_CLOSED))
		return talk_fail(n->r, TALK_NOT_OURS, REASON_PROTOCOL, NULL);
	/* Whoever found the cause has said so already. */
	if (n->r->reason != REASON_NONE)
		return n->r->end;
	return talk_fail_io(n->r, e, n->is_request_complete ? "after the job was sent"
	                                                    : "while the job was sent");
}

enum talk_end
talk_native(const struct talk_job *job, struct connection *c, struct preprocess *cpp,
            struct talk_result *r)
{
	struct native n = {.job = job, .r = r, .fd = c->fd, .cpp = cpp, .original_fd = -1,
	                   .file_fd = -1};

	n.compressor = compressor_new();
	n.decompressor = decompressor_new();
	enum talk_end end = run(&n);

	buffer_add(&r->cpp_messages, cpp->messages.data, cpp->messages.len);
	io_close(&n.original_fd);
	compressor_free(n.compressor);
	decompressor_free(n.decompressor);
	buffer_release(&n.raw);
	buffer_release(&n.zipped);
	buffer_release(&n.out);
	buffer_release(&n.in);
	return end;
}
