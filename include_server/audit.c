/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is found right is written down: a set of options is the same tomorrow, and an audit costs as much as
 * half a compile. The key of a set is a hash over the compiler, this very program and the words that may
 * decide what the compiler is like; -D, -I and the like are the scanner's own work and left out, else every file of
 * a kernel would be a set of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "args_search.h"
#include "audit.h"
#include "deps.h"
#include "io.h"
#include "log.h"
#include "process.h"
#include "xalloc.h"

#define QUEUE_MAX 32u
#define SAMPLE_EVERY 1000u
#define SETS_MAX 4096u
/* Commands that fail say nothing; so many are tried for a set of options. */
#define TRIES_MAX 3u
#define LIST_MAX ((size_t)64 << 20)
/* A compile that takes longer, or gets no processor for so long, is given up. */
#define CHILD_MAX_MS 120000
/* ioprio_set(2): who = a process, class = idle. */
#define IOPRIO_PROCESS 1
#define IOPRIO_IDLE (3 << 13)

enum set_state { SET_NEW, SET_QUEUED, SET_RIGHT, SET_WRONG };

struct set {
	uint64_t key;
	enum set_state state;
	unsigned tries;
};

struct entry {
	struct scan_request request;
	struct strv names;
	uint64_t key;
};

struct audit {
	char *dir;
	char *list;              /* the child's -MF file */
	struct set *sets;
	size_t set_count;
	struct entry queue[QUEUE_MAX];
	size_t queued;
	struct entry running;
	pid_t pid;               /* 0: none runs */
	int64_t deadline_ms;     /* of the child */
	uint64_t scans;
	uint64_t own_stamp;      /* of this program */
};

static uint64_t
mix(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Changes with the file. */
static uint64_t
stamp_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return 0;
	uint64_t fields[] = {(uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
	                     (uint64_t)st.st_mtim.tv_nsec};

	return mix(UINT64_C(0xcbf29ce484222325), fields, sizeof(fields));
}

/* The command's arguments, scanned; false: none that would be sent away. */
static bool
scan_args(const struct scan_request *q, struct args *a)
{
	*a = (struct args){0};
	strv_add_all(&a->argv, q->argv.items);
	args_scan(a);
	return a->here == REASON_NONE;
}

static uint64_t
key_of(const struct audit *a, const struct scan_request *q)
{
	struct args args;
	struct args_search search = {0};
	uint64_t key = mix(a->own_stamp, q->compiler, strlen(q->compiler) + 1);
	uint64_t compiler = stamp_of(q->compiler);

	key = mix(key, &compiler, sizeof(compiler));
	if (scan_args(q, &args)) {
		args_search_parse(&args, &search);
		key = mix(key, &args.language, sizeof(args.language));
		for (size_t i = 0; i < search.dialect.count; i++)
			key = mix(key, search.dialect.items[i], strlen(search.dialect.items[i]) + 1);
	}
	args_search_release(&search);
	args_release(&args);
	return key;
}

static struct set *
find_set(const struct audit *a, uint64_t key)
{
	for (size_t i = 0; i < a->set_count; i++)
		if (a->sets[i].key == key)
			return &a->sets[i];
	return NULL;
}

/* NULL: there are too many. */
static struct set *
add_set(struct audit *a, uint64_t key)
{
	if (a->set_count == SETS_MAX)
		return NULL;
	struct set *s = &a->sets[a->set_count++];

	*s = (struct set){.key = key};
	return s;
}

/* What was found right: sixteen digits a line. */

static char *
record_path(const struct audit *a)
{
	return xasprintf("%s/audited", a->dir);
}

static void
load_record(struct audit *a)
{
	char *path = record_path(a), *text = NULL;
	size_t len;

	if (io_read_file(path, LIST_MAX, &text, &len) == OK) {
		for (char *line = text; line[0] != '\0'; line += strcspn(line, "\n") + 1) {
			char *end;
			uint64_t key = strtoull(line, &end, 16);
			struct set *s = end == line + 16 && find_set(a, key) == NULL ? add_set(a, key) : NULL;

			if (s != NULL)
				s->state = SET_RIGHT;
			if (line[strcspn(line, "\n")] == '\0')
				break;
		}
		/* Old compilers' sets: begin anew. */
		if (a->set_count == SETS_MAX && unlink(path) == 0)
			a->set_count = 0;
	}
	free(text);
	free(path);
}

static void
record(const struct audit *a, uint64_t key)
{
	char *path = record_path(a);
	char line[32];
	int n = snprintf(line, sizeof(line), "%016llx\n", (unsigned long long)key);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || io_write_exactly(fd, line, (size_t)n, IO_NO_DEADLINE) != OK)
		log_debug("cannot write %s: %s", path, strerror(errno));
	io_close(&fd);
	free(path);
}

struct audit *
audit_new(const char *dir)
{
	struct audit *a = xcalloc(1, sizeof(*a));

	a->dir = xstrdup(dir);
	a->list = xasprintf("%s/audit-%ld.d", dir, (long)getpid());
	a->sets = xcalloc(SETS_MAX, sizeof(*a->sets));
	a->own_stamp = stamp_of("/proc/self/exe");
	load_record(a);
	return a;
}

static void
entry_release(struct entry *e)
{
	scan_request_release(&e->request);
	strv_release(&e->names);
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	if (a->pid != 0)
		process_stop_group(a->pid, 100);
	unlink(a->list);
	entry_release(&a->running);
	for (size_t i = 0; i < a->queued; i++)
		entry_release(&a->queue[i]);
	free(a->sets);
	free(a->list);
	free(a->dir);
	free(a);
}

bool
audit_forbids(const struct audit *a, const struct scan_request *q)
{
	bool is_any_wrong = false;

	for (size_t i = 0; i < a->set_count; i++)
		is_any_wrong |= a->sets[i].state == SET_WRONG;
	if (!is_any_wrong)
		return false;
	const struct set *s = find_set(a, key_of(a, q));

	return s != NULL && s->state == SET_WRONG;
}

static bool
is_due(const struct set *s)
{
	return s->state == SET_NEW && s->tries < TRIES_MAX;
}

void
audit_note(struct audit *a, enum audit_choice choice, const struct scan_request *q,
           const struct strv *names)
{
	uint64_t key = key_of(a, q);
	struct set *s = find_set(a, key);
	bool is_sampled = ++a->scans % SAMPLE_EVERY == 0 || choice == AUDIT_SURELY;

	if (s == NULL)
		s = add_set(a, key);
	if (s == NULL || s->state == SET_WRONG || a->queued == QUEUE_MAX || !(is_sampled || is_due(s)))
		return;
	if (s->state == SET_NEW) {
		s->state = SET_QUEUED;
		s->tries++;
	}
	struct entry *e = &a->queue[a->queued++];

	*e = (struct entry){.key = key};
	e->request.compiler = xstrdup(q->compiler);
	e->request.cwd = xstrdup(q->cwd);
	strv_add_all(&e->request.argv, q->argv.items);
	if (q->env.count != 0)
		strv_add_all(&e->request.env, q->env.items);
	for (size_t i = 0; i < names->count; i++)
		strv_add(&e->names, names->items[i]);
}

/* The child. */

/* Whatever else there is to do comes first. */
static void
make_idle(pid_t pid)
{
	struct sched_param none = {0};

	if (setpriority(PRIO_PROCESS, (id_t)pid, 19) < 0 || sched_setscheduler(pid, SCHED_IDLE, &none) < 0 ||
	    syscall(SYS_ioprio_set, IOPRIO_PROCESS, pid, IOPRIO_IDLE) < 0)
		log_debug("an audit keeps some of its priority: %s", strerror(errno));
}

static enum err
start_in(const struct entry *e, const struct strv *argv, int null, pid_t *pid)
{
	struct process_spec spec = {.path = e->request.compiler,
	                            .argv = argv->items,
	                            .envp = e->request.env.items,
	                            .stdin_fd = null,
	                            .stdout_fd = null,
	                            .stderr_fd = null,
	                            .own_group = true};

	/* Nobody else needs our current folder: all paths are absolute. */
	if (chdir(e->request.cwd) < 0)
		return ERR_MISSING;
	enum err err = process_start(&spec, pid);

	if (chdir("/") < 0)
		log_debug("cannot leave %s: %s", e->request.cwd, strerror(errno));
	return err;
}

/* false: it cannot be audited. */
static bool
start_child(struct audit *a, struct entry *e)
{
	struct args args;
	struct strv argv = {0};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	bool can = scan_args(&e->request, &args) && !args.has_side_outputs && null >= 0;

	if (can) {
		strv_add(&e->request.env, "LC_ALL=C");
		args_check_command(&args, a->list, &argv);
		can = start_in(e, &argv, null, &a->pid) == OK;
	}
	if (can) {
		make_idle(a->pid);
		a->deadline_ms = io_now_ms() + CHILD_MAX_MS;
	}
	strv_release(&argv);
	args_release(&args);
	io_close(&null);
	return can;
}

void
audit_start(struct audit *a)
{
	while (a->pid == 0 && a->queued != 0) {
		a->running = a->queue[0];
		memmove(a->queue, a->queue + 1, --a->queued * sizeof(a->queue[0]));
		if (start_child(a, &a->running))
			return;
		a->pid = 0;
		entry_release(&a->running);
	}
}

/* The names in the child's list. */
static enum err
read_list(const struct audit *a, struct strv *names)
{
	char *text;
	size_t len;
	enum err e = io_read_file(a->list, LIST_MAX, &text, &len);

	if (e != OK)
		return e;
	e = deps_parse(text, len, names);
	free(text);
	return e;
}

bool
audit_reap(struct audit *a, const struct scan_request **q, struct strv *predicted, struct strv *names)
{
	int status = 0;

	if (a->pid != 0 && io_now_ms() > a->deadline_ms)
		kill(-a->pid, SIGKILL);
	if (a->pid == 0 || waitpid(a->pid, &status, WNOHANG) != a->pid)
		return false;
	a->pid = 0;
	bool is_well = process_exit_code(status) == 0 && read_list(a, names) == OK;

	unlink(a->list);
	if (is_well) {
		*predicted = a->running.names;
		a->running.names = (struct strv){0};
		*q = &a->running.request;
		return true;
	}
	struct set *s = find_set(a, a->running.key);

	if (s != NULL && s->state == SET_QUEUED)
		s->state = SET_NEW;
	entry_release(&a->running);
	return false;
}

void
audit_finish(struct audit *a, enum audit_verdict verdict)
{
	struct set *s = find_set(a, a->running.key);

	if (s != NULL && verdict == AUDIT_WRONG)
		s->state = SET_WRONG;
	if (s != NULL && verdict == AUDIT_RIGHT && s->state == SET_QUEUED) {
		s->state = SET_RIGHT;
		record(a, s->key);
	}
	entry_release(&a->running);
}

void
audit_log_difference(const struct scan_request *q, const struct buffer *differences)
{
	struct buffer line = {0};

	for (size_t i = 0; i < q->argv.count; i++) {
		buffer_add_string(&line, i != 0 ? " " : "");
		buffer_add_string(&line, q->argv.items[i]);
	}
	char *command = buffer_take_string(&line);

	log_error("an audit found other files than were predicted; commands with such options do without pump mode from "
	          "now on. To see it: cd %s && %s -fsyntax-only -MD -MF /dev/stdout", q->cwd, command);
	buffer_add(&line, differences->data, differences->len);
	char *text = buffer_take_string(&line);

	for (char *p = text; *p != '\0';) {
		size_t n = strcspn(p, "\n");

		log_error("    %.*s", (int)n, p);
		p += n + (p[n] != '\0');
	}
	free(text);
	free(command);
}
