/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *     receiving: "DCC1" Hello {Queued | Compile | Want}... {File Data... End}... [Proof] Result, or Refused
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compress.h"
#include "expected.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "volunteer.h"

/* What one job may bring. A volunteer of ours sends no more either. */
#define BYTES_MAX ((uint64_t)4 << 30)
#define OUTPUTS_MAX 4096u
#define IN_SIZE ((size_t)64 << 10)
/* What was sent is dropped from the buffer now and then: moving the rest each time would cost more. */
#define OUT_DROP ((size_t)256 << 10)
/* A volunteer gives a sign of life every 5 seconds while a job is queued or compiled. */
#define SILENCE_MAX_MS 30000

void
volunteer_init(struct volunteer *v, const struct talk_job *job, int fd, struct talk_result *r)
{
	*v = (struct volunteer){.job = job, .r = r, .fd = fd, .file_fd = -1, .list_fd = -1};
	v->silence.fd = fd;
	v->silence.limit_ms = job->io_timeout_ms < SILENCE_MAX_MS ? job->io_timeout_ms : SILENCE_MAX_MS;
	silence_begin(&v->silence);
	v->decompressor = decompressor_new();
	sum_init(&v->out_sum);
	sum_init(&v->in_sum);
	r->reason = REASON_NONE;
}

void
volunteer_release(struct volunteer *v)
{
	decompressor_free(v->decompressor);
	buffer_release(&v->out);
	buffer_release(&v->in);
	io_close(&v->list_fd);
}

size_t
volunteer_backlog(const struct volunteer *v)
{
	return v->out.len - v->out_done;
}

short
volunteer_events(const struct volunteer *v)
{
	return (short)(volunteer_backlog(v) != 0 ? POLLIN | POLLOUT : POLLIN);
}

/* What waits to be sent goes into the sum before it leaves the buffer. */
static void
sum_output(struct volunteer *v)
{
	sum_add(&v->out_sum, v->out.data + v->out_summed, v->out.len - v->out_summed);
	v->out_summed = v->out.len;
}

void
volunteer_send_run(struct volunteer *v)
{
	sum_output(v);
	wire_put_run(&v->out, &(struct wire_run){sum_value(&v->out_sum)});
	v->is_request_complete = true;
	state_enter(v->job->state, STATE_SEND, v->job->host, v->job->slot);
}

static enum err
write_some(struct volunteer *v)
{
	ssize_t w = send(v->fd, v->out.data + v->out_done, v->out.len - v->out_done, MSG_NOSIGNAL);

	if (w < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (w < 0)
		return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
	v->r->sent += (uint64_t)w;
	v->out_done += (size_t)w;
	if (v->out_done == v->out.len || v->out_done >= OUT_DROP) {
		sum_output(v);
		buffer_remove_front(&v->out, v->out_done);
		v->out_summed -= v->out_done;
		v->out_done = 0;
	}
	return OK;
}

/* Receiving. */

static bool
ends_in(const char *path, const char *const endings[])
{
	const char *ending = strrchr(path_base(path), '.');
	bool is_one = false;

	for (size_t i = 0; ending != NULL && endings[i] != NULL; i++)
		is_one = is_one || strcmp(ending, endings[i]) == 0;
	return is_one;
}

static bool
is_named(const struct volunteer *v, const char *name, const char *path)
{
	char *named = path_normalise(v->job->cwd, name);
	bool is_same = strcmp(named, path) == 0;

	free(named);
	return is_same;
}

/* Without a preprocessor here the compiler there writes it. */
static bool
is_dependency_file(const struct volunteer *v, const char *path)
{
	const struct args *a = v->job->args;

	if (v->on_pump == NULL || a->dep_file == NULL)
		return false;
	return is_named(v, a->dep_file, path);
}

/* What the compilers do with the old file, as seen with gcc 12 and clang 14. */
static enum outputs_way
way_of(const struct volunteer *v, const char *path)
{
	static const char *const gccs[] = {".dwo", NULL}, *const clangs[] = {".i", ".ii", ".s", ".bc", NULL};
	const struct args *a = v->job->args;
	bool is_gcc = v->job->identity->compiler == ARGS_GCC;
	bool is_new = ends_in(path, is_gcc ? gccs : clangs);

	/* The assembler and clang make it anew; gcc's own output is a listing. */
	if (is_named(v, a->object, path))
		is_new = !is_gcc || !a->stops_at_assembly;
	/* --serialize-diagnostics */
	for (size_t i = 0; !is_gcc && i < a->named_outputs.count; i++)
		is_new = is_new || is_named(v, a->named_outputs.items[i], path);
	return is_new ? OUTPUTS_REPLACE : OUTPUTS_REWRITE;
}

static enum err
begin_output(struct volunteer *v, const struct wire_file *file)
{
	const struct args *a = v->job->args;

	if (!expected_has(a, v->job->cwd, file->path) && !is_dependency_file(v, file->path)) {
		talk_fail(v->r, TALK_HOST_FAILED, REASON_PROTOCOL,
		          "it sent %s, which this command does not write", file->path);
		return ERR_PROTOCOL;
	}
	if (v->r->outputs.count >= OUTPUTS_MAX)
		return ERR_LIMIT;
	enum err e = outputs_add(&v->r->outputs, file->path, way_of(v, file->path), file->mode, &v->file_fd);

	if (e != OK)
		talk_fail(v->r, TALK_HERE, REASON_OUTPUT_PLACE, "%s: %s", file->path, strerror(errno));
	return e;
}

static enum err
begin_messages(struct volunteer *v, int *fd)
{
	enum err e = talk_open_unnamed(v->job->tmpdir, fd);

	if (e != OK)
		talk_fail(v->r, TALK_HERE, REASON_NO_STATE, NULL);
	v->file_fd = *fd;
	return e;
}

static enum err
begin_file(struct volunteer *v, const struct wire_file *file)
{
	v->in_file = true;
	v->file_size = 0;
	decompressor_reset(v->decompressor);
	switch (file->role) {
	case WIRE_ROLE_OUTPUT:
		return begin_output(v, file);
	case WIRE_ROLE_STDOUT:
		return begin_messages(v, &v->r->stdout_fd);
	case WIRE_ROLE_STDERR:
		return begin_messages(v, &v->r->stderr_fd);
	case WIRE_ROLE_DEPENDENCIES:
		return v->on_pump != NULL ? begin_messages(v, &v->list_fd) : ERR_PROTOCOL;
	default:
		return ERR_PROTOCOL;
	}
}

static enum err
on_file(struct volunteer *v, const unsigned char *p, size_t len)
{
	struct wire_file file;

	if (v->in_file)
		return ERR_PROTOCOL;
	enum err e = wire_get_file(p, len, &file);

	if (e != OK)
		return e;
	state_enter(v->job->state, STATE_RECEIVE, v->job->host, v->job->slot);
	e = begin_file(v, &file);
	wire_file_release(&file);
	return e;
}

static enum err
store_piece(void *context, const void *data, size_t len)
{
	struct volunteer *v = context;

	v->total += len;
	if (v->total > BYTES_MAX) {
		talk_fail(v->r, TALK_HOST_FAILED, REASON_PROTOCOL, "it sends without end");
		return ERR_LIMIT;
	}
	enum err e = io_write_exactly(v->file_fd, data, len, IO_NO_DEADLINE);

	v->file_size += len;
	if (e != OK)
		talk_fail(v->r, TALK_HERE, REASON_OUTPUT_PLACE, "%s", strerror(errno));
	return e;
}

static enum err
on_data(struct volunteer *v, const unsigned char *p, size_t len)
{
	return v->in_file ? decompressor_add(v->decompressor, p, len, store_piece, v) : ERR_PROTOCOL;
}

static enum err
on_end(struct volunteer *v, const unsigned char *p, size_t len)
{
	struct wire_end end;
	enum err e = wire_get_end(p, len, &end);

	if (e != OK)
		return e;
	if (!v->in_file || !decompressor_has_ended(v->decompressor) || end.size != v->file_size)
		return ERR_PROTOCOL;
	v->in_file = false;
	v->file_fd = -1;
	return OK;
}

/* A compiler that succeeds has written its object. */
static enum err
check_object(struct volunteer *v)
{
	char *object = path_normalise(v->job->cwd, v->job->args->object);
	bool has_object = outputs_has(&v->r->outputs, object);

	free(object);
	if (has_object)
		return OK;
	talk_fail(v->r, TALK_HOST_FAILED, REASON_PROTOCOL, "it sent no %s", v->job->args->object);
	return ERR_PROTOCOL;
}

static enum err
tell_pump(struct volunteer *v, enum wire_type type, const unsigned char *p, size_t len)
{
	return v->on_pump != NULL ? v->on_pump(v->context, type, p, len) : OK;
}

static enum err
on_result(struct volunteer *v, const unsigned char *p, size_t len)
{
	struct wire_result result;
	enum err e = wire_get_result(p, len, &result);

	if (e != OK)
		return e;
	if (result.sum != sum_value(&v->in_sum)) {
		talk_fail(v->r, TALK_HOST_FAILED, REASON_DAMAGED, "from %s", v->job->host);
		return ERR_PROTOCOL;
	}
	if (v->in_file || !v->is_request_complete || tell_pump(v, WIRE_RESULT, p, len) != OK)
		return ERR_PROTOCOL;
	if (result.exit_code == 0 && check_object(v) != OK)
		return ERR_PROTOCOL;
	v->is_over = true;
	v->r->end = TALK_DONE;
	v->r->exit_code = (int)result.exit_code;
	return OK;
}

static enum err
on_refused(struct volunteer *v, const unsigned char *p, size_t len)
{
	struct wire_refused refused;
	enum err e = wire_get_refused(p, len, &refused);

	if (e != OK)
		return e;
	v->is_over = true;
	/* Every volunteer would need the same file, and find the same fault with our request. */
	bool is_ours = refused.reason == REASON_NEEDS_FILE || refused.reason == REASON_PROTOCOL;

	talk_fail(v->r, is_ours ? TALK_HERE : TALK_HOST_FAILED, (enum reason)refused.reason, "%s", refused.text);
	wire_refused_release(&refused);
	return OK;
}

static enum err
on_hello(struct volunteer *v, const unsigned char *p, size_t len)
{
	struct wire_hello hello;
	enum err e = wire_get_hello(p, len, &hello);

	if (e != OK)
		return e;
	v->has_hello = true;
	log_debug("%s: %s, version %u, %u of %u slots busy, %u queued", v->job->host, hello.software,
	          hello.version, hello.running, hello.slots, hello.queued);
	v->features = hello.features;
	if (hello.version != WIRE_VERSION)
		e = ERR_PROTOCOL;
	wire_hello_release(&hello);
	return e == OK ? tell_pump(v, WIRE_HELLO, p, len) : e;
}

static enum err
on_message(struct volunteer *v, enum wire_type type, const unsigned char *p, size_t len)
{
	if (v->has_hello == (type == WIRE_HELLO) || v->is_over)
		return ERR_PROTOCOL;
	switch (type) {
	case WIRE_HELLO:
		return on_hello(v, p, len);
	case WIRE_QUEUED:
		state_enter(v->job->state, STATE_QUEUED, v->job->host, v->job->slot);
		return v->is_request_complete ? tell_pump(v, type, p, len) : OK;
	case WIRE_COMPILE:
		state_enter(v->job->state, STATE_COMPILE, v->job->host, v->job->slot);
		return tell_pump(v, WIRE_COMPILE, p, len);
	case WIRE_FILE:
		return on_file(v, p, len);
	case WIRE_DATA:
		return on_data(v, p, len);
	case WIRE_END:
		return on_end(v, p, len);
	case WIRE_RESULT:
		return on_result(v, p, len);
	case WIRE_REFUSED:
		return on_refused(v, p, len);
	case WIRE_WANT:
	case WIRE_PROOF:
		return v->on_pump != NULL && !v->in_file ? tell_pump(v, type, p, len) : ERR_PROTOCOL;
	case WIRE_JOB:
	case WIRE_RUN:
	case WIRE_MANIFEST:
		break;
	}
	return ERR_PROTOCOL;
}

/* The first bytes: ERR_MISSING when the volunteer speaks something else. */
static enum err
take_magic(struct volunteer *v)
{
	size_t have = v->in.len < WIRE_MAGIC_SIZE ? v->in.len : WIRE_MAGIC_SIZE;

	if (memcmp(v->in.data, WIRE_MAGIC, have) != 0)
		return ERR_MISSING;
	if (have == WIRE_MAGIC_SIZE) {
		v->has_magic = true;
		sum_add(&v->in_sum, WIRE_MAGIC, WIRE_MAGIC_SIZE);
		buffer_remove_front(&v->in, WIRE_MAGIC_SIZE);
	}
	return OK;
}

/* Handles every whole message in v->in. */
static enum err
take_messages(struct volunteer *v)
{
	size_t at = 0;
	enum err e = OK;

	while (e == OK && v->in.len - at >= WIRE_HEADER_SIZE) {
		enum wire_type type;
		size_t len;

		e = wire_get_header(v->in.data + at, WIRE_VOLUNTEER, &type, &len);
		if (e != OK || v->in.len - at - WIRE_HEADER_SIZE < len)
			break;
		e = on_message(v, type, v->in.data + at + WIRE_HEADER_SIZE, len);
		sum_add(&v->in_sum, v->in.data + at, WIRE_HEADER_SIZE + len);
		at += WIRE_HEADER_SIZE + len;
	}
	buffer_remove_front(&v->in, at);
	return e;
}

static enum err
read_some(struct volunteer *v)
{
	ssize_t got = read(v->fd, buffer_reserve(&v->in, IN_SIZE), IN_SIZE);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (got < 0)
		return errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
	if (got == 0)
		return ERR_CLOSED;
	v->r->received += (uint64_t)got;
	v->in.len += (size_t)got;
	if (!v->has_magic) {
		enum err e = take_magic(v);

		if (e != OK || !v->has_magic)
			return e;
	}
	return take_messages(v);
}

static bool
has_bytes(int fd)
{
	unsigned char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

enum err
volunteer_serve(struct volunteer *v, short revents)
{
	enum err e = OK;

	/* Read first: after a refusal nothing more can be written. */
	if (revents & (POLLIN | POLLHUP | POLLERR))
		e = read_some(v);
	if (e == OK && !v->is_over && revents & POLLOUT)
		e = write_some(v);
	/* Nobody listens any more; what was said before may still lie here. */
	for (enum err last = OK; e == ERR_CLOSED && last == OK && !v->is_over;)
		last = has_bytes(v->fd) ? read_some(v) : ERR_CLOSED;
	return v->is_over ? OK : e;
}

enum talk_end
volunteer_end(struct volunteer *v, enum err e)
{
	if (process_caught_signal() != 0)
		return talk_fail(v->r, TALK_STOPPED, REASON_NONE, NULL);
	if (v->is_over)
		return v->r->end;
	/* Nothing, or something else, where "DCC1" should be. */
	if (!v->has_magic && (e == ERR_MISSING || e == ERR_CLOSED))
		return talk_fail(v->r, TALK_NOT_OURS, REASON_PROTOCOL, NULL);
	/* Whoever found the cause has said so already. */
	if (v->r->reason != REASON_NONE)
		return v->r->end;
	return talk_fail_io(v->r, e, v->is_request_complete ? "after the job was sent"
	                                                    : "while the job was sent");
}
