/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job with a stock distccd, protocol 1 (raw) or 2 (LZO). The length of the text comes before the text, so cpp
 * writes to an unnamed file first; nothing is half-closed, because distccd takes that for a client that died. A
 * refusal is a closed connection, seen as an end, a reset or a broken pipe.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compress.h"
#include "distcc_wire.h"
#include "io.h"
#include "preprocess.h"
#include "process.h"
#include "silence.h"
#include "talk.h"

#define COPY_SIZE ((size_t)64 << 10)

struct distcc {
	const struct talk_job *job;
	struct talk_result *r;
	int fd;
	bool is_over_ssh;
	enum distcc_protocol protocol;
	struct preprocess *cpp;
	bool is_sent;
};

/* Waits for the socket within the timeout of silence. */
static enum err
wait_socket(const struct distcc *d, short events)
{
	struct silence silence = {.fd = d->fd, .limit_ms = d->job->io_timeout_ms};
	struct pollfd p = {.fd = d->fd, .events = events};
	enum err e;

	silence_begin(&silence);
	do {
		e = process_poll(&p, 1, silence.deadline_ms);
		if (e == ERR_TIMEOUT)
			e = silence_judge(&silence);
	} while (e == OK && p.revents == 0);
	return e;
}

static enum err
send_bytes(struct distcc *d, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len > 0) {
		ssize_t n = send(d->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
		if (n < 0) {
			enum err e = wait_socket(d, POLLOUT);

			if (e != OK)
				return e;
			continue;
		}
		p += n;
		len -= (size_t)n;
		d->r->sent += (uint64_t)n;
	}
	return OK;
}

static enum err
receive_bytes(struct distcc *d, void *data, size_t len)
{
	unsigned char *p = data;

	while (len > 0) {
		ssize_t n = read(d->fd, p, len);

		if (n == 0)
			return ERR_CLOSED;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
		if (n < 0) {
			enum err e = wait_socket(d, POLLIN);

			if (e != OK)
				return e;
			continue;
		}
		p += n;
		len -= (size_t)n;
		d->r->received += (uint64_t)n;
	}
	return OK;
}

/* DIST, ARGC and the arguments. cc and c++ may be anything elsewhere: they are named as what they are here. */
static enum err
put_command(const struct distcc *d, struct buffer *b)
{
	struct strv argv = {0};
	bool is_clang = d->job->identity->compiler == ARGS_CLANG;

	if (!args_distcc_command(d->job->args, &argv))
		return ERR_BUG;
	if (strcmp(argv.items[0], "cc") == 0)
		strv_set(&argv, 0, is_clang ? "clang" : "gcc");
	else if (strcmp(argv.items[0], "c++") == 0)
		strv_set(&argv, 0, is_clang ? "clang++" : "g++");
	distcc_put_token(b, "DIST", (uint32_t)d->protocol);
	distcc_put_token(b, "ARGC", (uint32_t)argv.count);
	for (size_t i = 0; i < argv.count; i++)
		distcc_put_string(b, "ARGV", argv.items[i]);
	strv_release(&argv);
	return OK;
}

static enum err
send_raw_text(struct distcc *d, struct buffer *head, size_t size)
{
	unsigned char data[COPY_SIZE / 8];

	distcc_put_token(head, "DOTI", (uint32_t)size);
	enum err e = send_bytes(d, head->data, head->len);

	while (e == OK && size > 0) {
		ssize_t n = read(d->cpp->file_fd, data, size < sizeof(data) ? size : sizeof(data));

		/* Shorter than announced: the source was cut under our hands. */
		if (n <= 0)
			return ERR_SYSTEM;
		e = send_bytes(d, data, (size_t)n);
		size -= (size_t)n;
	}
	return e;
}

static enum err
send_lzo_text(struct distcc *d, struct buffer *head, size_t size)
{
	struct buffer packed = {0};

	if (size != 0) {
		void *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, d->cpp->file_fd, 0);

		if (text == MAP_FAILED)
			return ERR_SYSTEM;
		compress_lzo(text, size, &packed);
		munmap(text, size);
	}
	distcc_put_token(head, "DOTI", (uint32_t)packed.len);
	enum err e = send_bytes(d, head->data, head->len);

	if (e == OK)
		e = send_bytes(d, packed.data, packed.len);
	buffer_release(&packed);
	return e;
}

static enum err
send_request(struct distcc *d)
{
	struct buffer head = {0};
	struct stat st;

	if (fstat(d->cpp->file_fd, &st) < 0 || lseek(d->cpp->file_fd, 0, SEEK_SET) < 0)
		return ERR_SYSTEM;
	if (st.st_size > (off_t)(BUFFER_MAX / 2))
		return ERR_LIMIT;
	enum err e = put_command(d, &head);

	state_enter(d->job->state, STATE_SEND, d->job->host, d->job->slot);
	if (e == OK)
		e = d->protocol == DISTCC_LZO ? send_lzo_text(d, &head, (size_t)st.st_size)
		                              : send_raw_text(d, &head, (size_t)st.st_size);

	buffer_release(&head);
	d->is_sent = e == OK;
	return e;
}

static enum err
receive_token(struct distcc *d, const char name[4], uint32_t *value)
{
	unsigned char bytes[DISTCC_TOKEN_SIZE];
	enum err e = receive_bytes(d, bytes, sizeof(bytes));

	return e == OK ? distcc_get_token(bytes, name, value) : e;
}

static enum err
write_out(struct distcc *d, int fd, const void *data, size_t len)
{
	enum err e = io_write_exactly(fd, data, len, IO_NO_DEADLINE);

	if (e != OK)
		talk_fail(d->r, TALK_HERE, REASON_OUTPUT_PLACE, "%s", strerror(errno));
	return e;
}

static enum err
receive_raw(struct distcc *d, size_t len, int fd)
{
	unsigned char data[COPY_SIZE / 8];
	enum err e = OK;

	while (e == OK && len > 0) {
		size_t n = len < sizeof(data) ? len : sizeof(data);

		e = receive_bytes(d, data, n);
		if (e == OK)
			e = write_out(d, fd, data, n);
		len -= n;
	}
	return e;
}

/* Memory is taken as the bytes arrive, whatever length was announced. */
static enum err
receive_packed(struct distcc *d, size_t len, struct buffer *packed)
{
	enum err e = OK;

	while (e == OK && packed->len < len) {
		size_t left = len - packed->len, n = left < COPY_SIZE ? left : COPY_SIZE;

		e = receive_bytes(d, buffer_reserve(packed, n), n);
		packed->len += n;
	}
	return e;
}

static enum err
receive_lzo(struct distcc *d, size_t len, int fd)
{
	struct buffer packed = {0}, plain = {0};

	if (len > BUFFER_MAX / 2)
		return ERR_LIMIT;
	enum err e = receive_packed(d, len, &packed);

	if (e == OK)
		e = decompress_lzo(packed.data, len, BUFFER_MAX, &plain);
	if (e == OK)
		e = write_out(d, fd, plain.data, plain.len);
	buffer_release(&packed);
	buffer_release(&plain);
	return e;
}

/* The body of a bulk token, into fd. */
static enum err
receive_bulk(struct distcc *d, size_t len, int fd)
{
	if (len > DISTCC_BULK_MAX)
		return ERR_LIMIT;
	if (d->protocol == DISTCC_LZO && len != 0)
		return receive_lzo(d, len, fd);
	return receive_raw(d, len, fd);
}

static enum err
receive_messages(struct distcc *d, const char name[4], int *fd)
{
	uint32_t len;
	enum err e = receive_token(d, name, &len);

	if (e != OK || len == 0)
		return e;
	e = talk_open_unnamed(d->job->tmpdir, fd);
	if (e != OK) {
		talk_fail(d->r, TALK_HERE, REASON_NO_STATE, NULL);
		return e;
	}
	return receive_bulk(d, len, *fd);
}

static enum err
receive_object(struct distcc *d, uint32_t status)
{
	uint32_t len;
	int fd;
	enum err e = receive_token(d, "DOTO", &len);

	if (e != OK)
		return e;
	if (status != 0)
		return len == 0 ? OK : ERR_PROTOCOL;
	e = outputs_add(&d->r->outputs, d->job->args->object, OUTPUTS_REPLACE, 0666, &fd);
	if (e != OK) {
		talk_fail(d->r, TALK_HERE, REASON_OUTPUT_PLACE, NULL);
		return e;
	}
	return receive_bulk(d, len, fd);
}

static enum err
receive_reply(struct distcc *d)
{
	uint32_t version, status;
	enum err e;

	state_enter(d->job->state, STATE_COMPILE, d->job->host, d->job->slot);
	e = receive_token(d, "DONE", &version);
	if (e == OK && version != (uint32_t)d->protocol)
		e = ERR_PROTOCOL;
	if (e != OK)
		return e;
	state_enter(d->job->state, STATE_RECEIVE, d->job->host, d->job->slot);
	e = receive_token(d, "STAT", &status);
	if (e == OK)
		e = receive_messages(d, "SERR", &d->r->stderr_fd);
	if (e == OK)
		e = receive_messages(d, "SOUT", &d->r->stdout_fd);
	if (e == OK)
		e = receive_object(d, status);
	d->r->exit_code = process_exit_code((int)(status & 0xffff));
	return e;
}

/* Waits for cpp's end; its text is whole then. */
static enum err
finish_preprocessing(struct distcc *d)
{
	enum err e = OK;

	d->cpp->is_read = true;
	while (e == OK && d->cpp->err_fd >= 0) {
		struct pollfd p = {.fd = d->cpp->err_fd, .events = POLLIN};

		e = process_poll(&p, 1, IO_NO_DEADLINE);
		if (e == OK && p.revents != 0)
			e = preprocess_read_messages(d->cpp);
	}
	return e == OK ? preprocess_finish(d->cpp) : e;
}

static enum talk_end
run(struct distcc *d)
{
	enum err e = finish_preprocessing(d);

	if (process_caught_signal() != 0)
		return talk_fail(d->r, TALK_STOPPED, REASON_NONE, NULL);
	if (e != OK)
		return talk_fail(d->r, TALK_HERE, REASON_CPP_FAILED, NULL);
	d->r->reason = REASON_NONE;
	e = send_request(d);
	if (e == OK)
		e = receive_reply(d);
	if (e == OK) {
		d->r->end = TALK_DONE;
		return TALK_DONE;
	}
	if (d->r->reason != REASON_NONE)
		return d->r->end;
	if (e == ERR_CLOSED && d->r->received == 0)
		return talk_fail(d->r, TALK_HOST_FAILED, REASON_REFUSED, "%s",
		                 d->is_over_ssh ? "ssh, or the daemon that it starts there, ended without a word"
		                                : "see the log of its distccd for the cause");
	return talk_fail_io(d->r, e, d->is_sent ? "while waiting for the result" : "while sending");
}

enum talk_end
talk_distcc(const struct talk_job *job, struct connection *c, struct preprocess *cpp, bool has_lzo,
            struct talk_result *r)
{
	struct distcc d = {.job = job,
	                   .r = r,
	                   .fd = c->fd,
	                   .is_over_ssh = job->state->state.link == STATE_LINK_SSH,
	                   .protocol = has_lzo ? DISTCC_LZO : DISTCC_RAW,
	                   .cpp = cpp};
	enum talk_end end = run(&d);

	buffer_add(&r->cpp_messages, cpp->messages.data, cpp->messages.len);
	return end;
}
