/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder, top to bottom; each step down writes one line with its reason:
 *
 *     the command cannot go away, or nobody is there  ->  here
 *     a volunteer, then another, each once            ->  its result, whatever the exit code
 *     every volunteer failed                          ->  here, or an error with DCC_FALLBACK=0
 *
 * A result is final only from a volunteer whose compiler is proven to be ours; a stock distccd's error is looked at
 * again here, as distcc does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "args.h"
#include "build.h"
#include "deliver.h"
#include "exitcode.h"
#include "hostmemory.h"
#include "identity.h"
#include "io.h"
#include "local.h"
#include "log.h"
#include "path.h"
#include "preprocess.h"
#include "process.h"
#include "sched.h"
#include "talk.h"
#include "transport.h"
#include "xalloc.h"

/* @file and its nested ones together. */
#define RESPONSE_FILE_MAX ((size_t)16 << 20)

struct build {
	const struct config *config;
	const struct masquerade *m;
	struct userdir dirs;
	bool has_dirs;
	struct state_writer state;
	struct args args;
	struct identity identity;
	struct sched sched;
	bool has_sched;
	char *cwd;
	bool has_odd_cwd;
	int64_t connect_timeout_ms;
	bool may_fall_back;
	bool skips_local_retry;
	bool wants_exact;
	enum args_form form; /* of the text that was sent last */
	bool spoke_distcc;       /* the last conversation was in distcc's language */
	struct talk_job job;
	enum reason last_reason; /* of the volunteer that failed last */
	int exit_code;
	int signal_number;
};

static const char *
source_name(const struct build *b)
{
	return b->args.source != 0 ? b->args.argv.items[b->args.source] : "-";
}

/* Here. */

static void
run_here(struct build *b, enum reason why, const char *detail)
{
	struct lock lock = LOCK_INIT;
	int status = 0;

	log_info("here %s reason=%s (%s)%s%s", source_name(b), reason_word(why), reason_sentence(why),
	         detail != NULL ? ": " : "", detail != NULL ? detail : "");
	/* Without hosts dcc is only a wrapper: it does not ration the machine. */
	if (b->has_sched && why != REASON_LOCAL_SLOT &&
	    sched_take_local(&b->sched, SCHED_LOCAL_COMPILE, &lock) == ERR_CLOSED) {
		b->signal_number = process_caught_signal();
		return;
	}
	/* What came while no wait had its mask open: the compiler would start after it and know nothing of it. */
	if (process_poll(NULL, 0, io_now_ms()) == ERR_CLOSED) {
		locks_release(&lock);
		b->signal_number = process_caught_signal();
		return;
	}
	b->state.state.mode = STATE_MODE_LOCAL;
	state_enter(&b->state, STATE_COMPILE, "localhost", -1);
	enum err e = local_run(b->m->path, b->m->command.items, &status);

	locks_release(&lock);
	if (e != OK) {
		b->exit_code = e == ERR_MISSING ? EXIT_COMPILER_MISSING : EXIT_FAILED;
		return;
	}
	b->exit_code = process_exit_code(status);
	b->signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : process_caught_signal();
}

/* The exit code of a job that was to go away and may not be done here. */
static int
exit_code_of(enum reason why)
{
	switch (why) {
	case REASON_TIMEOUT: return EXIT_TIMEOUT;
	case REASON_LOST: return EXIT_IO_ERROR;
	case REASON_PROTOCOL: return EXIT_PROTOCOL_ERROR;
	case REASON_COMPILER: return EXIT_COMPILER_MISSING;
	case REASON_ACCESS: return EXIT_ACCESS_DENIED;
	case REASON_FULL: return EXIT_BUSY;
	case REASON_NO_HOSTS:
	case REASON_BACKED_OFF:
	case REASON_CONNECT: return EXIT_NO_HOSTS;
	default: return EXIT_FAILED;
	}
}

/* What the user can do about it. */
static const char *
remedy_of(enum reason why)
{
	if (why == REASON_NO_HOSTS)
		return "; name some in DCC_HOSTS, ~/.dcc/hosts or /etc/dcc/hosts";
	if (why == REASON_BACKED_OFF)
		return "; they are tried again when DCC_BACKOFF_PERIOD is over";
	return "";
}

/* No volunteer could do it. */
static void
give_up(struct build *b, enum reason why)
{
	if (!b->may_fall_back) {
		log_error("%s was not compiled: %s (reason=%s), and DCC_FALLBACK=0 forbids to "
		          "compile it here", source_name(b), reason_sentence(why), reason_word(why));
		b->exit_code = exit_code_of(why);
		return;
	}
	log_warning("%s is compiled here: %s (reason=%s)%s", source_name(b), reason_sentence(why),
	            reason_word(why), remedy_of(why));
	run_here(b, why, NULL);
}

/* Away. */

/* Can distcc's language carry this job with all its outputs? */
static bool
fits_distcc(const struct args *a)
{
	struct strv argv = {0};
	bool fits = args_distcc_command(a, &argv);

	strv_release(&argv);
	return fits;
}

static bool
speaks_distcc(const struct build *b, const struct host *h)
{
	return h->language == HOST_DISTCC ||
	       (h->language == HOST_ANY && hostmemory_is_distcc(b->dirs.lock, h));
}

/* Starts cpp unless it runs already, in the right form, untouched by the host before. */
static enum err
ensure_preprocess(struct build *b, bool distcc, struct preprocess *cpp, struct talk_result *r)
{
	enum args_form form = args_best_form(&b->args, b->identity.compiler, b->identity.major);
	bool is_file = cpp->file_fd >= 0;

	if (distcc && !b->args.is_preprocessed)
		form = ARGS_FORM_CPP;
	if (cpp->form == form && is_file == distcc && !cpp->is_read)
		return OK;
	preprocess_release(cpp);
	talk_result_release(r);
	*cpp = (struct preprocess)PREPROCESS_INIT;
	return preprocess_start(cpp, &b->job, form,
	                        distcc ? PREPROCESS_TO_FILE : PREPROCESS_TO_PIPE, r);
}

static enum talk_end
converse(struct build *b, const struct host *h, bool distcc, struct preprocess *cpp,
         struct talk_result *r)
{
	struct connection c = CONNECTION_INIT;
	char *why = NULL;
	enum talk_end end;

	state_enter(&b->state, STATE_CONNECT, b->job.host, b->job.slot);
	enum err e = transport_connect(h, config_string(b->config, CONFIG_SSH),
	                               io_now_ms() + b->connect_timeout_ms, &c, &why);

	if (e == ERR_CLOSED) {
		end = talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	} else if (e != OK) {
		end = talk_fail(r, TALK_HOST_FAILED, REASON_CONNECT, "%s", why);
	} else {
		if (cpp->pid != 0)
			state_enter(&b->state, STATE_PREPROCESS, b->job.host, b->job.slot);
		end = distcc ? talk_distcc(&b->job, &c, cpp, h->has_lzo, r)
		             : talk_native(&b->job, &c, cpp, r);
	}
	free(why);
	transport_close(&c);
	return end;
}

/* One volunteer, in the language it speaks; both if that is not known yet. */
static enum talk_end
attempt(struct build *b, const struct host *h, struct preprocess *cpp, struct talk_result *r)
{
	bool distcc = speaks_distcc(b, h);

	for (;;) {
		if (distcc && !fits_distcc(&b->args))
			return talk_fail(r, TALK_HOST_FAILED, REASON_VIEW,
			                 "a stock distccd would lose files of this job");
		enum err e = ensure_preprocess(b, distcc, cpp, r);

		if (e == ERR_CLOSED)
			return talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
		if (e != OK)
			return talk_fail(r, TALK_HERE, REASON_CPP_FAILED, NULL);
		b->spoke_distcc = distcc;
		b->form = cpp->form;
		enum talk_end end = converse(b, h, distcc, cpp, r);

		if (end != TALK_NOT_OURS)
			return end;
		/* Our own command was to run there: whoever is silent is no stock distccd. */
		if (h->kind == HOST_SSH && h->command == NULL && r->received == 0)
			return talk_fail(r, TALK_HOST_FAILED, REASON_CONNECT,
			                 "ssh ended before dccd there said a word");
		if (h->language == HOST_NATIVE || distcc)
			return talk_fail(r, TALK_HOST_FAILED, REASON_PROTOCOL,
			                 "it does not speak dcc's language");
		log_info("%s does not speak dcc's language: trying distcc's", h->text);
		distcc = true;
	}
}

/* A refusal that says nothing against the host. */
static bool
is_harmless(enum reason why)
{
	return why == REASON_FULL || why == REASON_COMPILER || why == REASON_VIEW ||
	       why == REASON_ARGUMENTS || why == REASON_SHUTDOWN;
}

static void
note_failure(struct build *b, const struct host *h, const struct talk_result *r)
{
	b->last_reason = r->reason;
	log_warning("%s on %s: %s (reason=%s)%s%s", source_name(b), h->text,
	            reason_sentence(r->reason), reason_word(r->reason), r->text != NULL ? ": " : "",
	            r->text != NULL ? r->text : "");
	sched_exclude(&b->sched, h);
	if (r->reason == REASON_COMPILER)
		hostmemory_lacks(b->dirs.lock, h,
		                 b->identity.digest[identity_language_of(b->args.language)]);
	else if (!is_harmless(r->reason))
		hostmemory_failed(b->dirs.lock, h, r->reason);
}

/* After a full -E messages may be others than a local compile's, and with -Werror so may the exit code. */
static bool
has_doubtful_messages(const struct build *b, const struct talk_result *r)
{
	return b->wants_exact && !b->spoke_distcc && b->form == ARGS_FORM_CPP && deliver_has_messages(r);
}

static enum reason
show_result(struct build *b, struct talk_result *r)
{
	state_enter(&b->state, STATE_DONE, NULL, -1);
	enum reason why = deliver_result(&b->args, r);

	if (why == REASON_NONE)
		b->exit_code = r->exit_code;
	return why;
}

/* A finished job: OK once delivered; else the job goes on here. */
static void
finish(struct build *b, const struct host *h, struct talk_result *r)
{
	bool is_proven = !b->spoke_distcc;
	enum reason why = REASON_NONE;

	/* Not before: a daemon that starts again closes connections too. */
	if (b->spoke_distcc && h->language == HOST_ANY)
		hostmemory_set_distcc(b->dirs.lock, h);
	hostmemory_worked(b->dirs.lock, h);
	if (r->exit_code != 0 && (!is_proven || b->form == ARGS_FORM_CPP) && !b->skips_local_retry)
		why = REASON_REMOTE_ERROR;
	else if (has_doubtful_messages(b, r))
		why = REASON_DIAGNOSTICS;
	else
		why = show_result(b, r);
	log_info("away %s host=%s language=%s exit=%d sent=%llu received=%llu", source_name(b),
	         h->text, is_proven ? "native" : "distcc", r->exit_code,
	         (unsigned long long)r->sent, (unsigned long long)r->received);
	if (why != REASON_NONE)
		run_here(b, why, NULL);
}

/* true: the job is over, one way or another. */
static bool
handle_end(struct build *b, const struct host *h, enum talk_end end, struct talk_result *r)
{
	switch (end) {
	case TALK_DONE:
		finish(b, h, r);
		return true;
	case TALK_HERE:
		run_here(b, r->reason, r->text);
		return true;
	case TALK_STOPPED:
		b->signal_number = process_caught_signal();
		return true;
	case TALK_HOST_FAILED:
	case TALK_NOT_OURS:
		note_failure(b, h, r);
		return false;
	}
	return true;
}

/* One place: true when the job is over. The slot is free again before anything runs here. */
static bool
try_place(struct build *b, struct sched_place *place, struct preprocess *cpp, struct talk_result *r)
{
	if (place->host->kind == HOST_LOCAL) {
		preprocess_release(cpp);
		run_here(b, REASON_LOCAL_SLOT, NULL);
		sched_place_release(place);
		return true;
	}
	const struct host *h = place->host;

	b->job.host = h->name;
	b->job.slot = (int)place->slot;
	b->state.state.mode = STATE_MODE_PLAIN;
	enum talk_end end = attempt(b, h, cpp, r);

	/* A job that waits for another volunteer must not hold the slot that those who have one wait for. */
	preprocess_release(cpp);
	*cpp = (struct preprocess)PREPROCESS_INIT;
	sched_place_release(place);
	return handle_end(b, h, end, r);
}

static void
run_away(struct build *b, struct preprocess *cpp, struct talk_result *r)
{
	const char *digest = b->identity.digest[identity_language_of(b->args.language)];

	for (;;) {
		struct sched_place place = SCHED_PLACE_INIT;
		enum reason why = REASON_NO_HOSTS;
		enum err e = sched_take(&b->sched, digest, &place, &why);

		if (e == ERR_CLOSED) {
			b->signal_number = process_caught_signal();
			return;
		}
		if (e != OK) {
			preprocess_release(cpp);
			give_up(b, b->last_reason != REASON_NONE ? b->last_reason : why);
			return;
		}
		if (try_place(b, &place, cpp, r))
			return;
	}
}

/* Preparing. */

static enum err
load_response_file(void *context, const char *name, char **text)
{
	size_t len;

	(void)context;
	return io_read_file(name, RESPONSE_FILE_MAX, text, &len);
}

/*
 * $PWD's spelling of the current folder, if it names it: what the compilers write into debug
 * information. One that is not in normal form ("//a", "/a/") cannot be shown on a volunteer: *is_odd.
 */
static char *
find_cwd(bool *is_odd)
{
	const char *pwd = getenv("PWD");
	struct stat a, b;

	*is_odd = false;
	if (pwd != NULL && pwd[0] == '/' && stat(pwd, &a) == 0 && stat(".", &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
		char *normal = path_normalise("/", pwd);

		if (strcmp(normal, pwd) == 0)
			return normal;
		free(normal);
		*is_odd = true;
	}
	return getcwd(NULL, 0);
}

static enum err
read_settings(struct build *b)
{
	const struct config *c = b->config;
	enum err e = config_flag(c, CONFIG_FALLBACK, &b->may_fall_back);

	if (e == OK)
		e = config_flag(c, CONFIG_SKIP_LOCAL_RETRY, &b->skips_local_retry);
	if (e == OK)
		e = config_flag(c, CONFIG_EXACT, &b->wants_exact);
	if (e == OK)
		e = config_flag(c, CONFIG_SAVE_TEMPS, &b->job.saves_temps);
	if (e == OK)
		e = config_seconds_ms(c, CONFIG_IO_TIMEOUT, 1, &b->job.io_timeout_ms);
	if (e == OK)
		e = config_seconds_ms(c, CONFIG_CONNECT_TIMEOUT, 1, &b->connect_timeout_ms);
	return e;
}

/* Does our stderr show colours? The compilers ask the same of theirs. */
static bool
is_colourful_terminal(void)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO) == 1;
}

/* A variable by which the compiler changes its command line: the volunteer would not know. */
static const char *
find_override(void)
{
	static const char *const names[] = {"CCC_OVERRIDE_OPTIONS", "QA_OVERRIDE_GCC3_OPTIONS",
	                                    "GCC_COMPARE_DEBUG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]) != NULL)
			return names[i];
	return NULL;
}

static void
fill_job(struct build *b)
{
	const char *tmpdir = getenv("TMPDIR");

	b->job.args = &b->args;
	b->job.identity = &b->identity;
	b->job.compiler = b->m->path;
	b->job.cwd = b->cwd;
	b->job.tmpdir = tmpdir != NULL && tmpdir[0] != '\0' ? tmpdir : "/tmp";
	b->job.sched = &b->sched;
	b->job.state = &b->state;
	b->job.wants_colour = !b->args.has_colour_option && is_colourful_terminal();
}

/* Would the bytes be those of a local compile? After a full -E the columns in debug information differ. */
static enum reason
judge_exactness(const struct build *b)
{
	enum args_compiler compiler = b->identity.compiler;

	if (b->args.has_debug && b->has_odd_cwd)
		return REASON_PLAIN;
	if (b->args.has_debug &&
	    args_best_form(&b->args, compiler, b->identity.major) == ARGS_FORM_CPP)
		return REASON_PLAIN;
	return b->args.here_plain[compiler];
}

/* REASON_NONE: everything is there for sending the job away. ERR_USAGE through *e: a setting is wrong. */
static enum reason
prepare(struct build *b, enum err *e)
{
	*e = read_settings(b);
	if (*e != OK)
		return REASON_BAD_SETTINGS;
	if (!b->has_dirs)
		return REASON_NO_STATE;
	*e = sched_init(&b->sched, b->config, &b->dirs, &b->state);
	if (*e != OK)
		return *e == ERR_USAGE ? REASON_BAD_SETTINGS : REASON_NO_HOSTS;
	b->has_sched = true;
	if (b->args.here != REASON_NONE)
		return b->args.here;
	if (find_override() != NULL) {
		b->args.detail = xstrdup(find_override());
		return REASON_LOCAL_OPTION;
	}
	if (!outputs_is_placeable(b->args.object))
		return REASON_OUTPUT;
	b->cwd = find_cwd(&b->has_odd_cwd);
	if (b->cwd != NULL && !outputs_has_one_place(b->cwd, b->args.object))
		return REASON_OUTPUT;
	if (b->cwd == NULL || local_identify(&b->dirs, b->m->path, &b->identity) != OK ||
	    b->identity.digest[identity_language_of(b->args.language)] == NULL)
		return REASON_NO_IDENTITY;
	fill_job(b);
	enum reason why = b->wants_exact ? judge_exactness(b) : REASON_NONE;

	if (why == REASON_PLAIN && b->args.detail == NULL)
		b->args.detail = xstrdup("DCC_EXACT=0 would send it away");
	return why;
}

static void
run(struct build *b)
{
	enum err e = OK;
	enum reason why = prepare(b, &e);

	if (e == ERR_USAGE && !b->may_fall_back) {
		b->exit_code = EXIT_BAD_HOSTSPEC;
		return;
	}
	if (e == ERR_MISSING && b->args.here == REASON_NONE) {
		give_up(b, REASON_NO_HOSTS);
		return;
	}
	if (why != REASON_NONE) {
		run_here(b, b->args.here != REASON_NONE ? b->args.here : why, b->args.detail);
		return;
	}
	struct preprocess cpp = PREPROCESS_INIT;
	struct talk_result r = TALK_RESULT_INIT;

	run_away(b, &cpp, &r);
	preprocess_release(&cpp);
	talk_result_release(&r);
}

static void
release(struct build *b)
{
	state_close(&b->state);
	args_release(&b->args);
	identity_release(&b->identity);
	sched_release(&b->sched);
	userdir_release(&b->dirs);
	free(b->cwd);
}

int
build_run(const struct config *c, const struct masquerade *m, int *signal_number)
{
	struct build b = {.config = c, .m = m, .state = STATE_WRITER_INIT, .may_fall_back = true};

	if (args_expand(m->command.items, load_response_file, NULL, &b.args.argv) != OK)
		strv_add_all(&b.args.argv, m->command.items);
	args_scan(&b.args);
	b.has_dirs = userdir_open(c, &b.dirs) == OK;
	if (b.has_dirs)
		state_open(&b.state, b.dirs.state, source_name(&b));
	run(&b);
	*signal_number = b.signal_number;
	release(&b);
	return b.exit_code;
}
