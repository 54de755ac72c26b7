/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chaos.h"
#include "child.h"
#include "io.h"
#include "job.h"
#include "log.h"
#include "process.h"
#include "xalloc.h"

#define STATS_REQUEST_MS 2000

/* After the fork: nothing of the listener's stays open, its signals mean what they mean elsewhere. */
static void
leave_listener(const struct child_context *c)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t none;

	/* A signal to the daemon's group (a terminal's Ctrl-C) is for the listener alone. */
	setpgid(0, 0);
	sockets_close(c->setup->jobs);
	sockets_close(c->setup->stats);
	for (size_t i = 0; i < c->table->count; i++)
		if (c->table->list[i].control_fd >= 0)
			close(c->table->list[i].control_fd);
	if (c->setup->pid_fd >= 0)
		close(c->setup->pid_fd);
	sigaction(SIGHUP, &ignore, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	process_catch_signals();
}

static void
run_job(const struct child_context *c, int client, const struct sockaddr_storage *from,
        enum reason why, int control_fd)
{
	struct job j = JOB_INIT;
	struct chaos_edge edge = {.plan = &c->setup->settings->chaos, .client = j.client, .control_fd = control_fd};

	access_format(from, j.client);
	j.is_let_in = from->ss_family == AF_UNIX;
	if (j.is_let_in)
		snprintf(j.client, sizeof(j.client), "ssh");
	if (edge.plan->is_on && why == REASON_NONE && chaos_enter(&edge, &client) != OK)
		log_warning("the job of %s runs without chaos", j.client);
	j.settings = c->setup->settings;
	j.toolchain = c->setup->toolchain;
	j.confinement = c->setup->confinement;
	j.tls = c->setup->tls;
	j.offers_pump = c->setup->offers_pump;
	j.control_fd = control_fd;
	j.running = (uint32_t)c->table->in_phase[JOB_RUNNING];
	j.queued = (uint32_t)c->table->in_phase[JOB_WAITING];
	j.reason = why;
	peer_init(&j.peer, client, client);
	if (why == REASON_ACCESS)
		j.text = xasprintf("no --allow there names the network of %s", j.client);
	if (why != REASON_NONE)
		j.peer.request_deadline_ms = io_now_ms() + PEER_FAREWELL_MS;
	job_run(&j);
}

enum err
child_start_job(const struct child_context *c, int client, const struct sockaddr_storage *from,
                enum reason why, struct child *child)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		log_error("cannot make a socket pair: %s", strerror(errno));
		close(client);
		return ERR_SYSTEM;
	}
	pid_t pid = fork();

	if (pid == 0) {
		close(pair[0]);
		leave_listener(c);
		run_job(c, client, from, why, pair[1]);
		_exit(0);
	}
	int failed = errno;

	close(client);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		log_error("cannot start a job: %s", strerror(failed));
		return ERR_SYSTEM;
	}
	*child = (struct child){.pid = pid, .control_fd = pair[0]};
	return OK;
}

static void
answer_stats(const struct child_context *c, int client)
{
	const unsigned char *request;
	size_t len;
	struct buffer page = {0};
	struct peer p;

	peer_init(&p, client, client);
	p.request_deadline_ms = io_now_ms() + STATS_REQUEST_MS;
	/* Whatever is asked for, or nothing: there is one page. */
	if (peer_read_some(&p, PEER_BUFFER_SIZE, &request, &len) != OK)
		log_debug("no request came for the statistics");
	stats_format(c->stats, c->setup->settings->store_dir, io_now_ms(), &page);
	if (peer_write(&p, page.data, page.len) == OK)
		peer_finish(&p);
	buffer_release(&page);
	peer_release(&p);
}

enum err
child_start_stats(const struct child_context *c, int client, pid_t *pid)
{
	*pid = fork();
	if (*pid == 0) {
		leave_listener(c);
		answer_stats(c, client);
		_exit(0);
	}
	int failed = errno;

	close(client);
	if (*pid > 0)
		return OK;
	log_error("cannot answer with statistics: %s", strerror(failed));
	return ERR_SYSTEM;
}
