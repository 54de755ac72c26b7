/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop, two directions, a buffer for each. A direction reads only when its buffer is empty, so whoever does not read
 * slows down whoever writes, and memory stays as it is.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "relay.h"
#include "xalloc.h"

#define SIZE ((size_t)64 << 10)

struct direction {
	unsigned char *bytes;
	size_t start, end;
	bool has_ended; /* nothing more comes from its source */
};

enum { REMOTE, LOCAL, FDS };

struct relay {
	struct tls_stream *stream;
	int local_fd;
	struct direction out; /* from dcc */
	struct direction in;  /* to dcc */
	short events[FDS];
};

static bool
is_empty(const struct direction *d)
{
	return d->start == d->end;
}

static void
fill(struct direction *d, size_t n)
{
	d->start = 0;
	d->end = n;
}

/* What cannot go on now says what it waits for. */
static enum err
wait_for_remote(struct relay *r)
{
	r->events[REMOTE] |= tls_stream_events(r->stream);
	return OK;
}

static enum err
read_local(struct relay *r)
{
	ssize_t n = recv(r->local_fd, r->out.bytes, SIZE, MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return errno == ECONNRESET ? ERR_CLOSED : ERR_SYSTEM;
	if (n == 0)
		return ERR_CLOSED;
	if (n > 0)
		fill(&r->out, (size_t)n);
	else
		r->events[LOCAL] |= POLLIN;
	return OK;
}

/* All that dcc has said, as far as the volunteer takes it. */
static enum err
move_out(struct relay *r)
{
	for (;;) {
		size_t done = 0;
		enum err e = is_empty(&r->out) ? read_local(r) : OK;

		if (e != OK || is_empty(&r->out))
			return e;
		e = tls_stream_write(r->stream, r->out.bytes + r->out.start, r->out.end - r->out.start, &done);
		if (e == ERR_BUSY)
			return wait_for_remote(r);
		if (e != OK)
			return e;
		r->out.start += done;
	}
}

static enum err
write_local(struct relay *r)
{
	ssize_t n = send(r->local_fd, r->in.bytes + r->in.start, r->in.end - r->in.start, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return ERR_CLOSED;
	if (n > 0)
		r->in.start += (size_t)n;
	else
		r->events[LOCAL] |= POLLOUT;
	return OK;
}

/* All that the volunteer has said, as far as dcc takes it. */
static enum err
move_in(struct relay *r)
{
	for (;;) {
		size_t got = 0;
		enum err e = OK;

		if (is_empty(&r->in) && !r->in.has_ended) {
			e = tls_stream_read(r->stream, r->in.bytes, SIZE, &got);
			fill(&r->in, got);
		}
		if (e == ERR_BUSY)
			return wait_for_remote(r);
		if (e == ERR_CLOSED)
			r->in.has_ended = true;
		else if (e != OK)
			return e;
		if (is_empty(&r->in))
			return r->in.has_ended ? ERR_CLOSED : OK;
		size_t before = r->in.start;

		e = write_local(r);
		if (e != OK || r->in.start == before)
			return e;
	}
}

/* A volunteer that has refused reads no more; what it said is still worth having. */
static enum err
move(struct relay *r)
{
	enum err out = move_out(r);
	enum err in = move_in(r);

	if (out == ERR_CLOSED && in == OK && !is_empty(&r->out))
		return OK;
	return in != OK ? in : out;
}

static enum err
run(struct relay *r, int remote_fd)
{
	for (;;) {
		r->events[REMOTE] = r->events[LOCAL] = 0;
		enum err e = move(r);
		struct pollfd fds[FDS] = {{.fd = remote_fd, .events = r->events[REMOTE]},
		                          {.fd = r->local_fd, .events = r->events[LOCAL]}};

		if (e != OK)
			return e;
		if (poll(fds, FDS, -1) < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if ((fds[LOCAL].revents & (POLLHUP | POLLERR)) != 0 && (fds[LOCAL].revents & POLLIN) == 0)
			return ERR_CLOSED;
	}
}

enum err
relay_run(struct tls_stream *stream, int remote_fd, int local_fd)
{
	struct relay r = {.stream = stream,
	                  .local_fd = local_fd,
	                  .out = {.bytes = xmalloc(SIZE)},
	                  .in = {.bytes = xmalloc(SIZE)}};
	enum err e = run(&r, remote_fd);

	tls_stream_close(stream);
	free(r.out.bytes);
	free(r.in.bytes);
	return e;
}

enum err
relay_handshake(struct tls_stream *stream, int remote_fd, int local_fd, int64_t deadline_ms, char **why)
{
	enum err e;

	while ((e = tls_stream_handshake(stream, why)) == ERR_BUSY) {
		struct pollfd fds[FDS] = {{.fd = remote_fd, .events = tls_stream_events(stream)},
		                          {.fd = local_fd}};
		int64_t left = deadline_ms - io_now_ms();

		if (left <= 0)
			return ERR_TIMEOUT;
		if (poll(fds, FDS, (int)left) < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if ((fds[LOCAL].revents & (POLLHUP | POLLERR)) != 0)
			return ERR_CLOSED;
	}
	return e;
}
