/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder, top to bottom; each step down writes one line with its reason:
 *
 *     the command cannot go away, or nobody is there  ->  here
 *     a volunteer, then another, each once (attempt)  ->  its result, whatever the exit code
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
#include "attempt.h"
#include "build.h"
#include "cwd.h"
#include "deliver.h"
#include "exitcode.h"
#include "hostmemory.h"
#include "identity.h"
#include "io.h"
#include "local.h"
#include "log.h"
#include "native.h"
#include "outcome.h"
#include "path.h"
#include "process.h"
#include "sched.h"
#include "talk.h"
#include "xalloc.h"

#define GCC_WITH_LINKS 10

struct build {
	const struct config *config;
	const struct masquerade *m;
	struct userdir dirs;
	bool has_dirs;
	struct state_writer state;
	struct args args;
	struct native native; /* what the command's -march=native means here */
	struct identity identity;
	bool has_identity;
	struct sched sched;
	bool has_sched;
	char *cwd;
	bool has_odd_cwd;
	bool may_fall_back;
	bool skips_local_retry;
	bool wants_exact;
	struct attempt attempt;
	enum reason last_reason; /* of the volunteer that failed last */
	enum reason unfit_reason; /* of one that could not take such a job */
	struct outcome outcome;
	int exit_code;           /* a job that nobody has finished has failed */
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
	outcome_set(&b->outcome, OUTCOME_HERE, why, detail);
	b->state.state.mode = STATE_MODE_LOCAL;
	b->state.state.link = STATE_LINK_NONE;
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
	case REASON_PROTOCOL:
	case REASON_DAMAGED: return EXIT_PROTOCOL_ERROR;
	case REASON_COMPILER: return EXIT_COMPILER_MISSING;
	case REASON_ACCESS:
	case REASON_AUTH: return EXIT_ACCESS_DENIED;
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
give_up(struct build *b, enum reason why, const char *detail)
{
	const char *colon = detail != NULL ? ": " : "";

	detail = detail != NULL ? detail : "";
	if (!b->may_fall_back) {
		log_error("%s was not compiled: %s (reason=%s)%s%s, and DCC_FALLBACK=0 forbids to "
		          "compile it here", source_name(b), reason_sentence(why), reason_word(why), colon, detail);
		b->exit_code = exit_code_of(why);
		outcome_set(&b->outcome, OUTCOME_FAILED, why, detail);
		return;
	}
	/* What every volunteer lacks was told when each of them said so. */
	log_message(why == REASON_COMPILER ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING,
	            "%s is compiled here: %s (reason=%s)%s%s%s", source_name(b), reason_sentence(why),
	            reason_word(why), colon, detail, remedy_of(why));
	run_here(b, why, NULL);
}

/* Away. */

/* A refusal that says nothing against the host. */
static bool
is_harmless(enum reason why)
{
	return why == REASON_FULL || why == REASON_VIEW || why == REASON_ARGUMENTS ||
	       why == REASON_SHUTDOWN;
}

/* Told once, by the first job that hears it: a build may have thousands. */
static void
note_lacking(const struct build *b, const struct host *h, const char *offer)
{
	enum identity_language language = identity_language_of(b->args.language);
	const struct identity *id = &b->identity;
	char *name = xasprintf("%s %s %s", id->compiler == ARGS_CLANG ? "clang" : "gcc", id->version, id->target);
	bool is_news = hostmemory_lacks(b->dirs.lock, h, id->digest[language]);

	log_message(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s lacks %s (%s for %s, reason=%s): %s%s", h->text,
	            b->m->path, name, identity_language_name(language), reason_word(REASON_COMPILER), offer,
	            strstr(offer, name) != NULL ? "; of that version too, but with other bytes" : "");
	free(name);
}

static void
note_failure(struct build *b, const struct host *h, const struct talk_result *r)
{
	b->last_reason = r->reason;
	sched_exclude(&b->sched, h);
	if (r->reason == REASON_COMPILER) {
		note_lacking(b, h, r->text != NULL ? r->text : "");
		return;
	}
	log_warning("%s on %s: %s (reason=%s)%s%s", source_name(b), h->text,
	            reason_sentence(r->reason), reason_word(r->reason), r->text != NULL ? ": " : "",
	            r->text != NULL ? r->text : "");
	if (!is_harmless(r->reason))
		hostmemory_failed(b->dirs.lock, h, r->reason);
}

/*
 * After a full -E messages may be others than a local compile's, and with -Werror so may the exit code; with other
 * text the lines that they quote may be missing.
 */
static bool
has_doubtful_messages(const struct build *b, const struct talk_result *r)
{
	bool is_quoted_from_text = b->attempt.form == ARGS_FORM_AS_IS && b->identity.compiler == ARGS_CLANG;

	if (b->wants_exact && deliver_is_too_wide(r))
		return true;
	if (b->wants_exact && b->identity.compiler == ARGS_GCC && b->identity.major >= GCC_WITH_LINKS &&
	    deliver_lacks_links(&b->args, r))
		return true;
	if (!b->wants_exact || b->attempt.way != ATTEMPT_PLAIN || is_quoted_from_text)
		return false;
	if (b->attempt.form != ARGS_FORM_CPP)
		return deliver_lacks_lines(r, b->identity.compiler, source_name(b));
	return deliver_has_messages(r);
}

static enum reason
show_result(struct build *b, struct talk_result *r)
{
	state_enter(&b->state, STATE_DONE, NULL, -1);
	enum reason why = deliver_result(&b->args, b->identity.compiler, r);

	if (why == REASON_NONE)
		b->exit_code = r->exit_code;
	return why;
}

/* A finished job: OK once delivered; else the job goes on here. */
static void
finish(struct build *b, const struct host *h, struct talk_result *r)
{
	static const char *const ways[] = {
		[ATTEMPT_PUMP] = "pump", [ATTEMPT_PLAIN] = "native", [ATTEMPT_DISTCC] = "distcc"};
	static const enum outcome_way outcomes[] = {[ATTEMPT_PUMP] = OUTCOME_PUMP,
	                                            [ATTEMPT_PLAIN] = OUTCOME_PLAIN,
	                                            [ATTEMPT_DISTCC] = OUTCOME_DISTCC};
	bool is_distcc = b->attempt.way == ATTEMPT_DISTCC;
	enum reason why = REASON_NONE;

	/* Not before: a daemon that starts again closes connections too. */
	if (is_distcc && h->language == HOST_ANY)
		hostmemory_set_distcc(b->dirs.lock, h);
	if (!is_distcc && h->language == HOST_ANY)
		hostmemory_set_native(b->dirs.lock, h);
	hostmemory_worked(b->dirs.lock, h);
	if (r->exit_code != 0 && (is_distcc || b->attempt.form == ARGS_FORM_CPP) && !b->skips_local_retry)
		why = REASON_REMOTE_ERROR;
	else if (has_doubtful_messages(b, r))
		why = REASON_DIAGNOSTICS;
	else
		why = show_result(b, r);
	log_info("away %s host=%s language=%s exit=%d sent=%llu received=%llu", source_name(b),
	         h->text, ways[b->attempt.way], r->exit_code,
	         (unsigned long long)r->sent, (unsigned long long)r->received);
	if (why == REASON_NONE)
		outcome_set(&b->outcome, outcomes[b->attempt.way], b->attempt.no_pump_reason,
		            b->attempt.no_pump_detail);
	else
		run_here(b, why, NULL);
}

/* No volunteer can do it: the source's own doing, or the farm's. */
static void
stay_here(struct build *b, const struct host *h, const struct talk_result *r)
{
	bool is_ours = r->reason == REASON_UNMODELLED || r->reason == REASON_NO_SERVER;

	/* Somebody has lied, or the include server is wrong: an audit will tell; until then beware of both. */
	if (r->reason == REASON_PROOF)
		hostmemory_failed(b->dirs.lock, h, r->reason);
	if (r->reason == REASON_PROOF || (is_ours && b->attempt.pump == PUMP_REQUIRE))
		give_up(b, r->reason, r->text);
	else
		run_here(b, r->reason, r->text);
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
		stay_here(b, h, r);
		return true;
	case TALK_STOPPED:
		b->signal_number = process_caught_signal();
		return true;
	case TALK_UNFIT:
		b->unfit_reason = r->reason;
		sched_exclude(&b->sched, h);
		return false;
	case TALK_HOST_FAILED:
	case TALK_NOT_OURS:
	case TALK_NO_PUMP:
		note_failure(b, h, r);
		return false;
	}
	return true;
}

/* One place: true when the job is over. The slot is free again before anything runs here. */
static bool
try_place(struct build *b, struct sched_place *place, struct talk_result *r)
{
	if (place->host->kind == HOST_LOCAL) {
		attempt_rest(&b->attempt);
		run_here(b, REASON_LOCAL_SLOT, NULL);
		sched_place_release(place);
		return true;
	}
	const struct host *h = place->host;

	b->attempt.job.host = h->name;
	b->attempt.job.slot = (int)place->slot;
	enum talk_end end = attempt_host(&b->attempt, h, r);

	/* A job that waits for another volunteer must not hold the slot that those who have one wait for. */
	attempt_rest(&b->attempt);
	sched_place_release(place);
	return handle_end(b, h, end, r);
}

/* No volunteer is left. */
static void
run_out_of_hosts(struct build *b, enum reason why)
{
	if (b->last_reason != REASON_NONE)
		give_up(b, b->last_reason, NULL);
	else if (b->unfit_reason == REASON_NONE)
		give_up(b, why, NULL);
	else if (b->attempt.pump == PUMP_REQUIRE)
		give_up(b, b->unfit_reason, b->attempt.no_pump_detail);
	else
		run_here(b, b->unfit_reason, b->args.detail);
}

static void
run_away(struct build *b, struct talk_result *r)
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
			run_out_of_hosts(b, why);
			return;
		}
		if (try_place(b, &place, r))
			return;
	}
}

/* Preparing. */

static enum err
read_settings(struct build *b)
{
	const struct config *c = b->config;
	enum err e = config_flag(c, CONFIG_FALLBACK, &b->may_fall_back);

	if (e == OK)
		e = pump_parse_mode(c, &b->attempt.pump);
	if (e == OK)
		e = config_flag(c, CONFIG_SKIP_LOCAL_RETRY, &b->skips_local_retry);
	if (e == OK)
		e = config_flag(c, CONFIG_EXACT, &b->wants_exact);
	if (e == OK)
		e = config_flag(c, CONFIG_SAVE_TEMPS, &b->attempt.job.saves_temps);
	if (e == OK)
		e = config_seconds_ms(c, CONFIG_IO_TIMEOUT, 1, &b->attempt.job.io_timeout_ms);
	if (e == OK)
		e = config_seconds_ms(c, CONFIG_CONNECT_TIMEOUT, 1, &b->attempt.connect_timeout_ms);
	return e;
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

	b->attempt.job.args = &b->args;
	b->attempt.job.native = b->native.words.count > 0 ? &b->native.words : NULL;
	b->attempt.job.scanned = b->native.words.count > 0 ? &b->native.argv : &b->args.argv;
	b->attempt.job.identity = &b->identity;
	b->attempt.job.compiler = b->m->path;
	b->attempt.job.cwd = b->cwd;
	b->attempt.job.tmpdir = tmpdir != NULL && tmpdir[0] != '\0' ? tmpdir : "/tmp";
	b->attempt.job.sched = &b->sched;
	b->attempt.job.state = &b->state;
	b->attempt.config = b->config;
	b->attempt.dirs = &b->dirs;
	b->attempt.job.wants_colour = !b->args.has_colour_option && deliver_has_colours(b->identity.compiler);
}

/* Would the bytes be those of a local compile? After a full -E columns of the source differ. */
static enum reason
judge_plain(const struct build *b)
{
	enum args_compiler compiler = b->identity.compiler;
	enum reason why = b->args.here_plain[compiler];

	/* Not a matter of exactness: text would be compiled without what is read besides. */
	if (why == REASON_LOCAL_FILE || !b->wants_exact)
		return why == REASON_LOCAL_FILE ? why : REASON_NONE;
	if (b->args.has_columns &&
	    args_best_form(&b->args, compiler, b->identity.major) == ARGS_FORM_CPP)
		return REASON_PLAIN;
	return why;
}

/* "-o x.c" under any name: what a failed compile removes, or one that succeeds writes, is then the user's source. */
static bool
is_source(const struct build *b, const char *output)
{
	struct stat source, st;

	return stat(output, &st) == 0 && stat(source_name(b), &source) == 0 && st.st_dev == source.st_dev &&
	       st.st_ino == source.st_ino;
}

static bool
has_place(const struct build *b, const char *output)
{
	return outputs_is_placeable(output) && !is_source(b, output) && (b->cwd == NULL || outputs_has_one_place(b->cwd, output));
}

static bool
have_outputs_a_place(const struct build *b)
{
	bool have = has_place(b, b->args.object);

	for (size_t i = 0; have && i < b->args.named_outputs.count; i++)
		have = has_place(b, b->args.named_outputs.items[i]);
	/* Nobody elsewhere could append to them. */
	for (size_t i = 0; have && i < b->args.grown_outputs.count; i++)
		have = access(b->args.grown_outputs.items[i], F_OK) != 0;
	return have;
}

static bool
identify(struct build *b)
{
	if (!b->has_identity)
		b->has_identity = local_identify(&b->dirs, b->m->path, &b->identity) == OK;
	return b->has_identity;
}

/* Code for this processor: what it is called elsewhere is found out here. */
static void
name_processor(struct build *b)
{
	struct args named = {.is_native_known = true};
	struct native *n = &b->native;

	if (b->args.here != REASON_NATIVE_CPU || !identify(b) ||
	    native_resolve(b->m->path, b->identity.compiler, &b->args.argv, n) != OK)
		return;
	if (n->words.count > 0) {
		strv_add_all(&named.argv, b->args.argv.items);
	} else {
		named.argv = n->argv;
		n->argv = (struct strv){0};
	}
	args_release(&b->args);
	b->args = named;
	args_scan(&b->args);
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
	name_processor(b);
	if (b->args.here != REASON_NONE)
		return b->args.here;
	if (find_override() != NULL) {
		b->args.detail = xstrdup(find_override());
		return REASON_LOCAL_OPTION;
	}
	b->cwd = cwd_find(&b->has_odd_cwd);
	if (!have_outputs_a_place(b))
		return REASON_OUTPUT;
	if (b->cwd == NULL || !identify(b) ||
	    b->identity.digest[identity_language_of(b->args.language)] == NULL)
		return REASON_NO_IDENTITY;
	fill_job(b);
	b->attempt.plain_forbidden = judge_plain(b);
	if (b->attempt.plain_forbidden == REASON_PLAIN && b->args.detail == NULL)
		b->args.detail = xstrdup("DCC_EXACT=0 would send it away");
	/* A folder whose name is not in its normal form cannot be shown on a volunteer at all. */
	if (b->wants_exact && b->args.has_debug && b->has_odd_cwd)
		return REASON_PLAIN;
	return b->attempt.pump == PUMP_NEVER ? b->attempt.plain_forbidden : REASON_NONE;
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
		give_up(b, REASON_NO_HOSTS, NULL);
		return;
	}
	if (why != REASON_NONE) {
		run_here(b, b->args.here != REASON_NONE ? b->args.here : why, b->args.detail);
		return;
	}
	struct talk_result r = TALK_RESULT_INIT;

	run_away(b, &r);
	talk_result_release(&r);
}

static void
release(struct build *b)
{
	state_close(&b->state);
	attempt_release(&b->attempt);
	args_release(&b->args);
	native_release(&b->native);
	identity_release(&b->identity);
	sched_release(&b->sched);
	userdir_release(&b->dirs);
	free(b->cwd);
}

int
build_run(const struct config *c, const struct masquerade *m, int *signal_number)
{
	struct build b = {.config = c,
	                  .m = m,
	                  .state = STATE_WRITER_INIT,
	                  .attempt = {.cpp = PREPROCESS_INIT},
	                  .exit_code = EXIT_FAILED,
	                  .may_fall_back = true};

	if (masquerade_expand(m, &b.args.argv) != OK)
		strv_add_all(&b.args.argv, m->command.items);
	args_scan(&b.args);
	b.has_dirs = userdir_open(c, &b.dirs) == OK;
	if (b.has_dirs)
		state_open(&b.state, b.dirs.state, source_name(&b));
	run(&b);
	*signal_number = b.signal_number;
	outcome_save(&b.outcome, source_name(&b), b.exit_code);
	release(&b);
	return b.exit_code;
}
