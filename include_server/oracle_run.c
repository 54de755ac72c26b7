/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files without a name take the place of pipes: nothing has to be read while the compiler runs, so
 * waiting is all there is to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "oracle_run.h"
#include "process.h"
#include "xalloc.h"

#define DEADLINE_MS 10000 /* a loaded machine answers late, a hung wrapper never */
#define TICK_MS 40
#define OUTPUT_MAX ((size_t)16 << 20)

enum stream { INPUT, OUTPUT, MESSAGES, STREAMS };

static enum err
open_streams(const struct oracle_run *r, int fds[STREAMS])
{
	enum err e = OK;

	for (int i = 0; e == OK && i < STREAMS; i++)
		e = io_open_unnamed(r->scratch, &fds[i]);
	if (e == OK)
		e = io_write_exactly(fds[INPUT], r->input->data, r->input->len, IO_NO_DEADLINE);
	if (e == OK && lseek(fds[INPUT], 0, SEEK_SET) != 0)
		e = ERR_SYSTEM;
	if (e != OK)
		log_warning("cannot write in %s: %s", r->scratch, strerror(errno));
	return e;
}

/* A child's folder is ours of the moment it is started. */
static enum err
start_in(const char *cwd, const struct process_spec *spec, pid_t *pid)
{
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (chdir(cwd) != 0) {
		io_close(&here);
		return ERR_MISSING;
	}
	enum err e = process_start(spec, pid);

	/* Where we stood may be gone; nothing of ours depends on it. */
	if (here < 0 || fchdir(here) != 0)
		e = chdir("/") == 0 ? e : ERR_SYSTEM;
	io_close(&here);
	return e;
}

static enum err
wait_for(const struct oracle_run *r, pid_t pid)
{
	int64_t deadline_ms = io_now_ms() + DEADLINE_MS;
	int status;
	enum err e;

	do {
		if (r->alive != NULL)
			r->alive(r->context);
		e = process_wait_until(pid, io_now_ms() + TICK_MS, &status);
	} while (e == ERR_TIMEOUT && io_now_ms() < deadline_ms);
	if (e != OK)
		process_stop_group(pid, 0);
	return e;
}

static enum err
read_stream(int fd, char **text)
{
	char *data = NULL;
	size_t len = 0;

	if (lseek(fd, 0, SEEK_SET) != 0)
		return ERR_SYSTEM;
	enum err e = io_read_to_end(fd, OUTPUT_MAX, &data, &len);

	if (e != OK)
		return e;
	*text = xrealloc(data, len + 1);
	(*text)[len] = '\0';
	return OK;
}

static enum err
run(const struct oracle_run *r, const int fds[STREAMS], char **output, char **messages)
{
	struct process_spec spec = {
		.path = r->compiler,
		.argv = r->argv->items,
		.envp = r->env->items,
		.stdin_fd = fds[INPUT],
		.stdout_fd = fds[OUTPUT],
		.stderr_fd = fds[MESSAGES],
		.own_group = true,
	};
	char *first = NULL;
	pid_t pid;
	enum err e = start_in(r->cwd, &spec, &pid);

	if (e == OK)
		e = wait_for(r, pid);
	if (e == OK)
		e = read_stream(fds[OUTPUT], &first);
	if (e == OK)
		e = read_stream(fds[MESSAGES], messages);
	if (e == OK)
		*output = first;
	else
		free(first);
	return e;
}

enum err
oracle_run(const struct oracle_run *r, char **output, char **messages)
{
	int fds[STREAMS] = {-1, -1, -1};
	enum err e = open_streams(r, fds);

	if (e == OK) {
		e = run(r, fds, output, messages);
		if (e != OK)
			log_warning("%s does not answer: %s", r->compiler, e == ERR_SYSTEM ? strerror(errno) : err_name(e));
	}
	for (int i = 0; i < STREAMS; i++)
		io_close(&fds[i]);
	return e;
}
