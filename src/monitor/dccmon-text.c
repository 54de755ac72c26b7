/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shows what each running dcc of this user is doing, once or every few seconds. It only reads the
 * records that the clients keep; so it costs them nothing and can be started and stopped at will.
 */
#include <errno.h>
#include <poll.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "buffer.h"
#include "config.h"
#include "exitcode.h"
#include "io.h"
#include "log.h"
#include "process.h"
#include "state.h"
#include "userdir.h"
#include "xalloc.h"

static const char program[] = "dccmon-text";
static const char clear_screen[] = "\033[H\033[2J";

#define INTERVAL_MAX_MS ((int64_t)86400 * 1000)

struct options {
	int is_json;
	int wants_version;
	int64_t interval_ms; /* 0: once */
};

/* How long the phase lasts; a clock that was set back shows as 0. */
static int64_t
elapsed_ms(const struct state *s, int64_t now_ms)
{
	return now_ms > s->phase_ms ? now_ms - s->phase_ms : 0;
}

static void
add_string(struct buffer *out, char *text)
{
	buffer_add_string(out, text);
	free(text);
}

/* Control characters of a file name are not for the terminal. */
static char *
printable(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return copy;
}

/* "red[3]", "localhost", "(a volunteer's slot)" or "-". */
static char *
format_place(const struct state *s)
{
	if (s->phase == STATE_BLOCKED && s->blocked_on[0] != '\0')
		return xasprintf("(%s)", s->blocked_on);
	if (s->host[0] == '\0')
		return xstrdup("-");
	if (s->slot < 0)
		return xstrdup(s->host);
	return xasprintf("%s[%ld]", s->host, (long)s->slot);
}

static void
add_text(struct buffer *out, const struct state *s, int64_t now_ms)
{
	int64_t ms = elapsed_ms(s, now_ms);
	char *place = format_place(s);
	char *shown_place = printable(place);
	char *source = printable(s->source);
	const char *mode = s->mode != STATE_MODE_NONE ? state_mode_name(s->mode) : "-";

	bool is_encrypted = s->link == STATE_LINK_TLS || s->link == STATE_LINK_SSH;

	add_string(out, xasprintf("%7lld  %-10s %6lld.%lld  %-30s %s  %s%s%s\n", (long long)s->pid,
	                          state_phase_name(s->phase), (long long)(ms / 1000),
	                          (long long)(ms % 1000 / 100), source, shown_place, mode,
	                          is_encrypted ? " " : "", is_encrypted ? state_link_name(s->link) : ""));
	free(source);
	free(shown_place);
	free(place);
}

/* The length of the well-formed UTF-8 character at p, 0 if there is none. p ends with a NUL. */
static size_t
utf8_length(const unsigned char *p)
{
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies above U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) || p[0] > 0xf4)
		return 0;
	return n;
}

/* A JSON string; bytes that are no UTF-8 become U+FFFD. */
static void
add_json_string(struct buffer *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	buffer_add_string(out, "\"");
	while (*p != '\0') {
		size_t n = utf8_length(p);

		if (n == 0)
			buffer_add_string(out, "\\ufffd");
		else if (*p == '"' || *p == '\\')
			add_string(out, xasprintf("\\%c", *p));
		else if (*p < 0x20 || *p == 0x7f)
			add_string(out, xasprintf("\\u%04x", (unsigned)*p));
		else
			buffer_add(out, p, n);
		p += n != 0 ? n : 1;
	}
	buffer_add_string(out, "\"");
}

static void
add_json_member(struct buffer *out, const char *name, const char *value)
{
	add_string(out, xasprintf(",\"%s\":", name));
	add_json_string(out, value);
}

static void
add_json(struct buffer *out, const struct state *s, int64_t now_ms)
{
	add_string(out, xasprintf("{\"pid\":%lld", (long long)s->pid));
	add_json_member(out, "phase", state_phase_name(s->phase));
	add_json_member(out, "mode", state_mode_name(s->mode));
	add_json_member(out, "link", state_link_name(s->link));
	add_json_member(out, "source", s->source);
	add_json_member(out, "host", s->host);
	if (s->slot >= 0)
		add_string(out, xasprintf(",\"slot\":%ld", (long)s->slot));
	else
		buffer_add_string(out, ",\"slot\":null");
	add_json_member(out, "blocked_on", s->blocked_on);
	add_string(out, xasprintf(",\"start_ms\":%lld,\"phase_ms\":%lld,\"elapsed_ms\":%lld}\n",
	                          (long long)s->start_ms, (long long)s->phase_ms,
	                          (long long)elapsed_ms(s, now_ms)));
}

/* One look at all jobs. ERR_CLOSED: nobody reads our output. */
static enum err
show(const struct options *o, const char *dir)
{
	struct state *list;
	size_t count;
	enum err e = state_list(dir, &list, &count);
	struct buffer out = {0};

	if (e != OK)
		return e;
	int64_t now_ms = state_now_ms();

	if (o->interval_ms != 0 && !o->is_json && isatty(STDOUT_FILENO))
		buffer_add_string(&out, clear_screen);
	for (size_t i = 0; i < count; i++)
		if (o->is_json)
			add_json(&out, &list[i], now_ms);
		else
			add_text(&out, &list[i], now_ms);
	free(list);
	e = io_write_exactly(STDOUT_FILENO, out.data, out.len, IO_NO_DEADLINE);
	if (e == ERR_SYSTEM)
		log_error("cannot write: %s", strerror(errno));
	buffer_release(&out);
	return e;
}

/* ERR_CLOSED: a signal asks us to stop, or nobody reads our output: without jobs nothing is written that would tell. */
static enum err
sleep_until(int64_t deadline_ms)
{
	struct pollfd reader = {.fd = STDOUT_FILENO};
	enum err e;

	/* OK: the reader went away, or only a signal of no importance. */
	while ((e = process_poll(&reader, 1, deadline_ms)) == OK)
		if (reader.revents != 0)
			return ERR_CLOSED;
	return e == ERR_TIMEOUT ? OK : e;
}

static int
run(const struct options *o, const char *dir)
{
	int64_t next_ms = io_now_ms();
	enum err e = show(o, dir);

	while (e == OK && o->interval_ms != 0) {
		next_ms += o->interval_ms;
		e = sleep_until(next_ms);
		if (e == OK)
			e = show(o, dir);
	}
	/* A reader that has seen enough, as in "dccmon-text 1 | head", is no failure. */
	return e == OK || e == ERR_CLOSED ? EXIT_SUCCESS : EXIT_IO_ERROR;
}

/* "2", "0.5"; 0 means once, as in distcc's monitor. False for anything else. */
static bool
parse_interval(const char *text, int64_t *ms)
{
	size_t digits = strspn(text, "0123456789.");
	char *end;

	if (digits == 0 || text[digits] != '\0')
		return false;
	double seconds = strtod(text, &end);

	if (*end != '\0' || (seconds > 0 && seconds < 0.01) || seconds > (double)INTERVAL_MAX_MS / 1000)
		return false;
	*ms = (int64_t)(seconds * 1000);
	return true;
}

static int
usage(poptContext context, const char *what, const char *which)
{
	fprintf(stderr, "%s: %s: %s\n", program, which, what);
	poptPrintUsage(context, stderr, 0);
	return EXIT_BAD_ARGUMENTS;
}

/* 0, or the exit code of a bad command line. */
static int
read_options(poptContext context, struct options *o)
{
	int code = poptGetNextOpt(context);

	if (code < -1)
		return usage(context, poptStrerror(code),
		             poptBadOption(context, POPT_BADOPTION_NOALIAS));
	const char *seconds = poptGetArg(context);
	const char *extra = poptPeekArg(context);

	if (seconds != NULL && !parse_interval(seconds, &o->interval_ms))
		return usage(context, "must be a number of seconds, 0.01 to 86400, or 0 for once", seconds);
	if (extra != NULL)
		return usage(context, "one number of seconds is all that is taken", extra);
	return 0;
}

static int
monitor(const struct options *o)
{
	struct config config = {0};
	struct userdir dirs = {0};
	int code = EXIT_IO_ERROR;

	config_load(&config);
	if (userdir_open(&config, &dirs) == OK)
		code = run(o, dirs.state);
	userdir_release(&dirs);
	config_release(&config);
	return code;
}

int
main(int argc, const char *argv[])
{
	struct options o = {0};
	const struct poptOption table[] = {
		{"json", 'j', POPT_ARG_NONE, &o.is_json, 0, "one JSON object per job and line", NULL},
		{"version", 'V', POPT_ARG_NONE, &o.wants_version, 0, "print the version", NULL},
		POPT_AUTOHELP POPT_TABLEEND};
	poptContext context = poptGetContext(program, argc, argv, table, 0);

	log_to_stderr(program, LOG_LEVEL_WARNING, LOG_PLAIN);
	poptSetOtherOptionHelp(context, "[OPTION...] [SECONDS]");
	int code = read_options(context, &o);

	if (code == 0 && o.wants_version)
		printf("%s %s\n", program, PACKAGE_VERSION);
	poptFreeContext(context);
	if (code != 0 || o.wants_version)
		return code;
	process_catch_signals();
	code = monitor(&o);
	if (process_caught_signal() != 0)
		process_die_by(process_caught_signal());
	return code;
}
