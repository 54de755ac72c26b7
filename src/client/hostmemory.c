/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One small file a fact, beside the locks; when it was written is what counts. A file says what a
 * daemon of ours would have to be asked for, survives the job, and needs no lock: the last writer
 * is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hostmemory.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

#define DISTCC_PERIOD_MS ((int64_t)3600 * 1000)
#define NATIVE_PERIOD_MS ((int64_t)3600 * 1000)
/* It is noted again when the note is older than that: not for every job. */
#define NATIVE_AGAIN_MS ((int64_t)300 * 1000)
#define NO_PUMP_PERIOD_MS ((int64_t)3600 * 1000)
#define NEWS_PERIOD_MS ((int64_t)3600 * 1000)
/* A file's time comes from a clock that ticks less often than ours. */
#define CLOCK_SLACK_MS 1000

/* DIR/KIND_ID or DIR/KIND_ID_MORE; yours. */
static char *
file_of(const char *dir, const char *kind, const struct host *h, const char *more)
{
	return xasprintf("%s/%s_%s%s%s", dir, kind, h->id, more[0] != '\0' ? "_" : "", more);
}

/* Takes path. */
static void
note(char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);

	/* The time is set even where the disk is too full for the text. */
	if (fd < 0 || futimens(fd, NULL) < 0)
		log_debug("cannot note %s: %s", path, strerror(errno));
	else if (io_write_exactly(fd, text, strlen(text), IO_NO_DEADLINE) != OK)
		log_debug("cannot write %s: %s", path, strerror(errno));
	io_close(&fd);
	free(path);
}

/* Takes path. A time in the future, after the clock was set back, is as good as none. */
static bool
is_fresh(char *path, int64_t period_ms)
{
	struct stat st;
	struct timespec now;
	int got = stat(path, &st);

	free(path);
	if (got < 0 || period_ms == 0)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ms = (int64_t)(now.tv_sec - st.st_mtim.tv_sec) * 1000 +
	                 (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;

	return age_ms > -CLOCK_SLACK_MS && age_ms < period_ms;
}

void
hostmemory_failed(const char *dir, const struct host *h, enum reason why)
{
	note(file_of(dir, "backoff", h, ""), reason_word(why));
}

void
hostmemory_worked(const char *dir, const struct host *h)
{
	char *path = file_of(dir, "backoff", h, "");

	if (unlink(path) < 0 && errno != ENOENT)
		log_debug("cannot remove %s: %s", path, strerror(errno));
	free(path);
}

bool
hostmemory_is_backed_off(const char *dir, const struct host *h, int64_t period_ms)
{
	return is_fresh(file_of(dir, "backoff", h, ""), period_ms);
}

void
hostmemory_set_distcc(const char *dir, const struct host *h)
{
	note(file_of(dir, "speaks-distcc", h, ""), "");
}

bool
hostmemory_is_distcc(const char *dir, const struct host *h)
{
	return is_fresh(file_of(dir, "speaks-distcc", h, ""), DISTCC_PERIOD_MS);
}

void
hostmemory_set_native(const char *dir, const struct host *h)
{
	if (!is_fresh(file_of(dir, "speaks-dcc", h, ""), NATIVE_AGAIN_MS))
		note(file_of(dir, "speaks-dcc", h, ""), "");
}

bool
hostmemory_is_native(const char *dir, const struct host *h)
{
	return is_fresh(file_of(dir, "speaks-dcc", h, ""), NATIVE_PERIOD_MS);
}

bool
hostmemory_lacks(const char *dir, const struct host *h, const char *digest)
{
	char *path = file_of(dir, "lacks", h, digest);

	if (!is_fresh(xstrdup(path), NEWS_PERIOD_MS) && unlink(path) < 0 && errno != ENOENT)
		log_debug("cannot remove %s: %s", path, strerror(errno));
	/* Of many jobs that are refused at once one makes the file. Where none can, each tells. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	bool is_news = fd >= 0 || errno != EEXIST;

	io_close(&fd);
	note(path, "");
	return is_news;
}

bool
hostmemory_is_lacking(const char *dir, const struct host *h, const char *digest, int64_t period_ms)
{
	return is_fresh(file_of(dir, "lacks", h, digest), period_ms);
}

void
hostmemory_set_no_pump(const char *dir, const struct host *h, const char *digest)
{
	note(file_of(dir, "no-pump", h, digest), "");
}

bool
hostmemory_has_no_pump(const char *dir, const struct host *h, const char *digest)
{
	return is_fresh(file_of(dir, "no-pump", h, digest), NO_PUMP_PERIOD_MS);
}
