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

static void
add_environment(const struct talk_job *job, enum args_form form, struct strv *env)
{
	/* CPATH and its like decide nothing once the text is preprocessed. */
	for (char **v = environ; *v != NULL; v++)
		if ((environment_is_passed_on(*v) && strncmp(*v, "PWD=", 4) != 0) ||
		    (form == ARGS_FORM_FILES && environment_names_folders(*v)))
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
	if (job->args->named_outputs.count > 0)
		strv_add_all(&m.outputs, job->args->named_outputs.items);
	if (job->native != NULL)
		strv_add_all(&m.native, job->native->items);
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
