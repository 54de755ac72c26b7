/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread, one table of callers. A scan may take long when the compiler has to be asked; while it
 * runs, alive() is called, which lets new callers in and tells everybody who waits that we live.
 *
 * Serving ends in two steps. First retire(): the socket vanishes and the lock is free, so that the next
 * client starts another server; then those who are here are served to the end, for a while.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk.h"
#include "caller.h"
#include "io.h"
#include "log.h"
#include "process.h"
#include "serve.h"
#include "xalloc.h"

/* Signs of life are given so often; clients are promised one every SCAN_BUSY_MS, also on a machine that is late. */
#define TICK_MS 30
/* After retire(), clients that are not done after so long are left. */
#define FAREWELL_MS 60000
/* Is the socket still there? What has the kernel to report of files? */
#define LOOK_MS 5000
#define HEAR_MS 1000
/* Beyond this many bytes of caches it is better to begin anew. */
#define MEMORY_MAX ((uint64_t)1 << 30)
#define MEMORY_EVERY 64u

struct server {
	const struct serve_options *options;
	int listener, lock;
	struct desk desk;
	struct caller **callers;
	size_t count, cap;
	struct pollfd *fds;           /* room for all callers and FIXED more */
	int64_t tick_ms;              /* when signs of life were given last */
	int64_t look_ms, hear_ms;
	int64_t busy_ms;              /* when a caller was here last */
	int64_t retired_ms;           /* 0: not yet */
	struct stat program;          /* as it was at the start */
	struct stat socket;
	uint64_t turns;
	unsigned scans;               /* since memory was looked at */
	char *program_path;
};

enum { POLL_LISTENER, POLL_FIXED };

static void
retire(struct server *s, const char *why)
{
	struct stat st;

	if (s->retired_ms != 0)
		return;
	log_info("no new clients: %s", why);
	/* Only while the lock is ours: the next one makes its own. */
	if (stat(s->options->meeting->socket, &st) == 0 && st.st_ino == s->socket.st_ino &&
	    st.st_dev == s->socket.st_dev)
		unlink(s->options->meeting->socket);
	io_close(&s->listener);
	io_close(&s->lock);
	s->retired_ms = io_now_ms();
}

/* Callers come and go. */

static void
add_caller(struct server *s, int fd)
{
	if (s->count == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 64;
		s->callers = xrealloc(s->callers, s->cap * sizeof(struct caller *));
		s->fds = xrealloc(s->fds, (s->cap + POLL_FIXED) * sizeof(*s->fds));
	}
	s->callers[s->count++] = caller_new(fd, io_now_ms());
	s->desk.tally.connections++;
	if (s->count > s->desk.tally.most_at_once)
		s->desk.tally.most_at_once = s->count;
}

static void
accept_callers(struct server *s)
{
	while (s->listener >= 0) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			add_caller(s, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			log_warning("no descriptor for another client: %s", strerror(errno));
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

static void
drop_caller(struct server *s, size_t i)
{
	struct caller *c = s->callers[i];

	if (c->shipment != NULL && c->is_known)
		s->desk.tally.delivered++;
	else if (c->shipment != NULL)
		s->desk.tally.abandoned++;
	caller_free(c);
	s->callers[i] = s->callers[--s->count];
}

/* All but those in this stage. */
static void
drop_callers(struct server *s, enum caller_stage but)
{
	for (size_t i = s->count; i-- > 0;)
		if (s->callers[i]->stage != but)
			drop_caller(s, i);
}

/* The order of the others may change: turns are taken by the time of coming. */
static void
drop_finished(struct server *s)
{
	for (size_t i = s->count; i-- > 0;) {
		const struct caller *c = s->callers[i];

		if (c->is_gone || (c->stage == CALLER_OVER && caller_backlog(c) == 0))
			drop_caller(s, i);
	}
}

/* Signs of life. */

static void
tell_waiting(struct server *s, int64_t now_ms)
{
	for (size_t i = 0; i < s->count; i++) {
		struct caller *c = s->callers[i];

		if (!caller_is_waiting(c) || now_ms - c->spoke_ms < TICK_MS)
			continue;
		scan_put_empty(&c->out, SCAN_BUSY);
		caller_write(c, now_ms);
		s->desk.tally.busies++;
	}
}

static void
give_signs(struct server *s, int64_t now_ms)
{
	if (now_ms - s->tick_ms < TICK_MS)
		return;
	s->tick_ms = now_ms;
	tell_waiting(s, now_ms);
}

/* The same in the middle of a scan, when nobody else accepts. */
static void
alive(void *context)
{
	struct server *s = context;
	int64_t now_ms = io_now_ms();

	if (now_ms - s->tick_ms < TICK_MS)
		return;
	accept_callers(s);
	give_signs(s, now_ms);
}

/* Work. */

static void
serve_caller(struct server *s, struct caller *c)
{
	switch (c->stage) {
	case CALLER_ASKED:
		desk_request(&s->desk, c);
		s->scans++;
		break;
	case CALLER_WAITS:
		desk_waiting(&s->desk, c);
		break;
	case CALLER_GETS:
		desk_more(&s->desk, c);
		break;
	case CALLER_TALKS:
	case CALLER_STAYS:
	case CALLER_OVER:
		return;
	}
	caller_write(c, io_now_ms());
}

/* Who has asked and waits for longest; NULL: nobody. */
static struct caller *
find_next(const struct server *s)
{
	struct caller *next = NULL;

	for (size_t i = 0; i < s->count; i++) {
		struct caller *c = s->callers[i];

		if (c->stage == CALLER_ASKED && !c->is_gone && (next == NULL || c->turn < next->turn))
			next = c;
	}
	return next;
}

/* One request; then those who wait for another's delivery, and those who take what they wanted. */
static void
work(struct server *s)
{
	struct caller *next = find_next(s);

	if (next != NULL)
		serve_caller(s, next);
	/* alive() may append to the table. */
	for (size_t i = 0; i < s->count; i++) {
		struct caller *c = s->callers[i];

		if (!c->is_gone && (c->stage == CALLER_WAITS || c->stage == CALLER_GETS))
			serve_caller(s, c);
	}
	desk_audit(&s->desk);
	if (s->desk.must_stop)
		retire(s, "it was told to stop");
}

static void
read_caller(struct server *s, struct caller *c)
{
	bool has_asked;

	caller_read(c, &has_asked);
	if (has_asked)
		c->turn = ++s->turns;
	if (c->is_foreign)
		retire(s, "a client of another version came");
}

static void
look_around(struct server *s, int64_t now_ms)
{
	struct stat st;

	if (now_ms - s->look_ms < LOOK_MS || s->retired_ms != 0)
		return;
	s->look_ms = now_ms;
	if (stat(s->options->meeting->socket, &st) < 0 || st.st_ino != s->socket.st_ino)
		retire(s, "the socket is gone");
}

/*
 * Each scan reads the reports first. In between it is enough that not too many pile up: to wake for each
 * would cost more than the scans where many files change (below /tmp, or while objects are written).
 */
static void
hear(struct server *s, int64_t now_ms)
{
	if (now_ms - s->hear_ms < HEAR_MS)
		return;
	s->hear_ms = now_ms;
	resolver_hear(closure_resolver(s->desk.closure));
}

static bool
is_same_program(const struct server *s)
{
	struct stat st;

	return stat(s->program_path, &st) == 0 && st.st_ino == s->program.st_ino &&
	       st.st_dev == s->program.st_dev && st.st_mtim.tv_sec == s->program.st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == s->program.st_mtim.tv_nsec;
}

/* An installation has replaced us: whoever comes now shall get the new one. */
static void
look_at_program(struct server *s)
{
	if (s->retired_ms == 0 && !is_same_program(s))
		retire(s, "there is another program file");
}

static void
look_at_memory(struct server *s)
{
	struct resolver_counts r;
	struct shipping_counts c;

	if (s->scans < MEMORY_EVERY)
		return;
	s->scans = 0;
	resolver_count(closure_resolver(s->desk.closure), &r);
	shipping_count(s->desk.shipping, &c);
	if (r.memory + c.memory > MEMORY_MAX)
		retire(s, "it has grown too large");
}

/* The loop. */

static size_t
fill_poll(struct server *s)
{
	if (s->fds == NULL)
		s->fds = xcalloc(POLL_FIXED, sizeof(*s->fds));
	s->fds[POLL_LISTENER] = (struct pollfd){.fd = s->listener, .events = POLLIN};
	for (size_t i = 0; i < s->count; i++)
		s->fds[POLL_FIXED + i] = (struct pollfd){.fd = s->callers[i]->fd,
		                                         .events = caller_events(s->callers[i])};
	return POLL_FIXED + s->count;
}

static bool
has_work(const struct server *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct caller *c = s->callers[i];

		if (c->stage == CALLER_ASKED || (c->stage == CALLER_GETS && caller_backlog(c) == 0))
			return true;
	}
	return false;
}

static bool
has_waiting(const struct server *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (caller_is_waiting(s->callers[i]))
			return true;
	return false;
}

/* Until when nothing need be done if nothing happens. */
static int64_t
next_deadline(const struct server *s)
{
	int64_t now_ms = io_now_ms();
	int64_t deadline = now_ms + LOOK_MS;

	if (has_work(s))
		return now_ms;
	if (has_waiting(s))
		return now_ms + TICK_MS;
	if (s->count != 0)
		deadline = now_ms + HEAR_MS;
	if (s->retired_ms != 0)
		return s->retired_ms + FAREWELL_MS;
	if (s->options->idle_ms != 0 && s->count == 0 && s->busy_ms + s->options->idle_ms < deadline)
		deadline = s->busy_ms + s->options->idle_ms;
	return deadline;
}

static void
handle_events(struct server *s, size_t polled)
{
	int64_t now_ms = io_now_ms();

	/* Those that are accepted below stand behind, and have not been polled. */
	for (size_t i = POLL_FIXED; i < polled; i++) {
		struct caller *c = s->callers[i - POLL_FIXED];

		if (s->fds[i].revents & POLLOUT)
			caller_write(c, now_ms);
		if (s->fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			read_caller(s, c);
	}
	if (s->fds[POLL_LISTENER].revents != 0) {
		size_t before = s->count;

		accept_callers(s);
		/* A client writes as soon as it is connected. */
		for (size_t i = before; i < s->count; i++)
			read_caller(s, s->callers[i]);
		look_at_program(s);
	}
}

/* Callers that are still to be served. */
static size_t
count_served(const struct server *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->callers[i]->stage != CALLER_STAYS)
			count++;
	return count;
}

static bool
is_over(const struct server *s)
{
	int64_t now_ms = io_now_ms();

	if (s->retired_ms != 0)
		return count_served(s) == 0 || now_ms - s->retired_ms >= FAREWELL_MS;
	return s->options->idle_ms != 0 && s->count == 0 && now_ms - s->busy_ms >= s->options->idle_ms;
}

static void
loop(struct server *s)
{
	while (!is_over(s)) {
		size_t polled = fill_poll(s);
		enum err e = process_poll(s->fds, (unsigned)polled, next_deadline(s));

		if (e == ERR_CLOSED || e == ERR_SYSTEM)
			return;
		if (e == OK)
			handle_events(s, polled);
		work(s);
		drop_finished(s);
		int64_t now_ms = io_now_ms();

		if (s->count != 0)
			s->busy_ms = now_ms;
		give_signs(s, now_ms);
		hear(s, now_ms);
		look_around(s, now_ms);
		look_at_memory(s);
	}
}

static void
start(struct server *s)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own));

	s->program_path = n > 0 && (size_t)n < sizeof(own) ? xstrndup(own, (size_t)n) : xstrdup("");
	if (stat(s->program_path, &s->program) < 0 ||
	    stat(s->options->meeting->socket, &s->socket) < 0)
		log_debug("cannot look at our own files: %s", strerror(errno));
	s->busy_ms = s->look_ms = io_now_ms();
	s->desk = (struct desk){
		.closure = closure_new(s->options->base),
		.shipping = shipping_new(s->options->client),
		.audit = audit_new(s->options->meeting->dir),
		.tally = {.start_ms = s->busy_ms},
		.alive = {alive, s},
	};
}

void
serve_run(const struct serve_options *o)
{
	struct server s = {.options = o, .listener = o->listener, .lock = o->lock};

	start(&s);
	loop(&s);
	retire(&s, process_caught_signal() != 0 ? "a signal came" : "it is idle");
	/* Who told us to stop waits for the close of its connection: that comes last. */
	drop_callers(&s, CALLER_STAYS);
	audit_free(s.desk.audit);
	shipping_free(s.desk.shipping);
	closure_free(s.desk.closure);
	drop_callers(&s, CALLER_OVER);
	free(s.callers);
	free(s.fds);
	free(s.program_path);
}
