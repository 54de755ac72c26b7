/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record is STATE_SIZE bytes; integers are little-endian:
 *
 *       0  8    "dccstate"
 *       8  u32  version, 2
 *      12  u32  FNV-1a of the bytes from 16 on: a record read while it is being written shows it
 *      16  u32  phase
 *      20  u32  mode
 *      24  i64  pid
 *      32  i64  start, ms since the epoch
 *      40  i64  start of the phase, ms since the epoch
 *      48  i32  slot, -1 for none
 *      52  u32  link
 *      56  128  source          each text ends with a NUL and is
 *     184  128  host            filled up with NULs
 *     312  128  what it is blocked on
 *     440  72   0
 *
 * A file is alive while somebody holds its lock. The writer creates it empty and locks it then; a
 * reader that finds it unlocked in between leaves it alone, because it is empty and young.
 */
/* flock(2): a lock that dies with its process and that a reader in another pid namespace sees. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "state.h"
#include "xalloc.h"

#define VERSION 2u
#define SUMMED 16u
#define SOURCE_AT 56u
#define HOST_AT (SOURCE_AT + STATE_NAME_MAX)
#define BLOCKED_AT (HOST_AT + STATE_NAME_MAX)
#define END (BLOCKED_AT + STATE_NAME_MAX)
#define EMPTY_MAX_S 10 /* an unlocked empty file of this age was left by a client that died */
#define READ_TRIES 4

_Static_assert(END <= STATE_SIZE, "the record is too small");

static const unsigned char magic[8] = "dccstate";

static const char *const phase_names[] = {
	[STATE_STARTUP] = "Startup", [STATE_BLOCKED] = "Blocked", [STATE_PREPROCESS] = "Preprocess",
	[STATE_CONNECT] = "Connect", [STATE_SEND] = "Send",       [STATE_QUEUED] = "Queued",
	[STATE_COMPILE] = "Compile", [STATE_RECEIVE] = "Receive", [STATE_DONE] = "Done",
};

static const char *const mode_names[] = {
	[STATE_MODE_NONE] = "none",
	[STATE_MODE_LOCAL] = "local",
	[STATE_MODE_PLAIN] = "plain",
	[STATE_MODE_PUMP] = "pump",
};

static const char *const link_names[] = {
	[STATE_LINK_NONE] = "none",
	[STATE_LINK_TCP] = "tcp",
	[STATE_LINK_SSH] = "ssh",
	[STATE_LINK_TLS] = "tls",
};

#define LINKS (sizeof(link_names) / sizeof(link_names[0]))
#define PHASES (sizeof(phase_names) / sizeof(phase_names[0]))
#define MODES (sizeof(mode_names) / sizeof(mode_names[0]))

const char *
state_phase_name(enum state_phase phase)
{
	return (size_t)phase < PHASES ? phase_names[phase] : "";
}

const char *
state_mode_name(enum state_mode mode)
{
	return (size_t)mode < MODES ? mode_names[mode] : "";
}

const char *
state_link_name(enum state_link link)
{
	return (size_t)link < LINKS ? link_names[link] : "";
}

static void
put_number(unsigned char *p, uint64_t value, size_t width)
{
	for (size_t i = 0; i < width; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t
get_number(const unsigned char *p, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static uint32_t
sum_of(const unsigned char record[STATE_SIZE])
{
	uint32_t sum = 2166136261u;

	for (size_t i = SUMMED; i < STATE_SIZE; i++)
		sum = (sum ^ record[i]) * 16777619u;
	return sum;
}

static void
put_text(unsigned char *p, const char text[STATE_NAME_MAX])
{
	memcpy(p, text, strnlen(text, STATE_NAME_MAX - 1));
}

/* False for a text without its NUL, or with something behind it. */
static bool
get_text(const unsigned char *p, char text[STATE_NAME_MAX])
{
	memcpy(text, p, STATE_NAME_MAX);
	for (size_t i = strnlen(text, STATE_NAME_MAX); i < STATE_NAME_MAX; i++)
		if (text[i] != '\0')
			return false;
	return text[STATE_NAME_MAX - 1] == '\0';
}

void
state_put(const struct state *s, unsigned char record[STATE_SIZE])
{
	memset(record, 0, STATE_SIZE);
	memcpy(record, magic, sizeof(magic));
	put_number(record + 8, VERSION, 4);
	put_number(record + 16, (uint64_t)s->phase, 4);
	put_number(record + 20, (uint64_t)s->mode, 4);
	put_number(record + 24, (uint64_t)s->pid, 8);
	put_number(record + 32, (uint64_t)s->start_ms, 8);
	put_number(record + 40, (uint64_t)s->phase_ms, 8);
	put_number(record + 48, (uint32_t)s->slot, 4);
	put_number(record + 52, (uint64_t)s->link, 4);
	put_text(record + SOURCE_AT, s->source);
	put_text(record + HOST_AT, s->host);
	put_text(record + BLOCKED_AT, s->blocked_on);
	put_number(record + 12, sum_of(record), 4);
}

static bool
is_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return false;
	return true;
}

enum err
state_get(const unsigned char record[STATE_SIZE], struct state *s)
{
	struct state got = {.pid = (int64_t)get_number(record + 24, 8)};
	uint64_t phase = get_number(record + 16, 4);
	uint64_t mode = get_number(record + 20, 4);
	uint64_t link = get_number(record + 52, 4);

	if (memcmp(record, magic, sizeof(magic)) != 0 || get_number(record + 8, 4) != VERSION ||
	    get_number(record + 12, 4) != sum_of(record))
		return ERR_PROTOCOL;
	if (phase >= PHASES || mode >= MODES || link >= LINKS ||
	    !is_zero(record + END, STATE_SIZE - END))
		return ERR_PROTOCOL;
	if (!get_text(record + SOURCE_AT, got.source) || !get_text(record + HOST_AT, got.host) ||
	    !get_text(record + BLOCKED_AT, got.blocked_on))
		return ERR_PROTOCOL;
	got.phase = (enum state_phase)phase;
	got.mode = (enum state_mode)mode;
	got.link = (enum state_link)link;
	got.start_ms = (int64_t)get_number(record + 32, 8);
	got.phase_ms = (int64_t)get_number(record + 40, 8);
	got.slot = (int32_t)(uint32_t)get_number(record + 48, 4);
	*s = got;
	return OK;
}

int64_t
state_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The text, or its tail if it is too long: the end of a path tells more than its start. */
static void
set_text(char to[STATE_NAME_MAX], const char *text)
{
	size_t n = strlen(text);

	if (n > STATE_NAME_MAX - 1) {
		text += n - (STATE_NAME_MAX - 1);
		n = STATE_NAME_MAX - 1;
	}
	memset(to, 0, STATE_NAME_MAX);
	memcpy(to, text, n);
}

/* Whole records only: one pwrite, and the sum tells a reader that saw half of it. */
static void
write_record(const struct state_writer *w)
{
	unsigned char record[STATE_SIZE];

	if (w->fd < 0)
		return;
	state_put(&w->state, record);
	if (pwrite(w->fd, record, sizeof(record), 0) != (ssize_t)sizeof(record))
		log_debug("cannot write %s: %s", w->path, strerror(errno));
}

/* An empty file of our own in dir: the pid alone may be another's in a second pid namespace. */
static int
create_record(const char *dir, char **path)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = (uint32_t)io_now_ms();
	*path = xasprintf("%s/%ld-%08lx", dir, (long)getpid(), (unsigned long)random);
	return open(*path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
}

/* Locks the new file; false if that fails, or a reader took it for an old one and removed it. */
static bool
own_record(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

void
state_open(struct state_writer *w, const char *dir, const char *source)
{
	int64_t now = state_now_ms();

	*w = (struct state_writer)STATE_WRITER_INIT;
	w->state = (struct state){.pid = getpid(), .start_ms = now, .phase_ms = now, .slot = -1};
	set_text(w->state.source, source);
	int fd = create_record(dir, &w->path);

	if (fd < 0 || !own_record(fd)) {
		log_debug("no state record %s: %s", w->path, strerror(errno));
		if (fd >= 0)
			unlink(w->path);
		io_close(&fd);
		free(w->path);
		w->path = NULL;
		return;
	}
	w->fd = fd;
	write_record(w);
}

void
state_enter(struct state_writer *w, enum state_phase phase, const char *host, int slot)
{
	const struct state before = w->state;

	w->state.phase = phase;
	if (host != NULL) {
		set_text(w->state.host, host);
		w->state.slot = slot;
	}
	if (phase != STATE_BLOCKED)
		set_text(w->state.blocked_on, "");
	/* A volunteer repeats its phase as a sign of life: that begins nothing. */
	if (before.phase != phase || before.slot != w->state.slot ||
	    strcmp(before.host, w->state.host) != 0)
		w->state.phase_ms = state_now_ms();
	write_record(w);
}

void
state_close(struct state_writer *w)
{
	/* Removed while still locked, so that no reader sees it as a dead one's. */
	if (w->path != NULL)
		unlink(w->path);
	io_close(&w->fd);
	free(w->path);
	w->path = NULL;
}

/*
 * Can the lock be taken, so that the writer is gone? A young empty file may be on its way to its
 * lock.
 */
static bool
is_dead(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_SH | LOCK_NB) < 0 || fstat(fd, &st) < 0)
		return false;
	return st.st_size > 0 || time(NULL) - st.st_mtime > EMPTY_MAX_S;
}

/* A half-written record is whole a moment later. */
static enum err
read_record(int fd, struct state *s)
{
	for (int i = 0; i < READ_TRIES; i++) {
		unsigned char record[STATE_SIZE];

		if (pread(fd, record, sizeof(record), 0) == (ssize_t)sizeof(record) &&
		    state_get(record, s) == OK)
			return OK;
	}
	return ERR_PROTOCOL;
}

/* OK and *s for a live record; a dead one is removed. */
static enum err
visit(int dir_fd, const char *name, struct state *s)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum err e = ERR_MISSING;

	if (fd < 0)
		return ERR_MISSING;
	if (is_dead(fd))
		unlinkat(dir_fd, name, 0);
	else
		e = read_record(fd, s);
	close(fd);
	return e;
}

static int
compare(const void *left, const void *right)
{
	const struct state *a = left;
	const struct state *b = right;
	int by_host = strcmp(a->host, b->host);

	if (by_host != 0)
		return by_host;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static void
collect(DIR *d, struct state **list, size_t *count)
{
	size_t cap = 16;

	*list = xcalloc(cap, sizeof(**list));
	*count = 0;
	for (const struct dirent *entry; (entry = readdir(d)) != NULL;) {
		/* Ours begin with the pid; nothing else is touched. */
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (*count == cap) {
			cap *= 2;
			*list = xrealloc(*list, cap * sizeof(**list));
		}
		if (visit(dirfd(d), entry->d_name, *list + *count) == OK)
			++*count;
	}
	qsort(*list, *count, sizeof(**list), compare);
}

enum err
state_list(const char *dir, struct state **list, size_t *count)
{
	DIR *d = opendir(dir);

	if (d == NULL) {
		log_warning("cannot read %s: %s", dir, strerror(errno));
		return ERR_SYSTEM;
	}
	collect(d, list, count);
	closedir(d);
	return OK;
}
