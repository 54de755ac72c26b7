/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *     DIR/ssh/HASH       the socket that ssh listens at
 *     DIR/ssh/HASH.lock  held by whoever starts ssh
 *     DIR/ssh/HASH.log   what ssh and the dccd there have said
 *
 * The socket alone tells nothing: ssh listens before the dccd there does. So the starter, who has the lock, waits for dccd's own word, and
 * whoever finds the lock taken waits for the starter. (A command for each job over ssh's own multiplexing was tried: starting
 * ssh here, and a shell and dccd there, took more time than the compiler.)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "path.h"
#include "process.h"
#include "sshlink.h"
#include "strv.h"
#include "xalloc.h"

/* What dccd says when it serves: a line of its own. */
#define READY "dccd: ready\n"
#define LOG_MAX ((size_t)64 << 10)
#define TICK_MS 5
#define GRACE_MS 200
/* To connect has its own bound; then somebody may have to be asked, and dccd there to look for compilers. */
#define START_MS 15000
/* ssh makes a name of its own first, and renames that. */
#define SUFFIX_MAX 20u
#define TOKEN_BYTES 16

struct link {
	const struct host *host;
	char *folder;
	char *socket, *lock, *log;
	int lock_fd;
	int64_t connect_ms;  /* what a connection may take */
	int64_t deadline_ms; /* of all of it */
};

/* Of everything that makes it another connection. */
static uint64_t
hash_of(const struct host *h)
{
	const char *texts[] = {h->user, h->name, h->command};
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (const char *p = texts[i]; p != NULL && *p != '\0'; p++)
			hash = (hash ^ (unsigned char)*p) * 1099511628211u;
		hash = (hash ^ (texts[i] != NULL ? 256u : 257u)) * 1099511628211u;
	}
	return hash;
}

static char *
socket_name(const struct host *h, const char *dir)
{
	return xasprintf("%s/ssh/%016llx", dir, (unsigned long long)hash_of(h));
}

bool
sshlink_fits(const struct host *h, const char *dir)
{
	struct sockaddr_un a;

	if (dir == NULL || h->language == HOST_DISTCC ||
	    (h->command != NULL && strcmp(path_base(h->command), "dccd") != 0))
		return false;
	char *name = socket_name(h, dir);
	bool fits = strlen(name) + SUFFIX_MAX < sizeof(a.sun_path) && strpbrk(name, ":\\ %$") == NULL;

	free(name);
	return fits;
}

static enum err
connect_socket(const struct link *l, int *fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, l->socket, strlen(l->socket));
	if (s >= 0 && connect(s, (struct sockaddr *)&a, sizeof(a)) == 0 && io_set_nonblocking(s) == OK) {
		*fd = s;
		return OK;
	}
	io_close(&s);
	return ERR_MISSING;
}

/* OK, ERR_TIMEOUT, ERR_CLOSED. */
static enum err
wait_a_tick(const struct link *l)
{
	int64_t now = io_now_ms();

	if (now >= l->deadline_ms)
		return ERR_TIMEOUT;
	enum err e = process_poll(NULL, 0, now + TICK_MS);

	return e == ERR_TIMEOUT ? OK : e;
}

/* OK with *fd open, or with the lock held and *fd -1. */
static enum err
take_lock_or_connect(struct link *l, int *fd)
{
	enum err e = OK;

	l->lock_fd = open(l->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lock_fd < 0)
		return ERR_SYSTEM;
	while (e == OK && flock(l->lock_fd, LOCK_EX | LOCK_NB) < 0)
		e = errno == EWOULDBLOCK || errno == EINTR ? wait_a_tick(l) : ERR_SYSTEM;
	if (e == OK && connect_socket(l, fd) == OK)
		io_close(&l->lock_fd);
	return e;
}

/* A folder there that nobody can have made before us. */
static enum err
choose_far_socket(char **path)
{
	unsigned char bytes[TOKEN_BYTES];
	char hex[2 * TOKEN_BYTES + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return ERR_SYSTEM;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	*path = xasprintf("/tmp/dccd-%s/s", hex);
	return OK;
}

static void
make_command(const struct link *l, const char *far, struct strv *argv)
{
	/* The user's own multiplexing must not take the forwarding over; nothing but it is forwarded. */
	static const char *const words[] = {
		"ssh", "-f", "-T", "-a", "-x", "-o", "ControlMaster=no", "-o", "ControlPath=none",
		"-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindUnlink=yes", "-o", "StreamLocalBindMask=0177",
		"-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=2", "-L",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		strv_add(argv, words[i]);
	strv_take(argv, xasprintf("%s:%s", l->socket, far));
	strv_add(argv, "-o");
	strv_take(argv, xasprintf("ConnectTimeout=%lld", (long long)(l->connect_ms + 999) / 1000));
	if (l->host->user != NULL) {
		strv_add(argv, "-l");
		strv_add(argv, l->host->user);
	}
	strv_add(argv, l->host->name);
	strv_add(argv, l->host->command != NULL ? l->host->command : "dccd");
	strv_add(argv, "--ssh-socket");
	strv_add(argv, far);
}

static enum err
open_streams(const struct link *l, struct process_spec *spec)
{
	spec->stdin_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Not the user's: ssh outlives this job, and whoever reads our messages waits for their end. */
	spec->stdout_fd = open(l->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	spec->stderr_fd = spec->stdout_fd;
	return spec->stdin_fd >= 0 && spec->stdout_fd >= 0 ? OK : ERR_SYSTEM;
}

/* Runs ssh until it has gone to the background, with the connection made and the socket there. */
static enum err
run_ssh(const struct link *l, char *const *argv)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid = 0;
	int status = 0;

	spec.path = argv[0];
	spec.argv = argv;
	spec.own_group = true;
	enum err e = open_streams(l, &spec);

	if (e == OK && process_start(&spec, &pid) != OK)
		e = ERR_SYSTEM;
	int why = errno;

	io_close(&spec.stdin_fd);
	io_close(&spec.stdout_fd);
	errno = why;
	if (e != OK)
		return e;
	e = process_wait_until(pid, l->deadline_ms, &status);
	if (e == ERR_TIMEOUT)
		process_stop_group(pid, GRACE_MS);
	if (process_caught_signal() != 0)
		return ERR_CLOSED;
	return e == OK && process_exit_code(status) != 0 ? ERR_CONNECT : e;
}

/* The log so far, yours; never NULL. */
static char *
read_log(const struct link *l)
{
	char *text;
	size_t len;

	return io_read_file(l->log, LOG_MAX, &text, &len) == OK ? text : xstrdup("");
}

/* dccd there says that it serves; ERR_MISSING: it will not. */
static enum err
await_ready(const struct link *l)
{
	enum err e = OK;

	while (e == OK) {
		char *log = read_log(l);
		bool is_ready = strstr(log, READY) != NULL;
		int fd = -1;

		free(log);
		if (is_ready)
			return OK;
		/* ssh ends with the command that it runs. */
		if (connect_socket(l, &fd) != OK)
			return ERR_MISSING;
		io_close(&fd);
		e = wait_a_tick(l);
	}
	return e;
}

/* ssh's or dccd's last line, yours: who failed says why at the end. */
static char *
last_words(const struct link *l)
{
	char *log = read_log(l);
	size_t len = strlen(log);

	while (len > 0 && strchr("\r\n", log[len - 1]) != NULL)
		log[--len] = '\0';
	char *line = strrchr(log, '\n');
	char *words = xstrdup(line != NULL ? line + 1 : log);

	free(log);
	for (char *p = words; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = '?';
	return words;
}

static enum err
start(const struct link *l)
{
	struct strv argv = {0};
	char *far;

	if (choose_far_socket(&far) != OK)
		return ERR_SYSTEM;
	make_command(l, far, &argv);
	enum err e = run_ssh(l, argv.items);

	if (e == OK)
		e = await_ready(l);
	strv_release(&argv);
	free(far);
	return e;
}

static enum err
connect_or_start(struct link *l, int *fd)
{
	enum err e = connect_socket(l, fd);

	if (e == OK)
		return OK;
	e = io_make_dirs(l->folder, 0700) == OK ? OK : ERR_SYSTEM;
	if (e == OK)
		e = take_lock_or_connect(l, fd);
	if (e != OK || *fd >= 0)
		return e;
	e = start(l);
	return e == OK ? connect_socket(l, fd) : e;
}

/* In words. */
static char *
explain(const struct link *l, enum err e)
{
	int why = errno;

	if (e == ERR_TIMEOUT)
		return xasprintf("ssh: no dccd there in %d seconds", START_MS / 1000);
	if (e == ERR_SYSTEM)
		return xasprintf("ssh cannot be run: %s", strerror(why));
	char *words = last_words(l);
	char *text = words[0] != '\0' ? xasprintf("ssh: %s", words) : xasprintf("ssh ended without a word");

	free(words);
	return text;
}

enum err
sshlink_connect(const struct host *h, const char *dir, int64_t deadline_ms, int *fd, char **why)
{
	int64_t left_ms = deadline_ms - io_now_ms();
	struct link l = {.host = h,
	                 .folder = xasprintf("%s/ssh", dir),
	                 .socket = socket_name(h, dir),
	                 .lock_fd = -1,
	                 .connect_ms = left_ms > 0 ? left_ms : 1,
	                 .deadline_ms = io_now_ms() + START_MS};

	l.lock = xasprintf("%s.lock", l.socket);
	l.log = xasprintf("%s.log", l.socket);
	enum err e = connect_or_start(&l, fd);

	if (e != OK && e != ERR_CLOSED)
		*why = explain(&l, e);
	io_close(&l.lock_fd);
	free(l.folder);
	free(l.socket);
	free(l.lock);
	free(l.log);
	return e == OK || e == ERR_CLOSED ? e : ERR_CONNECT;
}
