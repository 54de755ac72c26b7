/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line, one write(2): lines of many processes appending to one file never mix. Control
 * characters from outside (paths, a peer's text) are shown as '?', so that nobody can draw on the
 * reader's terminal or forge a second line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "terminal.h"

#define LINE_MAX_BYTES 4090

struct destination {
	const char *program;
	int fd;
	enum log_level level;
	enum log_stamp stamp;
};

static struct destination terminal = {"dcc", STDERR_FILENO, LOG_LEVEL_WARNING, LOG_PLAIN};
static struct destination file = {"dcc", -1, LOG_LEVEL_INFO, LOG_STAMPED};

static const char *const level_words[] = {
	[LOG_LEVEL_ERROR] = "error: ",
	[LOG_LEVEL_WARNING] = "warning: ",
	[LOG_LEVEL_NOTICE] = "",
	[LOG_LEVEL_INFO] = "",
	[LOG_LEVEL_DEBUG] = "",
};

void
log_to_stderr(const char *program, enum log_level level, enum log_stamp stamp)
{
	terminal = (struct destination){program, STDERR_FILENO, level, stamp};
}

void
log_to_fd(const char *program, enum log_level level, int fd)
{
	file = (struct destination){program, fd, level, LOG_STAMPED};
}

enum err
log_to_file(const char *program, enum log_level level, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);

	if (fd < 0) {
		log_warning("cannot open the log file %s: %s", path, strerror(errno));
		return ERR_SYSTEM;
	}
	log_to_fd(program, level, fd);
	return OK;
}

enum err
log_parse_level(const char *name, enum log_level *level)
{
	static const struct {
		const char *name;
		enum log_level level;
	} names[] = {
		{"emerg", LOG_LEVEL_ERROR},     {"alert", LOG_LEVEL_ERROR},
		{"crit", LOG_LEVEL_ERROR},      {"critical", LOG_LEVEL_ERROR},
		{"err", LOG_LEVEL_ERROR},       {"error", LOG_LEVEL_ERROR},
		{"warning", LOG_LEVEL_WARNING}, {"warn", LOG_LEVEL_WARNING},
		{"notice", LOG_LEVEL_NOTICE},   {"info", LOG_LEVEL_INFO},
		{"debug", LOG_LEVEL_DEBUG},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) == 0) {
			*level = names[i].level;
			return OK;
		}
	}
	return ERR_USAGE;
}

static size_t
format_prefix(const struct destination *to, enum log_level level, char *line, size_t size)
{
	int n;

	if (to->stamp == LOG_PLAIN) {
		n = snprintf(line, size, "%s: %s", to->program, level_words[level]);
	} else {
		char when[32];
		time_t now = time(NULL);
		struct tm tm;

		gmtime_r(&now, &tm);
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
		n = snprintf(line, size, "%s %s[%ld]: %s", when, to->program, (long)getpid(),
		             level_words[level]);
	}
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static void
write_line(const struct destination *to, enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 64];
	size_t start = format_prefix(to, level, line, 128);
	size_t len = start;

	for (size_t left = strlen(text); left > 0 && len < sizeof(line) - 4;) {
		size_t n = terminal_character(text, left);

		if (n == 0)
			line[len++] = '?';
		else
			memcpy(line + len, text, n);
		len += n;
		n += n == 0;
		text += n;
		left -= n;
	}
	line[len++] = '\n';
	/* A log that cannot be written has nobody to tell. */
	ssize_t n = write(to->fd, line, len);

	(void)n;
}

void
log_message(enum log_level level, const char *fmt, ...)
{
	if (level > terminal.level && (file.fd < 0 || level > file.level))
		return;
	char text[LINE_MAX_BYTES];
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (level <= terminal.level)
		write_line(&terminal, level, text);
	if (file.fd >= 0 && level <= file.level)
		write_line(&file, level, text);
	errno = saved;
}
