/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nobody waits long for a server that is not there. Of many clients that start together the one that gets
 * the lock "starting" starts the server; the others wait for that lock, and then connect. A start that fails
 * is not tried again for a while.
 *
 * Silence is measured by the clock, but on a machine with more work than processors a server may be ready
 * to answer and not come to it. So its state is looked at before it is given up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"
#include "io.h"
#include "log.h"
#include "meeting.h"
#include "path.h"
#include "process.h"
#include "pump.h"
#include "xalloc.h"

/* A server goes to the background within a few milliseconds. */
#define START_MAX_MS 3000
#define START_AGAIN_MS 30000
/* A server that gets no processor is waited for so long. */
#define STARVED_MAX_MS 5000
#define READ_SIZE ((size_t)64 << 10)

enum err
pump_parse_mode(const struct config *c, enum pump_mode *mode)
{
	static const char *const words[] = {
		[PUMP_AUTO] = "auto", [PUMP_NEVER] = "never", [PUMP_REQUIRE] = "require"};
	const char *word = config_string(c, CONFIG_PUMP);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(word, words[i]) == 0) {
			*mode = (enum pump_mode)i;
			return OK;
		}
	}
	log_error("%s is \"%s\"; it must be auto, never or require", config_origin(CONFIG_PUMP), word);
	return ERR_USAGE;
}

/* Starting a server. */

static enum err
run_server(void)
{
	char *path = process_beside("dcc-include-server");
	char *argv[] = {path, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct process_spec spec = {.path = path, .argv = argv, .stdin_fd = null, .stdout_fd = null,
	                            .stderr_fd = -1, .own_group = true};
	int status = 0;
	pid_t pid;
	enum err e = process_start(&spec, &pid);

	if (e == OK) {
		e = process_wait_until(pid, io_now_ms() + START_MAX_MS, &status);
		if (e == ERR_TIMEOUT)
			process_stop_group(pid, 0);
		if (e == OK && process_exit_code(status) != 0)
			e = ERR_SYSTEM;
	}
	if (e != OK)
		log_info("cannot start %s: %s", path, err_name(e));
	io_close(&null);
	free(path);
	return e;
}

static bool
has_failed_lately(const struct meeting *m)
{
	struct stat st;
	struct timespec now;

	if (stat(m->failed, &st) < 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ms = (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000;

	return age_ms >= 0 && age_ms < START_AGAIN_MS;
}

static void
note_failure(const struct meeting *m)
{
	int fd = open(m->failed, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || futimens(fd, NULL) < 0)
		log_debug("cannot write %s: %s", m->failed, strerror(errno));
	io_close(&fd);
}

/* With the lock "starting": the one before us may have started it. */
static enum err
start_locked(const struct meeting *m, int *fd)
{
	enum err e = meeting_connect(m, fd);

	if (e != ERR_MISSING)
		return e;
	if (has_failed_lately(m))
		return ERR_MISSING;
	e = run_server();
	if (e == OK)
		e = meeting_connect(m, fd);
	if (e != OK && process_caught_signal() == 0)
		note_failure(m);
	return e;
}

static enum err
start_server(const struct meeting *m, int *fd)
{
	int lock = open(m->starting, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int got;

	if (lock < 0)
		return ERR_SYSTEM;
	process_unblock_signals();
	do {
		got = flock(lock, LOCK_EX);
	} while (got < 0 && errno == EINTR && process_caught_signal() == 0);
	process_block_signals();
	enum err e = got == 0 ? start_locked(m, fd) : ERR_CLOSED;

	io_close(&lock);
	return e;
}

static void
begin_silence(struct pump *p)
{
	p->spoke_ms = io_now_ms();
	p->deadline_ms = p->spoke_ms + SCAN_SILENCE_MS;
	p->cpu_ms = -1;
}

enum err
pump_open(struct pump *p, const struct userdir *dirs)
{
	struct meeting m;

	if (meeting_find(dirs, &m) != OK)
		return ERR_MISSING;
	enum err e = meeting_connect(&m, &p->fd);

	if (e == ERR_MISSING)
		e = start_server(&m, &p->fd);
	meeting_release(&m);
	begin_silence(p);
	if (process_caught_signal() != 0)
		return ERR_CLOSED;
	return e == OK ? OK : ERR_MISSING;
}

void
pump_close(struct pump *p)
{
	io_close(&p->fd);
	buffer_release(&p->in);
	p->taken = 0;
}

/* Talking to it. */

enum err
pump_send(struct pump *p, const struct buffer *frames)
{
	enum err e = io_write_exactly(p->fd, frames->data, frames->len, io_now_ms() + SCAN_SILENCE_MS);

	begin_silence(p);
	return e;
}

enum err
pump_read(struct pump *p)
{
	buffer_remove_front(&p->in, p->taken);
	p->taken = 0;
	ssize_t n = read(p->fd, buffer_reserve(&p->in, READ_SIZE), READ_SIZE);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? OK : ERR_SYSTEM;
	if (n == 0)
		return ERR_CLOSED;
	p->in.len += (size_t)n;
	begin_silence(p);
	return OK;
}

/* State ('R': runs or could run, 'D': waits for a disk) and processor time of a process, as in proc(5). */
static bool
look_at_process(pid_t pid, char *state, int64_t *cpu_ms)
{
	char path[64], *text;
	size_t len;
	unsigned long long user, system;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if (io_read_file(path, 4096, &text, &len) != OK)
		return false;
	/* Its name, in parentheses, may hold anything. */
	const char *p = strrchr(text, ')');
	bool is_read = p != NULL && sscanf(p, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", state,
	                                   &user, &system) == 3;

	free(text);
	if (is_read)
		*cpu_ms = (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
	return is_read;
}

enum err
pump_extend(struct pump *p)
{
	struct pollfd fd = {.fd = p->fd, .events = POLLIN};
	struct ucred peer;
	socklen_t len = sizeof(peer);
	char state;
	int64_t cpu_ms;

	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
	    !look_at_process(peer.pid, &state, &cpu_ms))
		return ERR_TIMEOUT;
	if (p->cpu_ms < 0)
		p->cpu_ms = cpu_ms;
	/* One that rests may just have answered. */
	bool is_innocent = (state == 'R' || state == 'D') && cpu_ms - p->cpu_ms < SCAN_SILENCE_MS &&
	                   io_now_ms() - p->spoke_ms < STARVED_MAX_MS;

	if (!is_innocent && poll(&fd, 1, 0) <= 0)
		return ERR_TIMEOUT;
	p->deadline_ms = io_now_ms() + SCAN_SILENCE_MS;
	return OK;
}

enum err
pump_take(struct pump *p, struct pump_message *m)
{
	for (;;) {
		size_t left = p->in.len - p->taken;

		if (left < SCAN_HEADER_SIZE)
			return ERR_MISSING;
		const unsigned char *at = p->in.data + p->taken;
		enum err e = scan_get_header(at, SCAN_SERVER, &m->type, &m->len);

		if (e != OK)
			return e;
		if (left - SCAN_HEADER_SIZE < m->len)
			return ERR_MISSING;
		m->body = at + SCAN_HEADER_SIZE;
		p->taken += SCAN_HEADER_SIZE + m->len;
		if (m->type != SCAN_BUSY)
			return OK;
	}
}

enum err
pump_wait(struct pump *p, struct pump_message *m)
{
	enum err e = pump_take(p, m);

	while (e == ERR_MISSING) {
		struct pollfd fd = {.fd = p->fd, .events = POLLIN};

		e = process_poll(&fd, 1, p->deadline_ms);
		if (e == ERR_TIMEOUT) {
			e = pump_extend(p) == OK ? ERR_MISSING : ERR_TIMEOUT;
			continue;
		}
		if (e == OK && fd.revents != 0)
			e = pump_read(p);
		if (e == OK)
			e = pump_take(p, m);
	}
	return e;
}

enum err
pump_ask(struct pump *p, enum scan_type type, const struct pump_question *q)
{
	struct scan_request m = {.version = SCAN_VERSION, .argv = *q->argv};
	struct buffer b = {0};

	m.host = xstrdup(q->host);
	m.compiler = xstrdup(q->compiler);
	m.cwd = xstrdup(q->cwd);
	environment_select(environ, &m.env);
	strv_take(&m.env, xasprintf("PWD=%s", q->cwd));
	if (q->names != NULL)
		m.names = *q->names;
	scan_put_request(&b, type, &m);
	enum err e = pump_send(p, &b);

	/* These are the question's. */
	m.argv = m.names = (struct strv){0};
	scan_request_release(&m);
	buffer_release(&b);
	return e;
}
