/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caller.h"
#include "io.h"
#include "log.h"
#include "xalloc.h"

#define READ_SIZE ((size_t)16 << 10)

struct caller *
caller_new(int fd, int64_t now_ms)
{
	struct caller *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->spoke_ms = now_ms;
	return c;
}

void
caller_free(struct caller *c)
{
	if (c == NULL)
		return;
	io_close(&c->fd);
	buffer_release(&c->in);
	buffer_release(&c->out);
	scan_request_release(&c->request);
	scan_want_release(&c->want);
	shipment_free(c->shipment);
	free(c);
}

size_t
caller_backlog(const struct caller *c)
{
	return c->out.len - c->out_done;
}

bool
caller_is_waiting(const struct caller *c)
{
	return !c->is_gone && c->stage != CALLER_OVER && c->stage != CALLER_STAYS && caller_backlog(c) == 0 &&
	       (c->stage != CALLER_TALKS || c->shipment == NULL);
}

short
caller_events(const struct caller *c)
{
	/* Also while it waits for us: an end of the connection shall be noticed. */
	return (short)(POLLIN | (caller_backlog(c) != 0 ? POLLOUT : 0));
}

/* What may be said when. */
static bool
is_in_order(const struct caller *c, enum scan_type type)
{
	bool is_later = type == SCAN_WANT || type == SCAN_KNOWN;

	return c->stage == CALLER_TALKS && is_later == (c->shipment != NULL);
}

static enum err
take_message(struct caller *c, enum scan_type type, const unsigned char *p, size_t len)
{
	if (!is_in_order(c, type))
		return ERR_PROTOCOL;
	c->asked = type;
	switch (type) {
	case SCAN_ASK:
	case SCAN_LIST:
	case SCAN_DIFFERS:
		return scan_get_request(p, len, &c->request);
	case SCAN_WANT:
		return scan_get_want(p, len, &c->want);
	case SCAN_KNOWN:
		c->is_known = true;
		shipment_delivered(c->shipment);
		return OK;
	case SCAN_STATISTICS:
	case SCAN_STOP:
	case SCAN_BUSY:
	case SCAN_ANSWER:
	case SCAN_RELAY:
	case SCAN_TEXT:
	case SCAN_END:
		break;
	}
	return OK;
}

static enum err
take_messages(struct caller *c, bool *has_asked)
{
	size_t at = 0;
	enum err e = OK;

	while (e == OK && c->stage == CALLER_TALKS && c->in.len - at >= SCAN_HEADER_SIZE) {
		enum scan_type type;
		size_t len;

		e = scan_get_header(c->in.data + at, SCAN_CLIENT, &type, &len);
		if (e != OK || c->in.len - at - SCAN_HEADER_SIZE < len)
			break;
		e = take_message(c, type, c->in.data + at + SCAN_HEADER_SIZE, len);
		at += SCAN_HEADER_SIZE + len;
		if (e == OK && type != SCAN_KNOWN) {
			c->stage = CALLER_ASKED;
			*has_asked = true;
		}
	}
	buffer_remove_front(&c->in, at);
	return e;
}

void
caller_read(struct caller *c, bool *has_asked)
{
	ssize_t n = read(c->fd, buffer_reserve(&c->in, READ_SIZE), READ_SIZE);

	*has_asked = false;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->is_gone = true;
		return;
	}
	c->in.len += (size_t)n;
	enum err e = c->in.len > SCAN_REQUEST_MAX + READ_SIZE ? ERR_LIMIT : take_messages(c, has_asked);

	c->is_foreign = e == ERR_USAGE;
	if (e != OK) {
		log_warning("a client does not speak our language: %s", err_name(e));
		c->is_gone = true;
	}
}

void
caller_write(struct caller *c, int64_t now_ms)
{
	while (caller_backlog(c) != 0) {
		ssize_t n = send(c->fd, c->out.data + c->out_done, caller_backlog(c), MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			c->is_gone = errno != EAGAIN;
			break;
		}
		c->out_done += (size_t)n;
		c->spoke_ms = now_ms;
	}
	if (c->out_done == c->out.len) {
		buffer_release(&c->out);
		c->out_done = 0;
	}
}

void
caller_settle(struct caller *c)
{
	c->stage = CALLER_TALKS;
	scan_request_release(&c->request);
	scan_want_release(&c->want);
}
