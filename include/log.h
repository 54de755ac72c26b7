/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOG_H
#define DCC_LOG_H

#include "err.h"

/* syslog(3)'s levels without the ones nobody needs; names as in distccd's --log-level. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * Sends messages of level or graver to fd (borrowed for the life of the process), one write(2) a
 * line: "2026-01-31T12:00:00Z PROGRAM[PID]: text". stamp LOG_PLAIN leaves out time and pid, as a
 * user's terminal wants: "PROGRAM: warning: text". Before the first call, errors and warnings go
 * to stderr, plain, as "dcc". Two destinations are kept: the terminal's and the file's.
 */
enum log_stamp { LOG_PLAIN, LOG_STAMPED };

void
log_to_stderr(const char *program, enum log_level level, enum log_stamp stamp);
/* Adds a file, opened for appending; fails with ERR_SYSTEM (and says so on stderr). */
enum err
log_to_file(const char *program, enum log_level level, const char *path);
/* Takes fd, already open for appending (a log opened before privileges were dropped). */
void
log_to_fd(const char *program, enum log_level level, int fd);
/* Parses a level by distccd's names ("critical" and above mean error); ERR_USAGE if unknown. */
enum err
log_parse_level(const char *name, enum log_level *level);

void
log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_message(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
