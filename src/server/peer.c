/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buffer.h"
#include "io.h"
#include "log.h"
#include "peer.h"
#include "xalloc.h"

void
peer_init(struct peer *p, int in_fd, int out_fd)
{
	*p = (struct peer){.in_fd = in_fd,
	                   .out_fd = out_fd,
	                   .buffer = xmalloc(PEER_BUFFER_SIZE),
	                   .progress_ms = PEER_PROGRESS_MS,
	                   .answer_deadline_ms = IO_NO_DEADLINE,
	                   .request_deadline_ms = io_now_ms() + PEER_FIRST_BYTES_MS};
	sum_init(&p->in_sum);
	sum_init(&p->out_sum);
	if (io_set_nonblocking(in_fd) != OK || io_set_nonblocking(out_fd) != OK)
		log_warning("cannot make a connection non-blocking: %s", strerror(errno));
}

void
peer_release(struct peer *p)
{
	tls_stream_free(p->secure);
	p->secure = NULL;
	if (p->out_fd != p->in_fd)
		io_close(&p->out_fd);
	io_close(&p->in_fd);
	p->out_fd = -1;
	free(p->buffer);
	p->buffer = NULL;
}

/* A step: ERR_BUSY, then *events is what to wait for. */
static enum err
read_step(struct peer *p, size_t *got, short *events)
{
	if (p->secure != NULL) {
		enum err e = tls_stream_read(p->secure, p->buffer, PEER_BUFFER_SIZE, got);

		*events = tls_stream_events(p->secure);
		return e;
	}
	ssize_t n = read(p->in_fd, p->buffer, PEER_BUFFER_SIZE);

	*events = POLLIN;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return ERR_CLOSED;
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? ERR_BUSY : ERR_SYSTEM;
	*got = (size_t)n;
	return OK;
}

static int64_t
read_deadline(const struct peer *p)
{
	int64_t deadline = io_now_ms() + p->progress_ms;

	return deadline < p->request_deadline_ms ? deadline : p->request_deadline_ms;
}

static enum err
fill(struct peer *p)
{
	int64_t deadline = read_deadline(p);
	size_t got = 0;
	short events;
	enum err e;

	while ((e = read_step(p, &got, &events)) == ERR_BUSY) {
		e = io_wait(p->in_fd, events, deadline);
		if (e != OK)
			return e;
	}
	if (e != OK)
		return e;
	p->start = 0;
	p->end = got;
	p->bytes_in += got;
	return OK;
}

enum err
peer_first_byte(struct peer *p, unsigned char *byte)
{
	int64_t deadline = read_deadline(p);

	for (;;) {
		ssize_t n = recv(p->in_fd, byte, 1, MSG_PEEK);

		if (n == 1)
			return OK;
		if (n == 0 || errno == ECONNRESET)
			return ERR_CLOSED;
		if (errno == ENOTSOCK) {
			*byte = 0;
			return OK;
		}
		if (errno != EINTR && errno != EAGAIN)
			return ERR_SYSTEM;
		enum err e = io_wait(p->in_fd, POLLIN, deadline);

		if (e != OK)
			return e;
	}
}

enum err
peer_secure(struct peer *p, struct tls *tls, char **why)
{
	p->secure = tls_stream_new(tls, p->in_fd);
	return tls_stream_handshake_until(p->secure, p->request_deadline_ms, why);
}

void
peer_send_alert(struct peer *p, enum peer_alert alert)
{
	/* Of type alert, TLS 1.2 (as every record of 1.3 says), 2 bytes: fatal, and which. */
	const unsigned char record[] = {21, 3, 3, 0, 2, 2, (unsigned char)alert};

	if (io_write_exactly(p->out_fd, record, sizeof(record), io_now_ms() + PEER_FAREWELL_MS) != OK)
		log_debug("the client does not listen");
}

enum err
peer_read_some(struct peer *p, size_t max, const unsigned char **data, size_t *len)
{
	/* A client that always has one more byte ready must not escape the total deadline. */
	if (io_now_ms() >= p->request_deadline_ms)
		return ERR_TIMEOUT;
	if (p->start == p->end) {
		enum err e = fill(p);

		if (e != OK)
			return e;
	}
	size_t n = p->end - p->start;

	if (n > max)
		n = max;
	*data = p->buffer + p->start;
	*len = n;
	p->start += n;
	sum_add(&p->in_sum, *data, n);
	return OK;
}

enum err
peer_read(struct peer *p, void *data, size_t n)
{
	unsigned char *to = data;

	while (n > 0) {
		const unsigned char *from;
		size_t got;
		enum err e = peer_read_some(p, n, &from, &got);

		if (e != OK)
			return e;
		memcpy(to, from, got);
		to += got;
		n -= got;
	}
	return OK;
}

void
peer_begin_answer(struct peer *p)
{
	p->answer_deadline_ms = io_now_ms() + PEER_ANSWER_MS;
}

static int64_t
write_deadline(const struct peer *p)
{
	int64_t deadline = io_now_ms() + p->progress_ms;

	return deadline < p->answer_deadline_ms ? deadline : p->answer_deadline_ms;
}

static enum err
write_securely(struct peer *p, const void *data, size_t n)
{
	int64_t deadline = write_deadline(p);
	const unsigned char *from = data;

	while (n > 0) {
		size_t done = 0;
		enum err e = tls_stream_write(p->secure, from, n, &done);

		if (e == ERR_BUSY)
			e = io_wait(p->out_fd, tls_stream_events(p->secure), deadline);
		if (e != OK)
			return e;
		p->bytes_out += done;
		from += done;
		n -= done;
	}
	return OK;
}

/* One after the other would make a record, and a write(2), of each frame's header. */
static enum err
write_pieces_securely(struct peer *p, const struct iovec *iov, int count)
{
	struct buffer whole = {0};

	for (int i = 0; i < count; i++)
		buffer_add(&whole, iov[i].iov_base, iov[i].iov_len);
	enum err e = write_securely(p, whole.data, whole.len);

	buffer_release(&whole);
	return e;
}

enum err
peer_writev(struct peer *p, struct iovec *iov, int count)
{
	size_t n = 0;

	for (int i = 0; i < count; i++) {
		n += iov[i].iov_len;
		sum_add(&p->out_sum, iov[i].iov_base, iov[i].iov_len);
	}
	if (p->secure != NULL)
		return write_pieces_securely(p, iov, count);
	enum err e = io_writev_exactly(p->out_fd, iov, count, write_deadline(p));

	if (e == OK)
		p->bytes_out += n;
	return e;
}

enum err
peer_write(struct peer *p, const void *data, size_t n)
{
	const unsigned char *from = data;

	sum_add(&p->out_sum, data, n);
	while (n > 0) {
		size_t piece = n < PEER_BUFFER_SIZE ? n : PEER_BUFFER_SIZE;
		enum err e = p->secure != NULL
		                     ? write_securely(p, from, piece)
		                     : io_write_exactly(p->out_fd, from, piece, write_deadline(p));

		if (e != OK)
			return e;
		p->bytes_out += p->secure != NULL ? 0 : piece;
		from += piece;
		n -= piece;
	}
	return OK;
}

enum err
peer_send(struct peer *p, struct buffer *b)
{
	enum err e = peer_write(p, b->data, b->len);

	buffer_release(b);
	return e;
}

void
peer_finish(struct peer *p)
{
	int64_t deadline = io_now_ms() + PEER_FAREWELL_MS;

	if (p->secure != NULL)
		tls_stream_close(p->secure);
	if (p->out_fd != p->in_fd)
		io_close(&p->out_fd);
	else if (shutdown(p->out_fd, SHUT_WR) < 0)
		return;
	while (io_now_ms() < deadline) {
		ssize_t n = read(p->in_fd, p->buffer, PEER_BUFFER_SIZE);

		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n == 0 || errno != EAGAIN)
			return;
		if (io_wait(p->in_fd, POLLIN, deadline) != OK)
			return;
	}
}
