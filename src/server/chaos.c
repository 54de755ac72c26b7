/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *     client <-> relay (this process, a child of the job's) <-> job
 *
 * Each direction is a lane that holds at most one piece of bytes until its time has come. Faults are cast when the
 * connection comes, so a fault that lies behind its end never happens, and is not logged.
 *
 * Bits are flipped only in our language: distcc's has no sum that could find them, so what it does to objects is known.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chaos.h"
#include "io.h"
#include "log.h"
#include "wire.h"
#include "xalloc.h"

#define PIECE ((size_t)64 << 10)
/* However slow: a volunteer that is silent for 30 seconds is given up. */
#define HOLD_MAX_MS 8000
/* Once the job is gone, a client gets so long to read the rest and to close. */
#define LINGER_MS 2000
#define VICTIMS_MAX 64

struct lane {
	const char *name;
	int from, to;       /* -1: ended */
	unsigned char *data;
	size_t len, done;
	int64_t due_ms;
	uint64_t moved;
	uint64_t cut_at;    /* CHAOS_NEVER */
};

enum { TO_JOB, TO_CLIENT, LANES };

struct relay {
	const struct chaos_plan *plan;
	const char *client;
	struct chaos_fate fate;
	pid_t job;
	struct lane lanes[LANES];
	int64_t kill_at_ms;
	int64_t moved_ms;    /* when a piece came last */
	int64_t end_ms;
	bool may_flip;
	bool is_over;
	uint64_t pieces, slowed_ms;
};

/* The kernel's list of a process's children, as far as it fits. */
static size_t
list_children(pid_t pid, pid_t *list, size_t room)
{
	char path[64], text[1024];
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	text[n] = '\0';
	fclose(f);
	for (char *p = text, *end; count < room; p = end) {
		long child = strtol(p, &end, 10);

		if (end == p)
			break;
		if (child != (long)getpid())
			list[count++] = (pid_t)child;
	}
	return count;
}

/* As when memory runs out: the job's own process, the jail's first, the driver or the compiler proper. */
static void
kill_somebody(struct relay *r)
{
	pid_t list[VICTIMS_MAX] = {r->job};
	size_t count = 1;

	for (size_t i = 0; i < count; i++)
		count += list_children(list[i], list + count, VICTIMS_MAX - count);
	size_t i = chaos_plan_roll(&r->fate.dice) % count;

	r->kill_at_ms = IO_NO_DEADLINE;
	if (kill(list[i], SIGKILL) == 0)
		log_notice("chaos %s kill: process %zu of %zu", r->client, i + 1, count);
}

static void
drop(struct relay *r)
{
	struct linger now = {.l_onoff = 1};

	log_notice("chaos %s drop: after %llu bytes", r->client,
	           (unsigned long long)(r->lanes[TO_JOB].moved + r->lanes[TO_CLIENT].moved));
	setsockopt(r->lanes[TO_CLIENT].to, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	r->is_over = true;
}

static void
flip(struct relay *r, struct lane *l)
{
	uint64_t bit = chaos_plan_roll(&r->fate.dice) % (l->len * 8);

	log_notice("chaos %s flip: %s, bit %llu of byte %llu", r->client, l->name, (unsigned long long)bit % 8,
	           (unsigned long long)(l->moved + bit / 8));
	l->data[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

/* Nothing more goes that way; what still comes is dropped, so that the sender notices nothing. */
static void
cut(struct relay *r, struct lane *l)
{
	log_notice("chaos %s truncate: %s, after %llu bytes", r->client, l->name, (unsigned long long)l->cut_at);
	shutdown(l->to, SHUT_WR);
	l->to = -1;
	l->len = l->done = 0;
}

/* A piece has come: when it may go on, and what becomes of it. */
static void
treat(struct relay *r, struct lane *l)
{
	int64_t now_ms = io_now_ms(), waited_ms = now_ms - r->moved_ms;
	int64_t slowed_ms = 0;

	if (l == &r->lanes[TO_JOB] && l->moved == 0)
		r->may_flip = l->len >= WIRE_MAGIC_SIZE && memcmp(l->data, WIRE_MAGIC, WIRE_MAGIC_SIZE) == 0;
	if (l == &r->lanes[TO_CLIENT] && r->plan->slowness_percent > 100)
		slowed_ms = waited_ms * (r->plan->slowness_percent - 100) / 100;
	if (slowed_ms > HOLD_MAX_MS)
		slowed_ms = HOLD_MAX_MS;
	l->due_ms = now_ms + r->plan->delay_ms + slowed_ms;
	r->moved_ms = l->due_ms;
	r->slowed_ms += (uint64_t)slowed_ms;
	r->pieces++;
	if (r->may_flip && chaos_plan_happens(r->plan, CHAOS_FLIP, &r->fate.dice))
		flip(r, l);
	if (l->moved + l->len >= l->cut_at)
		l->len = (size_t)(l->cut_at - l->moved);
}

static void
read_piece(struct relay *r, struct lane *l)
{
	ssize_t n = read(l->from, l->data, PIECE);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (l->to >= 0)
			shutdown(l->to, SHUT_WR);
		l->from = -1;
		if (l == &r->lanes[TO_CLIENT])
			r->end_ms = io_now_ms() + LINGER_MS;
		return;
	}
	if (l->to < 0)
		return;
	l->len = (size_t)n;
	l->done = 0;
	treat(r, l);
	if (l->len == 0)
		cut(r, l);
}

static void
write_piece(struct relay *r, struct lane *l)
{
	size_t n = l->len - l->done;
	uint64_t both = r->lanes[TO_JOB].moved + r->lanes[TO_CLIENT].moved;

	if (r->fate.drop_at - both < n)
		n = (size_t)(r->fate.drop_at - both);
	ssize_t w = n != 0 ? send(l->to, l->data + l->done, n, MSG_NOSIGNAL) : 0;

	if (w < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Whoever closed gets no more; the other side learns of it as without us. */
	if (w < 0) {
		r->is_over = true;
		return;
	}
	l->done += (size_t)w;
	l->moved += (size_t)w;
	if (both + (size_t)w >= r->fate.drop_at)
		drop(r);
	else if (l->done == l->len && l->moved >= l->cut_at)
		cut(r, l);
	else if (l->done == l->len)
		l->len = l->done = 0;
}

static bool
has_piece(const struct lane *l)
{
	return l->done < l->len;
}

static void
fill_poll(const struct relay *r, struct pollfd *fds, int64_t now_ms)
{
	for (int i = 0; i < LANES; i++) {
		const struct lane *l = &r->lanes[i];
		bool is_due = has_piece(l) && now_ms >= l->due_ms;

		fds[i] = (struct pollfd){.fd = has_piece(l) ? (is_due ? l->to : -1) : l->from,
		                         .events = has_piece(l) ? POLLOUT : POLLIN};
	}
}

static int64_t
next_event(const struct relay *r, int64_t now_ms)
{
	int64_t at = r->kill_at_ms < r->end_ms ? r->kill_at_ms : r->end_ms;

	for (int i = 0; i < LANES; i++)
		if (has_piece(&r->lanes[i]) && r->lanes[i].due_ms > now_ms && r->lanes[i].due_ms < at)
			at = r->lanes[i].due_ms;
	return at;
}

static void
step(struct relay *r)
{
	struct pollfd fds[LANES];
	int64_t now_ms = io_now_ms(), at = next_event(r, now_ms);
	int left = at == IO_NO_DEADLINE ? -1 : at <= now_ms ? 0 : (int)(at - now_ms);

	fill_poll(r, fds, now_ms);
	if (poll(fds, LANES, left) < 0 && errno != EINTR)
		r->is_over = true;
	now_ms = io_now_ms();
	if (now_ms >= r->kill_at_ms)
		kill_somebody(r);
	for (int i = 0; i < LANES && !r->is_over; i++) {
		struct lane *l = &r->lanes[i];

		if (fds[i].fd < 0 || fds[i].revents == 0)
			continue;
		if (has_piece(l))
			write_piece(r, l);
		else
			read_piece(r, l);
	}
	if ((r->lanes[TO_JOB].from < 0 && r->lanes[TO_CLIENT].from < 0) || now_ms >= r->end_ms)
		r->is_over = true;
}

/* The relay has nothing of the daemon's open but its log, and ends by the signals that it does not expect. */
static void
leave_job(const struct chaos_edge *edge)
{
	sigset_t none;

	if (edge->control_fd >= 0)
		close(edge->control_fd);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
relay_run(const struct chaos_edge *edge, const struct chaos_fate *fate, int client, int job)
{
	int64_t now_ms = io_now_ms();
	struct relay r = {.plan = edge->plan, .client = edge->client, .fate = *fate, .job = getppid(),
	                  .kill_at_ms = fate->kill_ms != CHAOS_NEVER ? now_ms + (int64_t)fate->kill_ms : IO_NO_DEADLINE,
	                  .moved_ms = now_ms, .end_ms = IO_NO_DEADLINE};

	leave_job(edge);
	r.lanes[TO_JOB] = (struct lane){.name = "request", .from = client, .to = job, .data = xmalloc(PIECE),
	                                .cut_at = fate->cuts_answer ? CHAOS_NEVER : fate->truncate_at};
	r.lanes[TO_CLIENT] = (struct lane){.name = "answer", .from = job, .to = client, .data = xmalloc(PIECE),
	                                   .cut_at = fate->cuts_answer ? fate->truncate_at : CHAOS_NEVER};
	if (io_set_nonblocking(client) != OK || io_set_nonblocking(job) != OK)
		_exit(1);
	while (!r.is_over)
		step(&r);
	log_notice("chaos %s end: pieces:%llu delay:%lld slow:%llu", r.client, (unsigned long long)r.pieces,
	           (long long)r.plan->delay_ms, (unsigned long long)r.slowed_ms);
	_exit(0);
}

/* A file longer than that cannot be written, by anybody of this job: EFBIG instead of ENOSPC is all the difference to a full disk. */
static void
fill_disk(const struct chaos_edge *edge, const struct chaos_fate *fate)
{
	struct rlimit limit = {.rlim_cur = fate->file_max, .rlim_max = fate->file_max};

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		log_warning("chaos %s: cannot set a limit: %s", edge->client, strerror(errno));
}

enum err
chaos_enter(const struct chaos_edge *edge, int *fd)
{
	struct chaos_fate fate;
	uint64_t seed = 0;
	int pair[2];

	if (getrandom(&seed, sizeof(seed), 0) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		log_error("no chaos: %s", strerror(errno));
		return ERR_SYSTEM;
	}
	chaos_plan_cast(edge->plan, seed, &fate);
	pid_t pid = fork();

	if (pid == 0) {
		close(pair[1]);
		relay_run(edge, &fate, *fd, pair[0]);
	}
	close(pair[0]);
	if (pid < 0) {
		log_error("no chaos: %s", strerror(errno));
		close(pair[1]);
		return ERR_SYSTEM;
	}
	close(*fd);
	*fd = pair[1];
	if (fate.file_max != CHAOS_NEVER) {
		log_notice("chaos %s full: no file beyond %llu bytes", edge->client, (unsigned long long)fate.file_max);
		fill_disk(edge, &fate);
	}
	return OK;
}
