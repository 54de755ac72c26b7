/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two processes: we, and the jail's first one (jail_inside.c), which builds the jail and starts the compiler. We wait in one
 * place for what it reports, for the client's end, for the deadline, and feed the source on the way; we end it
 * by one signal. Its files reach us as descriptors of the folders that it writes to, opened before
 * the compiler starts: once everything in the jail is dead they are read from outside, by the same
 * code for both kinds, and nothing has to run in the jail for it. A tmpfs lives as long as such a descriptor, no longer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "jail.h"
#include "jail_box.h"
#include "jail_cgroup.h"
#include "jail_collect.h"
#include "jail_directory.h"
#include "jail_feed.h"
#include "jail_inside.h"
#include "jail_namespaces.h"
#include "jail_view.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "xalloc.h"

#define TICK_MS 5000
/* Less than this left of a file system, after a failure: it was the reason. */
#define NEARLY_FULL (64 << 10)

/* One jail, seen from outside. */
struct run {
	struct jail_box box;
	struct jail_filter *own_filter;
	pid_t pid;
	int report_fd;
	bool is_ready;
	int layers[JAIL_LAYERS_MAX];
	unsigned layer_count;
	struct jail_feed_state feed;
	int stops;      /* stop signals seen */
	int64_t tick_ms;
	bool has_end;
	struct jail_report report; /* the last one: END or FAILED */
};

#define RUN_INIT {.box = {.view_fd = -1, .caller_fd = -1, .report_fd = -1, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1}, \
	.pid = -1, .report_fd = -1, .feed = JAIL_FEED_INIT}

static void
run_release(struct run *r)
{
	for (unsigned i = 0; i < r->layer_count; i++)
		io_close(&r->layers[i]);
	r->layer_count = 0;
	jail_feed_release(&r->feed);
	io_close(&r->report_fd);
	io_close(&r->box.report_fd);
	io_close(&r->box.stdin_fd);
	jail_cgroup_end(&r->box.cgroup);
	jail_plan_release(&r->box.plan);
	strv_release(&r->box.argv);
	strv_release(&r->box.env);
	jail_filter_free(r->own_filter);
}

static enum err
open_streams(struct run *r, struct jail_result *result)
{
	int pair[2];

	result->stdout_fd = memfd_create("dcc-stdout", MFD_CLOEXEC);
	result->stderr_fd = memfd_create("dcc-stderr", MFD_CLOEXEC);
	r->box.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (result->stdout_fd < 0 || result->stderr_fd < 0 || r->box.stdin_fd < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		log_error("cannot open the streams of a jail: %s", strerror(errno));
		return ERR_SYSTEM;
	}
	r->report_fd = pair[0];
	r->box.caller_fd = pair[0];
	r->box.report_fd = pair[1];
	r->box.stdout_fd = result->stdout_fd;
	r->box.stderr_fd = result->stderr_fd;
	return OK;
}

/* Debug information names the client's folder, not the one that stands for it. */
static void
fill_argv(struct jail_box *b)
{
	for (size_t i = 0; b->job->argv != NULL && i < b->job->argv->count; i++) {
		strv_add(&b->argv, b->job->argv->items[i]);
		if (i == 0 && b->directory != NULL)
			strv_take(&b->argv, xasprintf("-fdebug-prefix-map=%s=", b->directory));
	}
}

static void
fill_env(struct jail_box *b)
{
	char *tmp = xasprintf("%s" JAIL_TMP, b->directory != NULL ? b->directory : "");

	if (b->job->compiler != NULL)
		jail_plan_environment(b->job, tmp, &b->env);
	free(tmp);
}

static enum err
prepare(struct run *r, struct jail_result *result)
{
	struct jail_box *b = &r->box;
	enum err e = OK;

	b->uid = geteuid();
	b->gid = getegid();
	b->filter = b->job->filter;
	if (b->filter == NULL) {
		r->own_filter = jail_filter_new(b->kind);
		b->filter = r->own_filter;
	}
	if (b->filter == NULL)
		return ERR_SYSTEM;
	if (b->kind == JAIL_NAMESPACES) {
		e = jail_plan_make(b->job, &b->plan);
	} else if ((e = jail_directory_check(b->job)) == OK) {
		e = jail_directory_make(b->job->work_dir, &result->directory, &result->directory_fd);
		b->directory = result->directory;
		if (e == OK)
			e = jail_plan_folders(b->job, &b->plan);
		if (b->job->source != NULL)
			b->plan.source = path_normalise(b->job->cwd, b->job->source);
	}
	if (e != OK)
		return e;
	fill_argv(b);
	fill_env(b);
	const struct jail_cgroup_limits limits = {.memory = b->job->memory_limit, .processors = b->job->processors};

	jail_cgroup_begin(b->job->cgroup, &limits, &b->cgroup);
	return open_streams(r, result);
}

static enum err
start(struct run *r)
{
	r->pid = r->box.kind == JAIL_NAMESPACES ? jail_namespaces_fork() : fork();
	if (r->pid == 0)
		jail_inside_run(&r->box);
	if (r->pid < 0) {
		r->report = (struct jail_report){.type = JAIL_REPORT_FAILED, .code = ERR_SYSTEM, .error = errno};
		snprintf(r->report.step, sizeof(r->report.step), "make a process%s",
		         r->box.kind == JAIL_NAMESPACES ? " with namespaces" : "");
		r->has_end = true;
		return OK;
	}
	/* It does the same: whoever is first. */
	setpgid(r->pid, r->pid);
	io_close(&r->box.report_fd);
	return OK;
}

/* The descriptors that came with the packet. */
static unsigned
take_fds(struct msghdr *m, int *fds)
{
	unsigned count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	}
	return count;
}

static void
note_ready(struct run *r, const int *fds, unsigned count)
{
	const struct jail_job *job = r->box.job;

	r->is_ready = true;
	if (jail_feed_is_fifo(job) && count >= 2) {
		r->feed.folder_fd = fds[--count];
		r->feed.fifo_fd = fds[--count];
		r->feed.text_fd = job->text_fd;
		r->feed.name = path_base(r->box.plan.source);
		r->feed.size = lseek(job->text_fd, 0, SEEK_END);
	}
	memcpy(r->layers, fds, count * sizeof(int));
	r->layer_count = count;
}

/* One packet of the inside, or its end. */
static enum err
hear(struct run *r)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(JAIL_FDS_MAX * sizeof(int))];
	} control;
	struct jail_report report;
	struct iovec iov = {.iov_base = &report, .iov_len = sizeof(report)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof(control)};
	int fds[JAIL_FDS_MAX];
	ssize_t n = recvmsg(r->report_fd, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return OK;
	if (n != (ssize_t)sizeof(report) || (m.msg_flags & MSG_CTRUNC) != 0) {
		log_error("a jail ended without a report");
		return ERR_SYSTEM;
	}
	unsigned count = take_fds(&m, fds);

	if (report.type == JAIL_REPORT_READY) {
		note_ready(r, fds, count);
		return OK;
	}
	r->report = report;
	r->has_end = true;
	return OK;
}

static void
tick(struct run *r)
{
	int64_t now_ms = io_now_ms();

	if (now_ms < r->tick_ms)
		return;
	r->tick_ms = now_ms + TICK_MS;
	if (r->box.job->on_tick != NULL)
		r->box.job->on_tick(r->box.job->context);
}

static int
wait_for_events(struct run *r, struct pollfd *fds)
{
	int64_t until_ms = r->box.job->deadline_ms < r->tick_ms ? r->box.job->deadline_ms : r->tick_ms;
	int64_t left_ms = until_ms - io_now_ms();

	if (left_ms < 0)
		left_ms = 0;
	struct timespec t = {.tv_sec = (time_t)(left_ms / 1000), .tv_nsec = (long)(left_ms % 1000) * 1000000};

	fds[0] = (struct pollfd){.fd = r->report_fd, .events = POLLIN};
	/* Its end only: a client that sends more than it should is no reason to look again and again. */
	fds[1] = (struct pollfd){.fd = r->box.job->watch_fd, .events = POLLRDHUP};
	fds[2] = (struct pollfd){.fd = r->feed.fifo_fd, .events = POLLOUT};
	return ppoll(fds, 3, &t, process_wait_mask());
}

/* A signal broke the wait. Its handler has noted the first stop; a child's end is no stop, and shows as an event. */
static void
count_stop(struct run *r)
{
	struct pollfd p = {.fd = r->report_fd, .events = POLLIN};

	if (process_caught_signal() != 0 && poll(&p, 1, 0) == 0)
		r->stops++;
}

/* Until the compiler has ended, or shall. */
static enum err
supervise(struct run *r, enum jail_end *end)
{
	const struct jail_job *job = r->box.job;
	struct pollfd fds[3];

	r->stops = process_caught_signal() != 0 ? 1 : 0;
	r->tick_ms = io_now_ms() + TICK_MS;
	for (;;) {
		enum err e = OK;
		int n = wait_for_events(r, fds);

		if (n < 0 && errno != EINTR) {
			log_error("cannot wait for the jail: %s", strerror(errno));
			return ERR_SYSTEM;
		}
		if (n < 0)
			count_stop(r);
		if (n > 0 && fds[0].revents != 0)
			e = hear(r);
		if (e != OK || r->has_end)
			return e;
		*end = r->stops > 1 ? JAIL_STOPPED : JAIL_TOO_LONG;
		if (r->stops > 1 || io_now_ms() >= job->deadline_ms)
			return OK;
		*end = JAIL_CLIENT_GONE;
		if (n > 0 && fds[1].revents != 0)
			return OK;
		*end = JAIL_EXITED;
		if (n > 0 && fds[2].revents != 0)
			e = jail_feed_step(&r->feed);
		if (e != OK)
			return e;
		tick(r);
	}
}

/* Everything in the jail is dead when this returns. */
static void
bury(const struct run *r)
{
	if (r->pid < 0)
		return;
	jail_cgroup_kill(&r->box.cgroup);
	kill(-r->pid, SIGKILL);
	kill(r->pid, SIGKILL);
	/* Of a directory's group there may be several, which became our children. */
	while (waitpid(-r->pid, NULL, 0) > 0 || errno == EINTR)
		;
}

static enum err
failure(const struct run *r)
{
	if (r->report.type != JAIL_REPORT_FAILED)
		return OK;
	return r->report.code == ERR_DENIED ? ERR_DENIED : ERR_SYSTEM;
}

static bool
is_nearly_full(int fd)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return false;
	/* Some count no inodes. */
	return st.f_bavail * st.f_frsize < NEARLY_FULL || (st.f_files != 0 && st.f_favail == 0);
}

/* Written by the compiler into JAIL_TMP, for us. Not there: so be it. */
static void
keep_file(const struct run *r, struct jail_result *result)
{
	if (r->box.job->kept == NULL || r->layer_count == 0)
		return;
	char *name = xasprintf("%s/%s", &JAIL_TMP[1], r->box.job->kept);

	result->kept_fd = openat(r->layers[0], name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(name);
}

/* The job knows them by names that may lead through links of its view. */
static void
rename_outputs(const struct run *r, struct jail_result *result)
{
	for (size_t i = 0; r->box.job->view != NULL && i < result->output_count; i++) {
		char *name = jail_view_name(&r->box.plan, result->outputs[i].path);

		free(result->outputs[i].path);
		result->outputs[i].path = name;
	}
}

/* What is in the layers and no output: all that we put there ourselves. */
static void
list_own_files(const struct jail_plan *p, struct strv *own)
{
	strv_add(own, JAIL_TMP);
	if (p->source != NULL) {
		char *dir = path_dir(p->source);

		strv_add(own, p->source);
		strv_take(own, path_join(dir, JAIL_ORIGINAL));
		free(dir);
	}
	for (size_t i = 0; i < p->cover_count; i++)
		if (p->covers[i].is_file)
			strv_add(own, p->covers[i].path);
}

static enum err
collect_layers(const struct run *r, const struct strv *own, struct jail_result *result)
{
	const struct jail_plan *p = &r->box.plan;
	unsigned layer = 0;
	enum err e = OK;

	if (r->box.kind == JAIL_DIRECTORY)
		return jail_collect_layer(r->layers[0], "", own, result);
	for (size_t i = 0; e == OK && i < p->cover_count && layer < r->layer_count; i++) {
		const char *prefix = i == 0 ? "" : p->covers[i].path;

		if (p->covers[i].is_written)
			e = jail_collect_layer(r->layers[layer++], prefix, own, result);
	}
	return e;
}

static enum err
collect(const struct run *r, struct jail_result *result)
{
	struct strv own = {0};

	list_own_files(&r->box.plan, &own);
	enum err e = collect_layers(r, &own, result);

	rename_outputs(r, result);
	jail_collect_sort(result);
	strv_release(&own);
	return e;
}

static enum err
finish(struct run *r, struct jail_result *result)
{
	if (result->end != JAIL_EXITED)
		return OK;
	enum err e = failure(r);

	if (e != OK)
		return e;
	result->status = r->report.status;
	result->cpu_us = r->report.cpu_us;
	result->peak_kb = r->report.peak_kb;
	if (result->status != 0 && r->layer_count > 0)
		result->disk_was_full = is_nearly_full(r->layers[0]);
	keep_file(r, result);
	if (lseek(result->stdout_fd, 0, SEEK_SET) < 0 || lseek(result->stderr_fd, 0, SEEK_SET) < 0)
		return ERR_SYSTEM;
	return collect(r, result);
}

static enum err
run(struct run *r, struct jail_result *result)
{
	int was_subreaper = 0;
	enum err e = prepare(r, result);

	if (e != OK)
		return e;
	/* Without a pid namespace the compiler's orphans must come to us, to be waited for. */
	prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper, 0, 0, 0);
	if (r->box.kind == JAIL_DIRECTORY)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	e = start(r);
	if (e == OK && !r->has_end)
		e = supervise(r, &result->end);
	bury(r);
	prctl(PR_SET_CHILD_SUBREAPER, was_subreaper, 0, 0, 0);
	/* Whoever was killed, one that reports to us included: what is left proves nothing. */
	if ((e != OK || result->end == JAIL_EXITED) && jail_cgroup_had_oom(&r->box.cgroup)) {
		result->end = JAIL_NO_MEMORY;
		return OK;
	}
	return e == OK ? finish(r, result) : e;
}

enum err
jail_run_explained(enum jail_kind kind, const struct jail_job *job, struct jail_result *result, char **step)
{
	struct run r = RUN_INIT;
	struct jail_result made = JAIL_RESULT_INIT;
	int64_t begin_us = io_now_us();

	if (kind == JAIL_NONE) {
		log_error("there is no jail on this machine");
		return ERR_SYSTEM;
	}
	r.box.kind = kind;
	r.box.job = job;
	enum err e = run(&r, &made);

	if (r.has_end && failure(&r) != OK)
		*step = xasprintf("%s: %s", r.report.step, strerror(r.report.error));
	run_release(&r);
	made.wall_us = io_now_us() - begin_us;
	if (e == OK)
		*result = made;
	else
		jail_result_release(&made);
	return e;
}

enum err
jail_run(enum jail_kind kind, const struct jail_job *job, struct jail_result *result)
{
	char *step = NULL;
	enum err e = jail_run_explained(kind, job, result, &step);

	if (step != NULL)
		log_message(e == ERR_DENIED ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "the jail cannot %s", step);
	free(step);
	return e;
}

void
jail_result_release(struct jail_result *r)
{
	for (size_t i = 0; i < r->output_count; i++) {
		free(r->outputs[i].path);
		io_close(&r->outputs[i].fd);
	}
	free(r->outputs);
	io_close(&r->stdout_fd);
	io_close(&r->stderr_fd);
	io_close(&r->kept_fd);
	jail_directory_remove(r->directory, r->directory_fd);
	*r = (struct jail_result)JAIL_RESULT_INIT;
}
