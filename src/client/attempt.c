/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ladder at one volunteer:
 *
 *     pump mode        unless the include server names a reason, or the volunteer cannot
 *     preprocessed     unless that would not give the bytes of a local compile, or DCC_PUMP=require
 *     distcc's language, to a stock distccd
 *
 * The include server is asked before the volunteer is connected, so that it scans meanwhile, and its answer is
 * awaited before a byte is sent: a connection on which nothing was said will do for the next step. (To connect
 * after the answer would make those who want the same from a host that is down wait for it one after another.)
 */
#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "hostmemory.h"
#include "identity.h"
#include "io.h"
#include "log.h"
#include "process.h"
#include "xalloc.h"

/* Lines of a difference that are shown. */
#define LINES_MAX 20u
/* A connection on which nothing was said for longer is made anew; a volunteer drops it after 10 seconds. */
#define QUIET_MAX_MS 4000

void
attempt_rest(struct attempt *a)
{
	preprocess_release(&a->cpp);
	a->cpp = (struct preprocess)PREPROCESS_INIT;
}

void
attempt_release(struct attempt *a)
{
	attempt_rest(a);
	free(a->no_pump_detail);
	a->no_pump_detail = NULL;
}

static const char *
source_name(const struct attempt *a)
{
	return a->job.args->argv.items[a->job.args->source];
}

static const char *
digest_of(const struct attempt *a)
{
	return a->job.identity->digest[identity_language_of(a->job.args->language)];
}

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
speaks_distcc(const struct attempt *a, const struct host *h)
{
	return h->language == HOST_DISTCC ||
	       (h->language == HOST_ANY && hostmemory_is_distcc(a->dirs->lock, h));
}

/* OK with c open; it may be open already. */
static enum talk_end
connect_host(struct attempt *a, const struct host *h, struct connection *c, struct talk_result *r)
{
	char *why = NULL;

	if (c->fd >= 0)
		return TALK_DONE;
	const struct transport_setup setup = {.ssh_words = config_string(a->config, CONFIG_SSH),
	                                      .has_own_ssh = config_is_set(a->config, CONFIG_SSH),
	                                      .dir = a->dirs->base};

	a->job.state->state.link = h->kind == HOST_SSH ? STATE_LINK_SSH : h->has_tls ? STATE_LINK_TLS : STATE_LINK_TCP;
	state_enter(a->job.state, STATE_CONNECT, a->job.host, a->job.slot);
	enum err e = transport_connect(h, &setup, io_now_ms() + a->connect_timeout_ms, c, &why);
	enum talk_end end = TALK_DONE;

	if (e == ERR_CLOSED)
		end = talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	else if (e != OK)
		end = talk_fail(r, TALK_HOST_FAILED, e == ERR_DENIED ? REASON_AUTH : REASON_CONNECT, "%s", why);

	free(why);
	return end;
}

/* Pump mode. */

/* Of this job: source as text, and the compiler there writes the .d that make waits for. */
static bool
fits_pump(const struct args *a, const char *cwd)
{
	if (a->is_preprocessed || a->language == ARGS_LANG_ASM)
		return false;
	return a->dep_file == NULL ||
	       (outputs_is_placeable(a->dep_file) && outputs_has_one_place(cwd, a->dep_file));
}

static bool
may_pump(const struct attempt *a, const struct host *h)
{
	return a->pump != PUMP_NEVER && !a->has_no_pump && fits_pump(a->job.args, a->job.cwd) &&
	       !hostmemory_has_no_pump(a->dirs->lock, h, digest_of(a));
}

static enum talk_end
decline(struct attempt *a, enum reason why, const char *detail, struct talk_result *r)
{
	if (a->no_pump_reason == REASON_NONE) {
		a->no_pump_reason = why;
		a->no_pump_detail = detail != NULL ? xstrdup(detail) : NULL;
		log_info("no pump mode for %s: %s%s%s", source_name(a), reason_sentence(why),
		         detail != NULL ? ": " : "", detail != NULL ? detail : "");
	}
	return talk_fail(r, TALK_NO_PUMP, why, "%s", detail != NULL ? detail : "");
}

/* No host will do better. */
static enum talk_end
give_up_pump(struct attempt *a, enum reason why, const char *detail, struct talk_result *r)
{
	a->has_no_pump = true;
	return decline(a, why, detail, r);
}

static enum talk_end
ask(struct attempt *a, const struct host *h, struct pump *p, struct talk_result *r)
{
	struct pump_question q = {.host = h->id,
	                          .compiler = a->job.compiler,
	                          .cwd = a->job.cwd,
	                          .argv = a->job.scanned};

	state_enter(a->job.state, STATE_PREPROCESS, a->job.host, a->job.slot);
	enum err e = pump_open(p, a->dirs);

	if (e == OK)
		e = pump_ask(p, SCAN_ASK, &q);
	/* ERR_CLOSED may also come from a server that hung up. */
	if (e != OK && process_caught_signal() != 0)
		return talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	return e == OK ? TALK_DONE : give_up_pump(a, REASON_NO_SERVER, err_name(e), r);
}

/* TALK_DONE: the job is for pump mode. */
static enum talk_end
await_answer(struct attempt *a, struct pump *p, struct scan_answer *answer, struct talk_result *r)
{
	struct pump_message m;

	state_enter(a->job.state, STATE_PREPROCESS, a->job.host, a->job.slot);
	enum err e = pump_wait(p, &m);

	if (e == OK)
		e = m.type == SCAN_ANSWER ? scan_get_answer(m.body, m.len, answer) : ERR_PROTOCOL;
	if (e != OK && process_caught_signal() != 0)
		return talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	if (e != OK)
		return give_up_pump(a, REASON_NO_SERVER, err_name(e), r);
	if (answer->verdict == SCAN_PUMP)
		return TALK_DONE;
	char *detail = xasprintf("%s (%s)", answer->word, answer->detail);
	enum talk_end end = give_up_pump(a, REASON_UNMODELLED, detail, r);

	if (answer->verdict == SCAN_HERE)
		end = talk_fail(r, TALK_HERE, REASON_UNMODELLED, "%s", detail);
	free(detail);
	return end;
}

static enum talk_end
pump_with(struct attempt *a, const struct host *h, struct pump *p, struct connection *c, struct talk_result *r)
{
	struct scan_answer answer = {0};
	enum talk_end end = ask(a, h, p, r);

	if (end == TALK_DONE)
		end = connect_host(a, h, c, r);
	int64_t begin_ms = io_now_ms();

	if (end == TALK_DONE)
		end = await_answer(a, p, &answer, r);
	/* Whoever says nothing to a volunteer for long is dropped. */
	if (io_now_ms() - begin_ms > QUIET_MAX_MS)
		transport_close(c);
	if (end == TALK_DONE)
		end = connect_host(a, h, c, r);
	if (end == TALK_DONE) {
		a->way = ATTEMPT_PUMP;
		a->form = ARGS_FORM_FILES;
		a->job.state->state.mode = STATE_MODE_PUMP;
		end = talk_pump(&a->job, c, p, &answer, r);
		transport_close(c);
	}
	scan_answer_release(&answer);
	return end;
}

/* What a volunteer said against pump mode is remembered; this very job goes on with text. */
static enum talk_end
judge_pump(struct attempt *a, const struct host *h, enum talk_end end, struct talk_result *r)
{
	if (end == TALK_HOST_FAILED && r->reason == REASON_VIEW)
		end = TALK_NO_PUMP;
	if (end != TALK_NO_PUMP || a->has_no_pump)
		return end;
	/* Paths that cannot be shown, or a server that was lost, say nothing of the next job. */
	if (r->reason == REASON_NO_PUMP)
		hostmemory_set_no_pump(a->dirs->lock, h, digest_of(a));
	return decline(a, r->reason, r->text, r);
}

static void
log_lines(const char *source, const struct pump_message *m)
{
	const char *p = (const char *)m->body;
	size_t left = m->len;

	for (unsigned lines = 0; left != 0 && lines < LINES_MAX; lines++) {
		const char *end = memchr(p, '\n', left);
		size_t n = end != NULL ? (size_t)(end - p) : left;

		log_warning("%s: %.*s", source, (int)n, p);
		n += end != NULL;
		p += n;
		left -= n;
	}
}

/* Tells the include server what the compiler there has read, and the user what it says to that. */
static void
report_difference(struct attempt *a, const struct host *h, struct talk_result *r)
{
	struct pump p = PUMP_INIT;
	struct pump_message m;
	struct pump_question q = {.host = h->id, .compiler = a->job.compiler, .cwd = a->job.cwd,
	                          .argv = a->job.scanned, .names = &r->names};
	enum err e = pump_open(&p, a->dirs);

	if (e == OK)
		e = pump_ask(&p, SCAN_DIFFERS, &q);
	while (e == OK && (e = pump_wait(&p, &m)) == OK && m.type != SCAN_END)
		if (m.type == SCAN_TEXT)
			log_lines(source_name(a), &m);
	pump_close(&p);
}

static enum talk_end
pump_host(struct attempt *a, const struct host *h, struct connection *c, struct talk_result *r)
{
	struct pump p = PUMP_INIT;
	enum talk_end end = judge_pump(a, h, pump_with(a, h, &p, c, r), r);

	pump_close(&p);
	if (end == TALK_HERE && r->reason == REASON_PROOF)
		report_difference(a, h, r);
	return end;
}

/* With text. */

/* Starts cpp unless it runs already, in the right form, untouched by the host before. */
static enum err
ensure_preprocess(struct attempt *a, enum attempt_way way, struct talk_result *r)
{
	struct preprocess *cpp = &a->cpp;
	enum args_form form =
		args_best_form(a->job.args, a->job.identity->compiler, a->job.identity->major);
	bool is_distcc = way == ATTEMPT_DISTCC;

	if (is_distcc && !a->job.args->is_preprocessed)
		form = ARGS_FORM_CPP;
	if (cpp->form == form && (cpp->file_fd >= 0) == is_distcc && !cpp->is_read)
		return OK;
	attempt_rest(a);
	talk_result_release(r);
	return preprocess_start(cpp, &a->job, form, is_distcc ? PREPROCESS_TO_FILE : PREPROCESS_TO_PIPE, r);
}

static enum talk_end
converse(struct attempt *a, const struct host *h, struct connection *c, struct talk_result *r)
{
	enum talk_end end = connect_host(a, h, c, r);

	if (end != TALK_DONE)
		return end;
	if (a->cpp.pid != 0)
		state_enter(a->job.state, STATE_PREPROCESS, a->job.host, a->job.slot);
	return a->way == ATTEMPT_DISTCC ? talk_distcc(&a->job, c, &a->cpp, h->has_lzo, r)
	                                : talk_native(&a->job, c, &a->cpp, r);
}

/* Why text may not be sent; TALK_DONE: it may. */
static enum talk_end
check_text(const struct attempt *a, enum attempt_way way, struct talk_result *r)
{
	/* Where text is the source itself, nothing is preprocessed. */
	if (a->pump == PUMP_REQUIRE && !a->job.args->is_preprocessed) {
		enum reason why = a->no_pump_reason != REASON_NONE ? a->no_pump_reason : REASON_NO_PUMP;

		return talk_fail(r, a->has_no_pump ? TALK_HERE : TALK_UNFIT, why, "%s",
		                 a->no_pump_detail != NULL ? a->no_pump_detail : "");
	}
	if (a->plain_forbidden != REASON_NONE)
		return talk_fail(r, TALK_UNFIT, a->plain_forbidden, NULL);
	if (way == ATTEMPT_DISTCC && !fits_distcc(a->job.args))
		return talk_fail(r, TALK_HOST_FAILED, REASON_VIEW,
		                 "a stock distccd would lose files of this job");
	if (way == ATTEMPT_DISTCC && a->job.native != NULL)
		return talk_fail(r, TALK_UNFIT, REASON_NATIVE_CPU, "a stock distccd cannot be told of this processor");
	return TALK_DONE;
}

static enum talk_end
text_host(struct attempt *a, const struct host *h, enum attempt_way way, struct connection *c,
          struct talk_result *r)
{
	enum talk_end end = check_text(a, way, r);

	if (end != TALK_DONE)
		return end;
	a->job.state->state.mode = STATE_MODE_PLAIN;
	a->way = way;
	enum err e = ensure_preprocess(a, way, r);

	if (e == ERR_CLOSED)
		return talk_fail(r, TALK_STOPPED, REASON_NONE, NULL);
	if (e != OK)
		return talk_fail(r, TALK_HERE, REASON_CPP_FAILED, NULL);
	a->form = a->cpp.form;
	end = converse(a, h, c, r);
	transport_close(c);
	return end;
}

/* It does not speak our language. TALK_NOT_OURS: distcc's may do. */
static enum talk_end
judge_silence(const struct attempt *a, const struct host *h, struct talk_result *r)
{
	/* Our own command was to run there: whoever is silent is no stock distccd. */
	if (h->kind == HOST_SSH && h->command == NULL && r->received == 0)
		return talk_fail(r, TALK_HOST_FAILED, REASON_CONNECT,
		                 "ssh ended before dccd there said a word");
	if (h->language == HOST_NATIVE)
		return talk_fail(r, TALK_HOST_FAILED, REASON_PROTOCOL,
		                 "it does not speak dcc's language");
	/* A connection that broke early, or somebody between us who wants it to be distcc's, which proves nothing. */
	if (hostmemory_is_native(a->dirs->lock, h))
		return talk_fail(r, TALK_HOST_FAILED, REASON_LOST, "it spoke dcc's language before");
	log_info("%s does not speak dcc's language: trying distcc's", h->text);
	return TALK_NOT_OURS;
}

static enum talk_end
native_host(struct attempt *a, const struct host *h, struct connection *c, struct talk_result *r)
{
	enum talk_end end = may_pump(a, h) ? pump_host(a, h, c, r) : TALK_NO_PUMP;

	if (end == TALK_NO_PUMP)
		end = text_host(a, h, ATTEMPT_PLAIN, c, r);
	transport_close(c);
	return end == TALK_NOT_OURS ? judge_silence(a, h, r) : end;
}

enum talk_end
attempt_host(struct attempt *a, const struct host *h, struct talk_result *r)
{
	struct connection c = CONNECTION_INIT;
	enum talk_end end = TALK_NOT_OURS;

	if (!speaks_distcc(a, h))
		end = native_host(a, h, &c, r);
	if (end == TALK_NOT_OURS)
		end = text_host(a, h, ATTEMPT_DISTCC, &c, r);
	transport_close(&c);
	if (end == TALK_NOT_OURS)
		return talk_fail(r, TALK_HOST_FAILED, REASON_PROTOCOL, "it does not speak dcc's language");
	return end;
}
