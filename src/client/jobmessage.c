/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "autoconf.h"
#include "environment.h"
#include "jobmessage.h"
#include "wire.h"
#include "xalloc.h"

/* What decides about messages and the bytes of objects; the volunteer passes on nothing else. */
static bool
is_wanted(const char *variable)
{
	static const char *const names[] = {"LANG=", "LANGUAGE=", "TZ=", "SOURCE_DATE_EPOCH=",
	                                    "GCC_COLORS=", "GCC_URLS=", "TERM_URLS=", "COLUMNS=",
	                                    "TERM=", "NO_COLOR=", "CLICOLOR_FORCE=",
	                                    "GCC_EXTRA_DIAGNOSTIC_OUTPUT="};

	if (strncmp(variable, "LC_", 3) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* POSIX's TZ for the offset of now: __TIME__ there shall be the time here. */
static char *
time_zone(void)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	long minutes = tm.tm_gmtoff / 60;
	long size = minutes < 0 ? -minutes : minutes;

	/* The sign is west of Greenwich: XBD 8.3. */
	return xasprintf("TZ=<%s>%c%ld:%02ld", tm.tm_zone, minutes > 0 ? '-' : '+', size / 60,
	                 size % 60);
}

/* CPATH and its like: they decide nothing once the text is preprocessed. */
static bool
names_folders(const char *variable)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		const struct environment_variable *e = &environment_table[i];
		size_t n = strlen(e->name);

		if (e->part == ENVIRONMENT_FOLDERS && strncmp(variable, e->name, n) == 0 && variable[n] == '=')
			return true;
	}
	return false;
}

static void
add_environment(const struct talk_job *job, enum args_form form, struct strv *env)
{
	for (char **v = environ; *v != NULL; v++)
		if (is_wanted(*v) || (form == ARGS_FORM_FILES && names_folders(*v)))
			strv_add(env, *v);
	if (getenv("TZ") == NULL)
		strv_take(env, time_zone());
	/* The compilers write $PWD as the compilation directory where it names the cwd. */
	strv_take(env, xasprintf("PWD=%s", job->cwd));
}

static void
put_job(const struct talk_job *job, enum args_form form, struct buffer *out)
{
	struct wire_job m = {.form = form, .language = identity_language_of(job->args->language)};
	size_t source, output;
	mode_t mask = umask(0);

	umask(mask);
	m.umask = (uint32_t)mask;
	m.digest = job->identity->digest[m.language];
	m.cwd = xstrdup(job->cwd);
	args_remote_command(job->args, form, &m.argv, &source, &output);
	m.source = (uint32_t)source;
	if (job->wants_colour)
		strv_add(&m.argv, "-fdiagnostics-color=always");
	strv_add(&m.outputs, job->args->object);
	if (form == ARGS_FORM_FILES && job->args->dep_file != NULL)
		strv_add(&m.outputs, job->args->dep_file);
	add_environment(job, form, &m.env);
	wire_put_job(out, &m);
	m.digest = NULL;
	wire_job_release(&m);
}

void
jobmessage_put(const struct talk_job *job, enum args_form form, struct buffer *out)
{
	char software[] = "dcc " PACKAGE_VERSION;
	struct wire_hello hello = {.version = WIRE_VERSION, .software = software};

	buffer_add(out, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(out, &hello);
	put_job(job, form, out);
}
