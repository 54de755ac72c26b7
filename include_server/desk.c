/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "deps.h"
#include "io.h"
#include "log.h"
#include "xalloc.h"

/* A file that changed between scan and reading: try so often. */
#define SCANS_MAX 4
/* More bytes than this wait to be written: no more blobs yet. */
#define BACKLOG_MAX ((size_t)256 << 10)
#define DETAIL_MAX 4096

static void
scan(struct desk *d, const struct scan_request *q, struct closure_result *r)
{
	struct closure_request request = {
		.compiler = q->compiler, .cwd = q->cwd, .argv = &q->argv, .env = &q->env};
	int64_t start_us = io_now_us();

	*r = (struct closure_result){0};
	closure_scan(d->closure, &request, d->alive.call, d->alive.context, r);
	tally_add(&d->tally, TALLY_SCAN, start_us);
}

/* Not by pump mode. The caller may ask nothing more. */
static void
refuse(struct desk *d, struct caller *c, enum unmodelled why, const char *detail)
{
	static const enum scan_verdict verdicts[] = {[UNMODELLED_PLAIN] = SCAN_PLAIN,
	                                             [UNMODELLED_HERE] = SCAN_HERE};
	char *word = xstrdup(unmodelled_word(why));
	char *sentence = detail != NULL ? xasprintf("%s: %.*s", unmodelled_sentence(why), DETAIL_MAX, detail)
	                                : xstrdup(unmodelled_sentence(why));
	struct scan_answer m = {.verdict = verdicts[unmodelled_ladder(why)], .word = word, .detail = sentence};

	scan_put_answer(&c->out, &m);
	log_info("%s reason=%s (%s)", c->request.argv.items[c->request.argv.count - 1], word, sentence);
	d->tally.unmodelled[why]++;
	c->stage = CALLER_OVER;
	free(word);
	free(sentence);
}

/* Ask. */

static void
put_answer(struct caller *c)
{
	char none[] = "";
	struct scan_answer m = {.verdict = SCAN_PUMP, .word = none, .detail = none};

	memcpy(m.expected, c->expected.all, sizeof(m.expected));
	memcpy(m.expected_user, c->expected.user, sizeof(m.expected_user));
	scan_put_answer(&c->out, &m);
}

/* The shipment goes off. ERR_MISSING: the caller is to be scanned again. */
static enum err
start_shipment(struct desk *d, struct caller *c)
{
	struct buffer frames = {0};
	int64_t start_us = io_now_us();
	enum err e = shipment_start(c->shipment, io_now_ms(), &d->alive, &frames);

	tally_add(&d->tally, TALLY_SHIP, start_us);
	if (e == OK) {
		d->tally.unmodelled[UNMODELLED_NONE]++;
		put_answer(c);
		scan_put_bytes(&c->out, SCAN_RELAY, frames.data, frames.len);
		scan_put_empty(&c->out, SCAN_END);
		caller_settle(c);
	} else {
		shipment_free(c->shipment);
		c->shipment = NULL;
	}
	buffer_release(&frames);
	if (e == ERR_LIMIT)
		refuse(d, c, UNMODELLED_SIZE, NULL);
	return e == ERR_LIMIT ? OK : e;
}

/* Takes what the caller needs from a scan that went well. */
static enum err
prepare_shipment(struct desk *d, struct caller *c, struct closure_result *r)
{
	int64_t start_us = io_now_us();

	audit_note(d->audit, AUDIT_SAMPLE, &c->request, &r->names);
	deps_digest(&r->names, c->expected.all);
	deps_digest(&r->user_names, c->expected.user);
	tally_add(&d->tally, TALLY_DIGEST, start_us);
	return shipment_new(d->shipping, c->request.host, r, &c->expected, &c->shipment);
}

static void
begin_waiting(struct caller *c)
{
	c->stage = CALLER_WAITS;
	c->waits_since_us = io_now_us();
}

/* clang's lists of what it read have other names for these: that would be no proof, and its audit's failure. */
static bool
has_unlistable_name(const struct strv *names)
{
	for (size_t i = 0; i < names->count; i++)
		if (strpbrk(names->items[i], "\\\t\n") != NULL)
			return true;
	return false;
}

/* One scan. ERR_MISSING: its files changed meanwhile. */
static enum err
ask_once(struct desk *d, struct caller *c)
{
	struct closure_result r;

	scan(d, &c->request, &r);
	enum unmodelled why = r.why;
	enum err e = OK;

	if (why == UNMODELLED_NONE && has_unlistable_name(&r.names))
		why = UNMODELLED_NAME;
	if (why == UNMODELLED_NONE && audit_forbids(d->audit, &c->request))
		why = UNMODELLED_AUDIT;
	if (why == UNMODELLED_NONE && prepare_shipment(d, c, &r) != OK)
		why = UNMODELLED_SIZE;
	if (why != UNMODELLED_NONE)
		refuse(d, c, why, r.detail);
	else if (shipment_must_wait(c->shipment, io_now_ms()))
		begin_waiting(c);
	else
		e = start_shipment(d, c);
	closure_result_release(&r);
	return e;
}

static void
ask(struct desk *d, struct caller *c)
{
	d->tally.asked++;
	while (c->scans++ < SCANS_MAX) {
		if (ask_once(d, c) == OK)
			return;
		d->tally.rescans++;
	}
	refuse(d, c, UNMODELLED_CHANGING, NULL);
}

void
desk_waiting(struct desk *d, struct caller *c)
{
	if (shipment_must_wait(c->shipment, io_now_ms()))
		return;
	tally_add(&d->tally, TALLY_WAIT, c->waits_since_us);
	if (start_shipment(d, c) == OK)
		return;
	d->tally.rescans++;
	c->stage = CALLER_ASKED;
}

/* Want. */

static void
want(struct desk *d, struct caller *c)
{
	d->tally.wants++;
	if (shipment_want(c->shipment, c->want.numbers, c->want.count) != OK) {
		log_warning("a volunteer wants what was not offered");
		c->stage = CALLER_OVER;
		return;
	}
	c->stage = CALLER_GETS;
	desk_more(d, c);
}

void
desk_more(struct desk *d, struct caller *c)
{
	struct buffer frames = {0};
	enum err e = OK;

	while (e == OK && shipment_has_more(c->shipment) &&
	       caller_backlog(c) + frames.len < BACKLOG_MAX) {
		e = shipment_next(c->shipment, &d->alive, &frames);
		if (d->alive.call != NULL)
			d->alive.call(d->alive.context);
	}
	scan_put_bytes(&c->out, SCAN_RELAY, frames.data, frames.len);
	buffer_release(&frames);
	/* The volunteer was told of bytes that are gone. The client sees the end and takes another way. */
	if (e != OK) {
		c->stage = CALLER_OVER;
	} else if (!shipment_has_more(c->shipment)) {
		scan_put_empty(&c->out, SCAN_END);
		caller_settle(c);
	}
}

/* List and Differs: words for a person. */

static void
put_line(struct buffer *out, const char *kind, const char *name)
{
	char *line = xasprintf("%-9s %s\n", kind, name);

	buffer_add_string(out, line);
	free(line);
}

static void
list_pieces(const struct closure_result *r, struct buffer *out)
{
	static const char *const kinds[] = {[MANIFEST_FILE] = "FILE",
	                                    [MANIFEST_LINK] = "SYMLINK",
	                                    [MANIFEST_DIRECTORY] = "DIRECTORY"};

	for (size_t i = 0; i < r->piece_count; i++)
		put_line(out, kinds[r->pieces[i]->entry.type], r->pieces[i]->entry.path);
	for (size_t i = 0; i < r->hidden.count; i++)
		put_line(out, "SYSTEMDIR", r->hidden.items[i]);
}

/* Both sorted, each name once or more. */
static void
list_differences(const struct strv *predicted, const struct strv *found, struct buffer *out)
{
	for (size_t i = 0, k = 0; i < predicted->count || k < found->count;) {
		int order = i == predicted->count ? 1
		            : k == found->count   ? -1
		                                  : strcmp(predicted->items[i], found->items[k]);

		if (order < 0)
			put_line(out, "predicted", predicted->items[i]);
		else if (order > 0)
			put_line(out, "read", found->items[k]);
		if (order <= 0)
			i++;
		if (order >= 0)
			k++;
	}
}

/* Does the volunteer's list omit what is no user's file? Then it is to be compared with that list. */
static void
compare(struct caller *c, struct closure_result *r, struct buffer *out)
{
	unsigned char all[HASH_SIZE], user[HASH_SIZE], found[HASH_SIZE];
	struct buffer by_user = {0};

	deps_digest(&r->names, all);
	deps_digest(&r->user_names, user);
	deps_digest(&c->request.names, found);
	list_differences(&r->names, &c->request.names, out);
	list_differences(&r->user_names, &c->request.names, &by_user);
	if (by_user.len < out->len) {
		buffer_clear(out);
		buffer_add(out, by_user.data, by_user.len);
	}
	buffer_release(&by_user);
}

static void
put_words(struct desk *d, struct caller *c)
{
	struct closure_result r;
	struct buffer text = {0};

	scan(d, &c->request, &r);
	if (r.why != UNMODELLED_NONE) {
		refuse(d, c, r.why, r.detail);
	} else {
		if (c->asked == SCAN_LIST)
			list_pieces(&r, &text);
		else
			compare(c, &r, &text);
		put_answer(c);
		scan_put_bytes(&c->out, SCAN_TEXT, text.data, text.len);
		scan_put_empty(&c->out, SCAN_END);
		c->stage = CALLER_OVER;
	}
	buffer_release(&text);
	closure_result_release(&r);
}

/* Either the scanner or the volunteer is wrong: the compiler here says which. */
static void
differs(struct desk *d, struct caller *c)
{
	struct closure_result r;

	d->tally.differed++;
	scan(d, &c->request, &r);
	if (r.why == UNMODELLED_NONE)
		audit_note(d->audit, AUDIT_SURELY, &c->request, &r.names);
	closure_result_release(&r);
	log_warning("a volunteer's compiler has read other files than were predicted: %s",
	            c->request.argv.items[c->request.argv.count - 1]);
	put_words(d, c);
}

static void
put_statistics(struct desk *d, struct caller *c)
{
	struct buffer text = {0};

	tally_format(&d->tally, d->closure, d->shipping, &text);
	scan_put_bytes(&c->out, SCAN_TEXT, text.data, text.len);
	scan_put_empty(&c->out, SCAN_END);
	c->stage = CALLER_OVER;
	buffer_release(&text);
}

void
desk_request(struct desk *d, struct caller *c)
{
	switch (c->asked) {
	case SCAN_ASK:
		ask(d, c);
		return;
	case SCAN_WANT:
		want(d, c);
		return;
	case SCAN_LIST:
		d->tally.listed++;
		put_words(d, c);
		return;
	case SCAN_DIFFERS:
		differs(d, c);
		return;
	case SCAN_STATISTICS:
		put_statistics(d, c);
		return;
	case SCAN_STOP:
		d->must_stop = true;
		scan_put_empty(&c->out, SCAN_END);
		c->stage = CALLER_STAYS;
		return;
	case SCAN_KNOWN:
	case SCAN_BUSY:
	case SCAN_ANSWER:
	case SCAN_RELAY:
	case SCAN_TEXT:
	case SCAN_END:
		break;
	}
	c->stage = CALLER_OVER;
}

/* Audits. */

static bool
is_same(struct strv *a, struct strv *b)
{
	unsigned char x[HASH_SIZE], y[HASH_SIZE];

	deps_digest(a, x);
	deps_digest(b, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

/* Files may have changed between the scan and the child: what would be predicted now decides. */
static enum audit_verdict
judge(struct desk *d, const struct scan_request *q, struct strv *predicted, struct strv *names)
{
	struct closure_result r;
	struct buffer text = {0};

	if (is_same(predicted, names))
		return AUDIT_RIGHT;
	scan(d, q, &r);
	bool is_right = r.why != UNMODELLED_NONE || is_same(&r.names, names);

	if (!is_right)
		list_differences(&r.names, names, &text);
	closure_result_release(&r);
	if (is_right)
		return AUDIT_RIGHT;
	d->tally.audits_bad++;
	audit_log_difference(q, &text);
	buffer_release(&text);
	return AUDIT_WRONG;
}

void
desk_audit(struct desk *d)
{
	const struct scan_request *q;
	struct strv predicted = {0}, names = {0};

	if (audit_reap(d->audit, &q, &predicted, &names)) {
		d->tally.audits++;
		audit_finish(d->audit, judge(d, q, &predicted, &names));
	}
	strv_release(&predicted);
	strv_release(&names);
	audit_start(d->audit);
}
