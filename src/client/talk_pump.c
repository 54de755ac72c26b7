/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job in pump mode. What the include server gives is passed on to the volunteer unread:
 *
 *     sending:   "DCC1" Hello Job <Manifest Blob...> Run [Want: <Blob...> Run]...
 *
 * Nothing of the result counts before Proof has shown that the compiler there has read the files that the
 * include server predicted.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "io.h"
#include "jobmessage.h"
#include "log.h"
#include "process.h"
#include "pump.h"
#include "talk.h"
#include "volunteer.h"
#include "wire.h"
#include "xalloc.h"

/* More than this waiting to be sent: the include server has to wait too. */
#define OUT_HIGH ((size_t)256 << 10)
#define LIST_MAX ((size_t)4 << 20)
/* Lines of a difference that are logged. */
#define LINES_MAX 20u

struct pumping {
	struct volunteer v;
	struct pump *pump;
	const struct scan_answer *answer;
	bool is_relaying;  /* the include server has something to say */
	bool is_delivered; /* it was told that the volunteer has everything */
	bool has_proof;
	unsigned wants;
};

/* From the include server to the volunteer. */

static enum err
lose_server(struct pumping *n, enum err e)
{
	talk_fail(n->v.r, TALK_NO_PUMP, REASON_NO_SERVER, "it was lost in the middle of the job: %s", err_name(e));
	return ERR_DENIED;
}

static enum err
relay(struct pumping *n)
{
	struct pump_message m;
	enum err e = OK;

	while (n->is_relaying && (e = pump_take(n->pump, &m)) == OK) {
		if (m.type == SCAN_RELAY) {
			buffer_add(&n->v.out, m.body, m.len);
		} else if (m.type == SCAN_END) {
			n->is_relaying = false;
			volunteer_send_run(&n->v);
		} else {
			return lose_server(n, ERR_PROTOCOL);
		}
	}
	return e == OK || e == ERR_MISSING ? OK : lose_server(n, e);
}

static enum err
serve_pump(struct pumping *n)
{
	enum err e = pump_read(n->pump);

	return e == OK ? relay(n) : lose_server(n, e);
}

/* From the volunteer. */

static enum err
on_want(struct pumping *n, const unsigned char *p, size_t len)
{
	struct wire_want want;
	struct buffer b = {0};

	if (!n->v.is_request_complete || n->is_delivered || ++n->wants > WIRE_WANT_ROUNDS)
		return ERR_PROTOCOL;
	enum err e = wire_get_want(p, len, &want);

	if (e != OK)
		return e;
	scan_put_want(&b, &(struct scan_want){want.numbers, want.count});
	wire_want_release(&want);
	n->v.is_request_complete = false;
	n->is_relaying = true;
	e = pump_send(n->pump, &b);
	buffer_release(&b);
	return e == OK ? OK : lose_server(n, e);
}

/* A server that is gone need not know. */
static void
tell_delivered(struct pumping *n)
{
	struct buffer b = {0};

	if (n->is_delivered)
		return;
	n->is_delivered = true;
	scan_put_empty(&b, SCAN_KNOWN);
	if (pump_send(n->pump, &b) != OK)
		log_debug("the include server is gone");
	buffer_release(&b);
}

static enum err
on_proof(struct pumping *n, const unsigned char *p, size_t len)
{
	struct wire_proof proof;
	enum err e = wire_get_proof(p, len, &proof);

	if (e != OK)
		return e;
	if (n->has_proof || !n->v.is_request_complete)
		return ERR_PROTOCOL;
	n->has_proof = true;
	const unsigned char *expected =
		proof.kind == WIRE_PROOF_ALL ? n->answer->expected : n->answer->expected_user;

	if (memcmp(proof.digest, expected, SCAN_DIGEST_SIZE) == 0)
		return OK;
	talk_fail(n->v.r, TALK_HERE, REASON_PROOF, "on %s", n->v.job->host);
	n->v.is_over = true;
	return OK;
}

static enum err
on_hello(struct pumping *n)
{
	if (n->v.features & WIRE_FEATURE_PUMP)
		return OK;
	talk_fail(n->v.r, TALK_NO_PUMP, REASON_NO_PUMP, "%s", n->v.job->host);
	return ERR_DENIED;
}

static enum err
on_message(void *context, enum wire_type type, const unsigned char *p, size_t len)
{
	struct pumping *n = context;

	if (type == WIRE_HELLO)
		return on_hello(n);
	if (type == WIRE_WANT)
		return on_want(n, p, len);
	if (type == WIRE_PROOF)
		return on_proof(n, p, len);
	/* Queued, Compile, Result: nothing is wanted any more. */
	tell_delivered(n);
	return type == WIRE_RESULT && !n->has_proof ? ERR_PROTOCOL : OK;
}

/* The loop. */

enum { POLL_VOLUNTEER, POLL_PUMP, POLL_COUNT };

static enum err
wait_for_both(struct pumping *n, struct pollfd fds[POLL_COUNT])
{
	int64_t deadline_ms = n->v.silence.deadline_ms;
	bool has_room = volunteer_backlog(&n->v) < OUT_HIGH;
	bool is_listening = n->is_relaying && has_room;

	fds[POLL_VOLUNTEER] = (struct pollfd){.fd = n->v.fd, .events = volunteer_events(&n->v)};
	fds[POLL_PUMP] = (struct pollfd){.fd = is_listening ? n->pump->fd : -1, .events = POLLIN};
	enum err e = process_poll(fds, POLL_COUNT, is_listening && n->pump->deadline_ms < deadline_ms
	                                                   ? n->pump->deadline_ms
	                                                   : deadline_ms);

	if (e != ERR_TIMEOUT)
		return e;
	if (!is_listening || io_now_ms() < n->pump->deadline_ms)
		return silence_judge(&n->v.silence);
	fds[POLL_VOLUNTEER].revents = fds[POLL_PUMP].revents = 0;
	return pump_extend(n->pump) == OK ? OK : lose_server(n, ERR_TIMEOUT);
}

static enum err
converse(struct pumping *n)
{
	struct pollfd fds[POLL_COUNT];
	enum err e = relay(n);

	/* Most often all of the request is here by now, and goes out with one call. */
	if (e == OK && !n->is_relaying)
		e = volunteer_serve(&n->v, POLLOUT);
	while (e == OK && !n->v.is_over) {
		uint64_t moved = n->v.r->sent + n->v.r->received;

		e = wait_for_both(n, fds);
		if (e == OK && fds[POLL_PUMP].revents != 0)
			e = serve_pump(n);
		if (e == OK)
			e = volunteer_serve(&n->v, fds[POLL_VOLUNTEER].revents);
		/* What came together with something else waits in our memory, where poll(2) does not see it. */
		if (e == OK)
			e = relay(n);
		/* Silence is the volunteer's fault only when it is the volunteer's turn. */
		if (n->v.r->sent + n->v.r->received != moved || n->is_relaying)
			silence_begin(&n->v.silence);
	}
	return e;
}

/* The names that the compiler there has read, one a line. */
static void
read_names(int fd, struct strv *names)
{
	char *text;
	size_t len;

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0 || io_read_to_end(fd, LIST_MAX, &text, &len) != OK)
		return;
	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end != NULL ? (size_t)(end - text) - at : len - at;

		if (memchr(text + at, '\0', n) == NULL)
			strv_take(names, xstrndup(text + at, n));
		at += n + 1;
	}
	free(text);
}

static void
take_names(struct pumping *n, enum talk_end end)
{
	if (end != TALK_HERE || n->v.r->reason != REASON_PROOF)
		return;
	read_names(n->v.list_fd, &n->v.r->names);
	/* A compiler that crashed has not come to writing its list: that is not the volunteer's fault. */
	if (n->v.r->names.count == 0)
		talk_fail(n->v.r, TALK_HERE, REASON_REMOTE_ERROR, "the compiler on %s left no list of what it read", n->v.job->host);
}

enum talk_end
talk_pump(const struct talk_job *job, struct connection *c, struct pump *pump,
          const struct scan_answer *answer, struct talk_result *r)
{
	struct pumping n = {.pump = pump, .answer = answer, .is_relaying = true};

	volunteer_init(&n.v, job, c->fd, r);
	n.v.on_pump = on_message;
	n.v.context = &n;
	jobmessage_put(job, ARGS_FORM_FILES, &n.v.out);
	enum talk_end end = volunteer_end(&n.v, converse(&n));

	take_names(&n, end);
	volunteer_release(&n.v);
	return end;
}
