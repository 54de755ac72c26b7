/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dcc-include-server(1). The order of the start: close what was inherited (a build waits for the end of
 * its pipes); take the lock; bind; go to the background; serve. So whoever started it can connect when the command returns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <popt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autoconf.h"
#include "config.h"
#include "exitcode.h"
#include "io.h"
#include "log.h"
#include "meeting.h"
#include "process.h"
#include "scan.h"
#include "secret.h"
#include "serve.h"
#include "userdir.h"
#include "xalloc.h"

#define DESCRIPTORS 8192
#define IDLE_DEFAULT_S 300
#define IDLE_MAX_S 10000000
/* Another server that has the lock and does not listen yet. */
#define START_WAIT_MS 2000
#define STOP_WAIT_MS 10000
/* A log that is larger is put aside when a server starts. */
#define LOG_MAX ((off_t)4 << 20)

struct options {
	int foreground, statistics, stop, verbose, version;
	int idle_s;
	char *log_file;
};

struct program {
	struct options options;
	struct config config;
	struct userdir dirs;
	struct meeting meeting;
	struct serve_options serve;
};

/* Options. */

static int
read_options(struct options *o, int argc, const char **argv)
{
	const struct poptOption table[] = {
		{"foreground", 'f', POPT_ARG_NONE, &o->foreground, 0, "stay in the foreground, log to standard error", NULL},
		{"idle", 'i', POPT_ARG_INT, &o->idle_s, 0, "end after so long without a client (300; 0: never)", "SECONDS"},
		{"log-file", 0, POPT_ARG_STRING, &o->log_file, 0, "log there", "FILE"},
		{"statistics", 's', POPT_ARG_NONE, &o->statistics, 0, "print what the running server has done", NULL},
		{"stop", 0, POPT_ARG_NONE, &o->stop, 0, "stop the running server", NULL},
		{"verbose", 'v', POPT_ARG_NONE, &o->verbose, 0, "log details", NULL},
		{"version", 'V', POPT_ARG_NONE, &o->version, 0, "print the version", NULL},
		POPT_AUTOHELP
		POPT_TABLEEND,
	};
	poptContext context = poptGetContext("dcc-include-server", argc, argv, table, 0);
	int got = poptGetNextOpt(context);
	const char *left = poptPeekArg(context);
	int code = 0;

	if (got < -1)
		log_error("%s: %s", poptBadOption(context, 0), poptStrerror(got));
	else if (left != NULL)
		log_error("\"%s\": no arguments are expected", left);
	else if (o->idle_s < 0 || o->idle_s > IDLE_MAX_S)
		log_error("--idle %d: from 0 to %d", o->idle_s, IDLE_MAX_S);
	if (got < -1 || left != NULL || o->idle_s < 0 || o->idle_s > IDLE_MAX_S)
		code = EXIT_BAD_ARGUMENTS;
	poptFreeContext(context);
	return code;
}

/* Talking to a server that runs. */

/* Sends a message without a body and prints the texts that come back, up to the end. */
static enum err
converse(int fd, enum scan_type type)
{
	unsigned char header[SCAN_HEADER_SIZE];
	struct buffer b = {0};
	enum scan_type got = SCAN_BUSY;
	size_t len;

	scan_put_empty(&b, type);
	enum err e = io_write_exactly(fd, b.data, b.len, io_now_ms() + SCAN_SILENCE_MS);

	while (e == OK && got != SCAN_END) {
		/* A server that scans tells that it lives; an old one may say nothing. */
		e = io_read_exactly(fd, header, sizeof(header), io_now_ms() + START_WAIT_MS);
		if (e == OK)
			e = scan_get_header(header, SCAN_SERVER, &got, &len);
		if (e != OK)
			break;
		buffer_clear(&b);
		e = io_read_exactly(fd, buffer_reserve(&b, len + 1), len, io_now_ms() + START_WAIT_MS);
		if (e == OK && got == SCAN_TEXT)
			fwrite(b.data, 1, len, stdout);
	}
	buffer_release(&b);
	return e;
}

static int
talk_to_server(const struct program *p, enum scan_type type)
{
	int fd = -1;
	char byte;
	enum err e = meeting_connect(&p->meeting, &fd);

	if (e == ERR_MISSING) {
		log_notice("no include server runs");
		return type == SCAN_STOP ? 0 : EXIT_FAILED;
	}
	if (e == OK)
		e = converse(fd, type);
	/* It closes when it ends. */
	if (e == OK && type == SCAN_STOP)
		e = io_read_exactly(fd, &byte, 1, io_now_ms() + STOP_WAIT_MS) == ERR_TIMEOUT ? ERR_TIMEOUT : OK;
	io_close(&fd);
	if (e == OK && fflush(stdout) == 0)
		return 0;
	log_error("the include server at %s: %s", p->meeting.socket, err_name(e));
	return e == ERR_TIMEOUT ? EXIT_TIMEOUT : EXIT_IO_ERROR;
}

/* Starting. */

/* false: another server serves, or will. */
static bool
take_lock(struct program *p)
{
	int64_t deadline_ms = io_now_ms() + START_WAIT_MS;
	int fd = -1;

	p->serve.lock = open(p->meeting.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (p->serve.lock < 0) {
		log_error("cannot open %s: %s", p->meeting.lock, strerror(errno));
		return false;
	}
	while (flock(p->serve.lock, LOCK_EX | LOCK_NB) < 0) {
		if (meeting_connect(&p->meeting, &fd) != ERR_MISSING || io_now_ms() > deadline_ms) {
			io_close(&fd);
			return false;
		}
		poll(NULL, 0, 10);
	}
	return true;
}

static void
open_log(const struct program *p)
{
	enum log_level level = p->options.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	const char *path = p->options.log_file != NULL ? p->options.log_file : p->meeting.log;
	struct stat st;

	if (p->options.foreground)
		log_to_stderr("dcc-include-server", level, LOG_STAMPED);
	if (p->options.foreground && p->options.log_file == NULL)
		return;
	if (stat(path, &st) == 0 && st.st_size > LOG_MAX) {
		char *old = xasprintf("%s.old", path);

		if (rename(path, old) < 0)
			log_debug("cannot rename %s: %s", path, strerror(errno));
		free(old);
	}
	if (log_to_file("dcc-include-server", level, path) != OK)
		log_warning("it goes on without a log");
}

/* What the first client happens to have must not decide about the next one's compilers: they bring their own. */
static void
clean_environment(void)
{
	static const char *const names[] = {"HOME", "PATH", "TMPDIR"};
	char *values[sizeof(names) / sizeof(names[0])];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		values[i] = value != NULL ? xstrdup(value) : NULL;
	}
	clearenv();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (values[i] != NULL && setenv(names[i], values[i], 1) < 0)
			log_debug("cannot set %s", names[i]);
		free(values[i]);
	}
}

static void
leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

/* The socket listens already. */
static int
serve_all(struct program *p)
{
	meeting_take_over(p->serve.listener);
	if (chdir("/") < 0)
		log_debug("cannot go to /: %s", strerror(errno));
	open_log(p);
	clean_environment();
	process_raise_descriptors(DESCRIPTORS);
	process_catch_signals();
	p->serve.meeting = &p->meeting;
	p->serve.base = p->dirs.base;
	p->serve.idle_ms = (int64_t)p->options.idle_s * 1000;
	log_info("serves %s", p->meeting.socket);
	serve_run(&p->serve);
	log_info("ends");
	return 0;
}

static int
serve(struct program *p)
{
	if (secret_load(p->meeting.dir, p->serve.client) != OK)
		return EXIT_IO_ERROR;
	if (!take_lock(p)) {
		log_notice("an include server runs already");
		io_close(&p->serve.lock);
		return 0;
	}
	if (meeting_listen(&p->meeting, &p->serve.listener) != OK) {
		log_error("cannot listen at %s: %s", p->meeting.socket, strerror(errno));
		io_close(&p->serve.lock);
		return EXIT_BIND_FAILED;
	}
	/* Whoever started us waits for this process: it must not be the one that serves. */
	pid_t pid = p->options.foreground ? 0 : fork();

	if (pid > 0)
		return 0;
	if (pid < 0) {
		log_error("cannot go to the background: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (!p->options.foreground)
		leave_terminal();
	return serve_all(p);
}

static int
run(struct program *p)
{
	if (userdir_open(&p->config, &p->dirs) != OK || meeting_find(&p->dirs, &p->meeting) != OK) {
		log_error("there is no folder of this user alone for the socket: see DCC_DIR in dcc(1)");
		return EXIT_IO_ERROR;
	}
	if (p->options.statistics)
		return talk_to_server(p, SCAN_STATISTICS);
	if (p->options.stop)
		return talk_to_server(p, SCAN_STOP);
	return serve(p);
}

int
main(int argc, const char *argv[])
{
	struct program p = {.options = {.idle_s = IDLE_DEFAULT_S}, .serve = {.listener = -1, .lock = -1}};

	if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		log_debug("cannot close what was inherited: %s", strerror(errno));
	umask(077);
	log_to_stderr("dcc-include-server", LOG_LEVEL_NOTICE, LOG_PLAIN);
	int code = read_options(&p.options, argc, argv);

	if (code == 0 && p.options.version) {
		puts("dcc-include-server " PACKAGE_VERSION);
	} else if (code == 0) {
		config_load(&p.config);
		code = run(&p);
	}
	meeting_release(&p.meeting);
	userdir_release(&p.dirs);
	config_release(&p.config);
	free(p.options.log_file);
	return code;
}
