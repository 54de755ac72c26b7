/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux for POLLRDHUP: the end of a connection that still has unread bytes. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "policy.h"
#include "process.h"
#include "work.h"
#include "xalloc.h"

#define PIECE ((size_t)64 << 10)
#define TICK_MS 5000
#define MEMORY_LIMIT_MIN ((int64_t)4 << 30)

typedef bool (*search_fn)(const char *text, size_t len);

/* Does search find anything in the file? It is read piece by piece: a job's memory stays small. */
static bool
has_match(int fd, search_fn search)
{
	char *piece = xmalloc(POLICY_OVERLAP + PIECE);
	size_t kept = 0;
	off_t at = 0;
	bool found = false;

	while (!found) {
		ssize_t n = pread(fd, piece + kept, PIECE, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		size_t len = kept + (size_t)n;

		found = search(piece, len);
		kept = len < POLICY_OVERLAP ? len : POLICY_OVERLAP;
		memmove(piece, piece + len - kept, kept);
		at += n;
	}
	free(piece);
	return found;
}

/* What the listener said: OK go on; ERR_BUSY: wait for more. */
static enum err
hear(struct job *j)
{
	struct control c;
	enum err e = control_receive(j->control_fd, &c);

	if (e == ERR_BUSY)
		return e;
	if (e == OK && c.type == CONTROL_GO)
		return OK;
	if (e == OK && c.type == CONTROL_FULL)
		return job_refuse(j, REASON_FULL, "%u jobs run and too many wait", j->settings->jobs);
	if (e == OK && c.type == CONTROL_QUEUED) {
		j->language->queued(j, c.number);
		return ERR_BUSY;
	}
	return job_refuse(j, REASON_SHUTDOWN, "this volunteer is stopping");
}

static enum err
wait_for_slot(struct job *j)
{
	struct control want = {.type = CONTROL_WANT};
	struct pollfd fds[2] = {{.fd = j->control_fd, .events = POLLIN},
	                        {.fd = j->peer.in_fd, .events = POLLRDHUP}};
	int64_t next_ms = io_now_ms();

	for (;;) {
		/* Asking again tells the client where it stands by now, and that we live. */
		if (io_now_ms() >= next_ms) {
			if (control_send(j->control_fd, &want) != OK)
				return job_refuse(j, REASON_SHUTDOWN, "this volunteer is stopping");
			next_ms = io_now_ms() + TICK_MS;
		}
		enum err e = process_poll(fds, 2, next_ms);

		if (e == ERR_CLOSED)
			return job_refuse(j, REASON_SHUTDOWN, "this volunteer is stopping");
		if (e == ERR_SYSTEM)
			return e;
		if (e == OK && fds[1].revents != 0)
			return ERR_CLOSED;
		if (e == OK && fds[0].revents != 0 && (e = hear(j)) != ERR_BUSY)
			return e;
	}
}

static enum err
take_slot(struct job *j)
{
	int64_t begin_ms = io_now_ms();
	enum err e = j->control_fd >= 0 ? wait_for_slot(j) : OK;

	j->wait_ms = io_now_ms() - begin_ms;
	return e;
}

static int64_t
size_of(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : 0;
}

static uint32_t
megabytes(const struct jail_result *r)
{
	int64_t sum = size_of(r->stdout_fd) + size_of(r->stderr_fd);

	for (size_t i = 0; i < r->output_count; i++)
		sum += r->outputs[i].size;
	return (uint32_t)(sum >> 20);
}

static void
free_slot(struct job *j, const struct jail_result *r)
{
	struct control done = {.type = CONTROL_FREE, .number = megabytes(r)};

	if (j->control_fd >= 0 && control_send(j->control_fd, &done) != OK)
		log_debug("the listener is gone");
}

static void
tick(void *context)
{
	struct job *j = context;

	j->language->compiling(j);
}

#if defined(__has_feature)
#define HAS_CLANGS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define HAS_CLANGS_ADDRESS_SANITIZER 0
#endif

/* A job may take as much memory as the machine has, but no more. */
static int64_t
memory_limit(void)
{
#if defined(__SANITIZE_ADDRESS__) || HAS_CLANGS_ADDRESS_SANITIZER
	/* AddressSanitizer reserves terabytes of address space in this process, which the limit counts. */
	return 0;
#else
	int64_t limit = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	return limit > MEMORY_LIMIT_MIN ? limit : MEMORY_LIMIT_MIN;
#endif
}

static enum err
run_jail(struct job *j, const struct work *w, struct jail_result *result)
{
	int64_t lifetime_ms = j->settings->job_lifetime_s * 1000;
	struct jail_job job = {
		.filter = j->confinement->filter,
		.cgroup = j->confinement->cgroup,
		.compiler = w->entry->path,
		.argv = w->argv,
		.env = w->env,
		.toolchain = &w->entry->id.components,
		.cwd = w->cwd,
		.source = w->view == NULL ? w->source : NULL,
		.view = w->view,
		.kept = w->kept,
		.specs = w->specs,
		.feed = w->original_fd >= 0 ? JAIL_FEED_FIFO : JAIL_FEED_FILE,
		.text_fd = w->text_fd,
		.original_fd = w->original_fd,
		.outputs = w->outputs,
		.umask = w->umask,
		.work_dir = j->settings->store_dir,
		.deadline_ms = lifetime_ms != 0 ? io_now_ms() + lifetime_ms : IO_NO_DEADLINE,
		.file_limit = j->settings->job_disk,
		.memory_limit = j->settings->job_memory != 0 ? j->settings->job_memory : memory_limit(),
		.processors = j->settings->job_processors,
		.watch_fd = j->peer.in_fd,
		.on_tick = tick,
		.context = j,
	};

	j->language->compiling(j);
	enum err e = jail_run(j->confinement->kind, &job, result);

	if (e == ERR_DENIED)
		return job_refuse(j, REASON_VIEW, "paths of the client cannot be shown here");
	if (e == ERR_LIMIT)
		return job_refuse(j, REASON_RESOURCE, "the job made more files than it may");
	if (e == ERR_SYSTEM)
		return job_refuse(j, REASON_INTERNAL, "no jail could be made for the job");
	return e;
}

/* Is a failure of the compiler the program's, or ours? */
static enum err
judge_failure(struct job *j, const struct work *w, const struct jail_result *r)
{
	if (WIFSIGNALED(r->status) && WTERMSIG(r->status) == SIGXFSZ)
		return job_refuse(j, REASON_RESOURCE, "the job wrote more than it may");
	if (WIFSIGNALED(r->status))
		return job_refuse(j, REASON_KILLED, "signal %d ended the compiler", WTERMSIG(r->status));
	if (WEXITSTATUS(r->status) == 0)
		return OK;
	if (r->disk_was_full)
		return job_refuse(j, REASON_RESOURCE, "the job filled the file system it may use");
	if (has_match(r->stderr_fd, policy_is_resource_failure))
		return job_refuse(j, REASON_RESOURCE, "the compiler ran out of memory, disk or processes");
	if (w->view == NULL && has_match(w->text_fd, policy_has_file_pragma))
		return job_refuse(j, REASON_NEEDS_FILE, "a pragma in the source reads a file");
	if (has_match(r->stderr_fd, policy_misses_file))
		return job_refuse(j, REASON_NEEDS_FILE, "the compiler could not open a file");
	return OK;
}

static enum err
judge(struct job *j, const struct work *w, const struct jail_result *r)
{
	switch (r->end) {
	case JAIL_EXITED:
		return judge_failure(j, w, r);
	case JAIL_CLIENT_GONE:
		return ERR_CLOSED;
	case JAIL_TOO_LONG:
		return job_refuse(j, REASON_LIFETIME, "ended after %lld seconds",
		                  (long long)j->settings->job_lifetime_s);
	case JAIL_NO_MEMORY:
		return job_refuse(j, REASON_RESOURCE, "the job's processes took more memory than they may");
	case JAIL_STOPPED:
		return job_refuse(j, REASON_SHUTDOWN, "this volunteer is stopping");
	}
	return ERR_BUG;
}

enum err
work_run(struct job *j, const struct work *w, struct jail_result *result)
{
	struct jail_result r = JAIL_RESULT_INIT;

	if (w->view == NULL && has_match(w->text_fd, policy_needs_client))
		return job_refuse(j, REASON_NEEDS_FILE,
		                  ".incbin, .include or __TIMESTAMP__ in the source needs the client's files");
	enum err e = take_slot(j);

	if (e != OK)
		return e;
	e = run_jail(j, w, &r);
	free_slot(j, &r);
	peer_begin_answer(&j->peer);
	if (e == OK) {
		j->exit_code = process_exit_code(r.status);
		j->cpu_ms = (r.cpu_us + 500) / 1000;
		j->wall_ms = (r.wall_us + 500) / 1000;
		j->peak_kb = r.peak_kb;
		e = judge(j, w, &r);
	}
	if (e == OK)
		*result = r;
	else
		jail_result_release(&r);
	return e;
}
