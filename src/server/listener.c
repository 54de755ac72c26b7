/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One loop around ppoll(2). A connection costs a fork and no exec; it gets a processor slot only
 * when its request is complete, so clients that are slow, or say nothing, keep nobody waiting.
 *
 *     serving -> draining (SIGTERM: no new connections, running jobs finish)
 *             -> ending (30 s later, or a second signal: SIGTERM to each job; the first of them
 *                a job takes for the one that lets it finish, so insisting follows at once)
 *             -> killing (SIGKILL to each job's group)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "io.h"
#include "listener.h"
#include "log.h"
#include "notify.h"
#include "session.h"
#include "xalloc.h"

#define READING_MAX 1024u
#define READING_PER_ADDRESS 768u
#define HELPERS_MAX 32u
#define REQUESTS_MAX ((uint64_t)4 << 30)
#define QUEUE_BASE 1024u
#define QUEUE_PER_SLOT 4u
#define ACCEPTS_A_TURN 64
#define PAUSE_MS 100
#define SAMPLE_MS 60000
#define DRAIN_MS 30000
#define DRAIN_READERS_MS 3000
#define INSIST_MS 100
#define END_MS 5000

enum stage { SERVING, DRAINING, ENDING, INSISTING, KILLING };

struct listener {
	const struct listener_setup *setup;
	struct jobtable table;
	struct stats stats;
	struct pollfd *fds;
	size_t fd_cap;
	enum stage stage;
	int64_t stage_until_ms;   /* then the next stage begins */
	int64_t readers_until_ms; /* draining: unfinished requests are dropped */
	int64_t pause_until_ms;   /* no descriptors or processes left: accept nothing until then */
	int64_t sample_at_ms;
};

static volatile sig_atomic_t stop_count;
static volatile sig_atomic_t wants_reopen;

static void
note(int number)
{
	if (number == SIGHUP)
		wants_reopen = 1;
	else if (number != SIGCHLD)
		stop_count++;
}

static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

void
listener_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = note};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&set, signals[i]);
		sigaction(signals[i], &sa, NULL);
	}
	sigaction(SIGPIPE, &ignore, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static struct child_context
context_of(const struct listener *l)
{
	return (struct child_context){.setup = l->setup, .table = &l->table, .stats = &l->stats};
}

static void
count_running(struct listener *l)
{
	stats_set_running(&l->stats, (unsigned)l->table.in_phase[JOB_RUNNING], io_now_ms());
}

static void
tell(const struct jobtable_entry *e, enum control_type type, size_t number)
{
	struct control c = {.type = (uint32_t)type, .number = (uint32_t)number};

	if (e->control_fd >= 0 && control_send(e->control_fd, &c) != OK)
		log_debug("job %ld does not listen", (long)e->pid);
}

static void
grant_slots(struct listener *l)
{
	struct jobtable_entry *e;

	while (l->stage == SERVING && (e = jobtable_next(&l->table)) != NULL)
		tell(e, CONTROL_GO, 0);
	count_running(l);
}

static void
answer_want(struct listener *l, struct jobtable_entry *e)
{
	if (l->stage != SERVING) {
		tell(e, CONTROL_STOPPING, 0);
		return;
	}
	switch (jobtable_want(&l->table, e)) {
	case JOBTABLE_GO:
		tell(e, CONTROL_GO, 0);
		break;
	case JOBTABLE_WAIT:
		tell(e, CONTROL_QUEUED, jobtable_ahead(&l->table, e));
		break;
	case JOBTABLE_FULL:
		tell(e, CONTROL_FULL, 0);
		break;
	}
	count_running(l);
}

static bool
give_up(struct listener *l, enum jobtable_phase phase, size_t least_mb, const unsigned char *address, const char *what)
{
	size_t others = l->table.in_phase[phase];
	const struct jobtable_entry *e = jobtable_give_up(&l->table, phase, least_mb, address);

	if (e == NULL)
		return false;
	log_notice("process %ld is ended, whose client %s the longest of %zu", (long)e->pid, what, others);
	kill(e->pid, SIGKILL);
	return true;
}

/*
 * Its outputs are in memory, which no cgroup counts any more, for as long as the client takes to read them. All answers together
 * may have as much as all jobs that run.
 */
static void
take_back_slot(struct listener *l, struct jobtable_entry *e, size_t kept_mb)
{
	const struct settings *s = l->setup->settings;

	jobtable_free_slot(&l->table, e, kept_mb);
	while (jobtable_kept_mb(&l->table) > (size_t)(s->job_disk >> 20) * s->jobs &&
	       give_up(l, JOB_REPLYING, 1, NULL, "reads its answer"))
		;
	grant_slots(l);
}

/* What all requests of one client may have of the disk. */
static size_t
request_share_mb(const struct listener *l)
{
	struct statvfs st;
	uint64_t half = REQUESTS_MAX;

	if (statvfs(l->setup->settings->store_dir, &st) == 0)
		half = (uint64_t)st.f_blocks * st.f_frsize / 2;
	return (size_t)((half < REQUESTS_MAX ? half : REQUESTS_MAX) >> 20);
}

static void
note_request(struct listener *l, struct jobtable_entry *e, size_t mb)
{
	jobtable_hold(e, mb);
	while (jobtable_held_mb(&l->table, e->address) > request_share_mb(l) &&
	       give_up(l, JOB_READING, 1, e->address, "has too much of the disk, and sends this request"))
		;
}

/* What a job says; its end of the pair closes when it dies. */
static void
hear(struct listener *l, struct jobtable_entry *e)
{
	struct control c;
	enum err err;

	while ((err = control_receive(e->control_fd, &c)) == OK) {
		if (c.type == CONTROL_WANT) {
			answer_want(l, e);
		} else if (c.type == CONTROL_FREE) {
			take_back_slot(l, e, c.number);
		} else if (c.type == CONTROL_HOLDS) {
			note_request(l, e, c.number);
		} else if (c.type == CONTROL_REPORT) {
			stats_report(&l->stats, &c, io_now_ms());
		} else if (c.type == CONTROL_CHANGED) {
			toolchain_reload(l->setup->toolchain);
		}
	}
	if (err == ERR_CLOSED)
		io_close(&e->control_fd);
}

static void
note_death(const struct jobtable_entry *e, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		log_error("the job of process %ld was ended by signal %d", (long)e->pid, WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		log_error("the job of process %ld failed with code %d", (long)e->pid, WEXITSTATUS(status));
}

static void
reap(struct listener *l)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct jobtable_entry *e = jobtable_find(&l->table, pid);

		if (e == NULL)
			continue;
		/* Its last words are still in the pair. */
		if (e->control_fd >= 0)
			hear(l, e);
		note_death(e, status);
		io_close(&e->control_fd);
		jobtable_remove(&l->table, e);
		grant_slots(l);
	}
}

/* NONE, or why the newcomer is not served. */
static enum reason
admit(const struct listener *l, const struct sockaddr_storage *from,
      const unsigned char address[ACCESS_ADDRESS_SIZE])
{
	const struct jobtable *t = &l->table;

	/* Into the folder of --ssh-socket comes whom ssh has let in. */
	if (from->ss_family != AF_UNIX && !access_is_allowed(&l->setup->settings->allow, address))
		return REASON_ACCESS;
	if (t->count >= READING_MAX + t->limits.queue + 2 * t->limits.slots + HELPERS_MAX ||
	    jobtable_count(t, JOB_READING, address) >= READING_PER_ADDRESS)
		return REASON_FULL;
	return REASON_NONE;
}

/* Who sends a request needs milliseconds: the longest at it is the least likely to come to an end. */
static void
make_room(struct listener *l)
{
	if (l->table.in_phase[JOB_READING] >= READING_MAX)
		give_up(l, JOB_READING, 0, NULL, "sends its request");
}

static void
receive_job(struct listener *l, int client, const struct sockaddr_storage *from)
{
	struct child_context context = context_of(l);
	unsigned char address[ACCESS_ADDRESS_SIZE] = {0};
	char name[ACCESS_NAME_SIZE];
	enum reason why = REASON_ACCESS;
	struct child child;

	stats_accepted(&l->stats);
	if (from->ss_family == AF_UNIX || access_address(from, address) == OK)
		why = admit(l, from, address);
	if (why == REASON_NONE)
		make_room(l);
	/* A refusal is a favour: beyond a bound it is left out. */
	if (why != REASON_NONE && l->table.in_phase[JOB_HELPER] >= HELPERS_MAX) {
		access_format(from, name);
		log_notice("refused %s %s", name, reason_word(why));
		close(client);
		return;
	}
	if (child_start_job(&context, client, from, why, &child) != OK) {
		l->pause_until_ms = io_now_ms() + PAUSE_MS;
		return;
	}
	jobtable_add(&l->table, child.pid, child.control_fd,
	             why == REASON_NONE ? JOB_READING : JOB_HELPER, address);
}

static void
receive_stats(struct listener *l, int client, const struct sockaddr_storage *from)
{
	struct child_context context = context_of(l);
	unsigned char address[ACCESS_ADDRESS_SIZE] = {0};
	char name[ACCESS_NAME_SIZE];
	pid_t pid;

	access_format(from, name);
	if (access_address(from, address) != OK ||
	    !access_is_allowed(&l->setup->settings->allow, address)) {
		log_notice("refused %s access", name);
		close(client);
		return;
	}
	if (l->table.in_phase[JOB_HELPER] >= HELPERS_MAX) {
		close(client);
		return;
	}
	stats_sample_disks(&l->stats, io_now_ms());
	if (child_start_stats(&context, client, &pid) == OK)
		jobtable_add(&l->table, pid, -1, JOB_HELPER, address);
}

typedef void (*receive_fn)(struct listener *l, int client, const struct sockaddr_storage *from);

static void
accept_all(struct listener *l, int fd, receive_fn receive)
{
	for (int i = 0; i < ACCEPTS_A_TURN && io_now_ms() >= l->pause_until_ms; i++) {
		struct sockaddr_storage from;
		int client = sockets_accept(fd, &from);

		if (client >= 0) {
			receive(l, client, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			log_error("cannot accept a connection: %s", strerror(errno));
			l->pause_until_ms = io_now_ms() + PAUSE_MS;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* The wait ends at the nearest of these. */
static int64_t
next_deadline(const struct listener *l, int64_t now_ms)
{
	int64_t at = l->stage_until_ms;

	if (l->readers_until_ms < at)
		at = l->readers_until_ms;
	if (l->pause_until_ms > now_ms && l->pause_until_ms < at)
		at = l->pause_until_ms;
	if (l->setup->stats->count != 0 && l->sample_at_ms < at)
		at = l->sample_at_ms;
	return at;
}

static void
add_fd(struct listener *l, size_t *n, int fd)
{
	if (*n == l->fd_cap) {
		l->fd_cap = l->fd_cap != 0 ? l->fd_cap * 2 : 64;
		l->fds = xrealloc(l->fds, l->fd_cap * sizeof(*l->fds));
	}
	l->fds[(*n)++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* Everything in a fixed order: sockets of jobs, of statistics, then one per entry of the table. */
static size_t
fill_fds(struct listener *l, int64_t now_ms)
{
	bool is_paused = l->pause_until_ms > now_ms;
	size_t n = 0;

	for (size_t i = 0; i < l->setup->jobs->count; i++)
		add_fd(l, &n, is_paused ? -1 : l->setup->jobs->fds[i]);
	for (size_t i = 0; i < l->setup->stats->count; i++)
		add_fd(l, &n, is_paused ? -1 : l->setup->stats->fds[i]);
	for (size_t i = 0; i < l->table.count; i++)
		add_fd(l, &n, l->table.list[i].control_fd);
	if (l->setup->settings->ssh_socket != NULL) {
		add_fd(l, &n, STDOUT_FILENO);
		l->fds[n - 1].events = 0;
	}
	return n;
}

static void
wait_for_events(struct listener *l, size_t n, int64_t now_ms)
{
	int64_t at = next_deadline(l, now_ms);
	struct timespec left = {0};
	sigset_t mask;

	if (at > now_ms) {
		left.tv_sec = (time_t)((at - now_ms) / 1000);
		left.tv_nsec = (long)((at - now_ms) % 1000) * 1000000;
	}
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&mask, signals[i]);
	if (ppoll(l->fds, n, at == IO_NO_DEADLINE ? NULL : &left, &mask) < 0)
		for (size_t i = 0; i < n; i++)
			l->fds[i].revents = 0;
}

static void
dispatch(struct listener *l)
{
	size_t jobs = l->setup->jobs->count, stats = l->setup->stats->count;
	const struct pollfd *entries = l->fds + jobs + stats;
	size_t known = l->table.count;

	/* Entries first: nothing here moves them, while accepting and reaping do. */
	for (size_t i = 0; i < known; i++)
		if (entries[i].revents != 0)
			hear(l, &l->table.list[i]);
	for (size_t i = 0; i < jobs; i++)
		if (l->fds[i].revents != 0)
			accept_all(l, l->setup->jobs->fds[i], receive_job);
	for (size_t i = 0; i < stats; i++)
		if (l->fds[jobs + i].revents != 0)
			accept_all(l, l->setup->stats->fds[i], receive_stats);
	reap(l);
}

/* The daemon of an ssh connection ends with it, or when nobody has come for a while. */
static void
follow_session(struct listener *l, short revents)
{
	if (l->stage != SERVING)
		return;
	if (session_is_gone(revents))
		l->stage_until_ms = 0;
	else if (l->table.count != 0)
		l->stage_until_ms = IO_NO_DEADLINE;
	else if (l->stage_until_ms == IO_NO_DEADLINE)
		l->stage_until_ms = io_now_ms() + SESSION_IDLE_MS;
}

static void
reopen_log(struct logfile *log)
{
	wants_reopen = 0;
	if (log->path == NULL)
		return;
	if (logfile_open(log) == OK)
		log_notice("opened the log file again");
	else
		log_error("cannot open the log file %s again: %s", log->path, strerror(errno));
}

static void
signal_jobs(const struct listener *l, int number)
{
	for (size_t i = 0; i < l->table.count; i++) {
		pid_t pid = l->table.list[i].pid;

		if (number == SIGKILL)
			kill(-pid, number);
		kill(pid, number);
	}
}

static void
begin_drain(struct listener *l, int64_t now_ms)
{
	l->stage = DRAINING;
	l->stage_until_ms = now_ms + DRAIN_MS;
	l->readers_until_ms = now_ms + DRAIN_READERS_MS;
	sockets_close(l->setup->jobs);
	sockets_close(l->setup->stats);
	notify_send("STOPPING=1");
	log_notice("stopping; jobs running: %zu, waiting: %zu", l->table.in_phase[JOB_RUNNING],
	           l->table.in_phase[JOB_WAITING]);
	for (size_t i = 0; i < l->table.count; i++)
		if (l->table.list[i].phase == JOB_WAITING)
			tell(&l->table.list[i], CONTROL_STOPPING, 0);
}

/* Requests that are still on their way would only be refused when complete. */
static void
drop_readers(struct listener *l)
{
	l->readers_until_ms = IO_NO_DEADLINE;
	for (size_t i = 0; i < l->table.count; i++)
		if (l->table.list[i].phase == JOB_READING)
			kill(l->table.list[i].pid, SIGKILL);
}

static void
next_stage(struct listener *l, int64_t now_ms)
{
	switch (l->stage) {
	case SERVING:
		begin_drain(l, now_ms);
		break;
	case DRAINING:
		l->stage = ENDING;
		l->stage_until_ms = now_ms + INSIST_MS;
		log_warning("jobs that are ended: %zu", l->table.count);
		signal_jobs(l, SIGTERM);
		break;
	case ENDING:
		l->stage = INSISTING;
		l->stage_until_ms = now_ms + END_MS;
		signal_jobs(l, SIGTERM);
		break;
	case INSISTING:
	case KILLING:
		l->stage = KILLING;
		l->stage_until_ms = now_ms + END_MS;
		signal_jobs(l, SIGKILL);
		break;
	}
}

static void
follow_clock(struct listener *l, int *stops_seen)
{
	int64_t now_ms = io_now_ms();

	if (now_ms >= l->readers_until_ms)
		drop_readers(l);
	if (stop_count > *stops_seen) {
		*stops_seen = stop_count;
		/* However often somebody asks: the jobs get their time to end. */
		if (l->stage < ENDING)
			next_stage(l, now_ms);
	} else if (now_ms >= l->stage_until_ms) {
		next_stage(l, now_ms);
	}
	if (l->setup->stats->count != 0 && now_ms >= l->sample_at_ms) {
		stats_sample_disks(&l->stats, now_ms);
		l->sample_at_ms = now_ms + SAMPLE_MS;
	}
	if (wants_reopen)
		reopen_log(l->setup->log);
}

void
listener_run(const struct listener_setup *setup)
{
	const struct settings *s = setup->settings;
	int64_t now_ms = io_now_ms();
	int stops_seen = 0;
	struct listener l = {
		.setup = setup,
		.stage_until_ms = s->lifetime_s != 0 ? now_ms + s->lifetime_s * 1000 : IO_NO_DEADLINE,
		.readers_until_ms = IO_NO_DEADLINE,
		.sample_at_ms = now_ms,
	};

	const struct jobtable_limits limits = {.slots = s->jobs,
	                                       .queue = QUEUE_BASE + QUEUE_PER_SLOT * s->jobs,
	                                       .client_slots = s->client_jobs,
	                                       .client_queue = s->client_queue};

	jobtable_init(&l.table, &limits);
	stats_init(&l.stats, now_ms);
	while (l.stage == SERVING || l.table.count != 0) {
		now_ms = io_now_ms();
		size_t n = fill_fds(&l, now_ms);

		wait_for_events(&l, n, now_ms);
		dispatch(&l);
		if (s->ssh_socket != NULL)
			follow_session(&l, l.fds[n - 1].revents);
		follow_clock(&l, &stops_seen);
	}
	jobtable_release(&l.table);
	free(l.fds);
}
