/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With scans of the test's own making, and a compiler that is a script. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/stat.h>

#include "desk.h"
#include "goods.h"
#include "path.h"

static struct goods *goods;      /* what the next scan finds */
static enum unmodelled next_why;
static int scans;

/* Called in place of closure_scan: the linker sees to that. */
void
__wrap_closure_scan(struct closure *c, const struct closure_request *q, void (*alive)(void *context),
                    void *context, struct closure_result *result);

void
__wrap_closure_scan(struct closure *c, const struct closure_request *q, void (*alive)(void *context),
                    void *context, struct closure_result *result)
{
	(void)c;
	(void)q;
	(void)alive;
	(void)context;
	scans++;
	result->why = next_why;
	if (next_why != UNMODELLED_NONE) {
		result->detail = xstrdup("a.c:1");
		return;
	}
	for (size_t i = 0; i < goods->count; i++) {
		strv_add(&result->names, path_base(goods->paths[i]));
		strv_add(&result->user_names, path_base(goods->paths[i]));
	}
	result->pieces = goods->all;
	result->piece_count = goods->count;
	result->source = goods->all[0];
}

struct fixture {
	struct desk desk;
	char compiler[64];
};

static int
set_up(void **state)
{
	static const unsigned char client[MANIFEST_CLIENT_SIZE] = "secret";
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *g = NULL;

	if (goods_set_up(&g) != 0)
		return -1;
	goods = g;
	next_why = UNMODELLED_NONE;
	scans = 0;
	snprintf(f->compiler, sizeof(f->compiler), "%s/gcc", goods->dir);
	f->desk.shipping = shipping_new(client);
	f->desk.audit = audit_new(goods->dir);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	void *g = goods;

	audit_free(f->desk.audit);
	shipping_free(f->desk.shipping);
	free(f);
	return goods_tear_down(&g);
}

static void
write_compiler(const struct fixture *f, const char *list)
{
	FILE *s = fopen(f->compiler, "w");

	assert_non_null(s);
	fprintf(s, "#!/bin/sh\nfor list; do :; done\necho \"x: %s\" >\"$list\"\n", list);
	assert_int_equal(fclose(s), 0);
	assert_int_equal(chmod(f->compiler, 0755), 0);
}

/* A caller that has asked; its descriptor is none. */
static struct caller *
ask(struct fixture *f, enum scan_type type)
{
	struct caller *c = caller_new(-1, 0);

	c->stage = CALLER_ASKED;
	c->asked = type;
	c->request = (struct scan_request){.version = SCAN_VERSION,
	                                   .host = xstrdup("red"),
	                                   .compiler = xstrdup(f->compiler),
	                                   .cwd = xstrdup(goods->dir)};
	strv_add(&c->request.argv, "gcc");
	strv_add(&c->request.argv, "-c");
	strv_add(&c->request.argv, "a.c");
	strv_add(&c->request.env, "PATH=/usr/bin:/bin");
	desk_request(&f->desk, c);
	return c;
}

/* The types of the messages that wait to be written, as numbers. */
static void
assert_says(const struct caller *c, const char *wanted)
{
	char text[256] = "";
	size_t n = 0;

	for (size_t at = 0, len; at < c->out.len; at += SCAN_HEADER_SIZE + len) {
		enum scan_type type;

		assert_int_equal(scan_get_header(c->out.data + at, SCAN_SERVER, &type, &len), OK);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d", at != 0 ? " " : "", (int)type);
	}
	assert_string_equal(text, wanted);
}

static void
assert_verdict(const struct caller *c, enum scan_verdict verdict, const char *word)
{
	struct scan_answer a;
	enum scan_type type;
	size_t len;

	assert_int_equal(scan_get_header(c->out.data, SCAN_SERVER, &type, &len), OK);
	assert_int_equal(type, SCAN_ANSWER);
	assert_int_equal(scan_get_answer(c->out.data + SCAN_HEADER_SIZE, len, &a), OK);
	assert_int_equal(a.verdict, verdict);
	assert_string_equal(a.word, word);
	scan_answer_release(&a);
}

static void
an_answer_brings_the_bytes_for_the_volunteer(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	struct caller *c = ask(f, SCAN_ASK);

	assert_says(c, "17 18 20");
	assert_verdict(c, SCAN_PUMP, "");
	assert_int_equal(c->stage, CALLER_TALKS);
	assert_non_null(c->shipment);
	caller_free(c);
}

static void
what_is_not_modelled_goes_its_way_down_the_ladder(void **state)
{
	struct fixture *f = *state;

	next_why = UNMODELLED_MISSING;
	struct caller *c = ask(f, SCAN_ASK);

	assert_says(c, "17");
	assert_verdict(c, SCAN_PLAIN, "missing");
	assert_int_equal(c->stage, CALLER_OVER);
	caller_free(c);
	next_why = UNMODELLED_COUNTER;
	c = ask(f, SCAN_ASK);
	assert_verdict(c, SCAN_HERE, "counter");
	caller_free(c);
	assert_int_equal(f->desk.tally.unmodelled[UNMODELLED_MISSING], 1);
}

static void
a_file_that_changes_after_each_scan_ends_in_plain_mode(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	goods_write(goods, 0, "edited");
	struct caller *c = ask(f, SCAN_ASK);

	assert_true(scans > 1);
	assert_verdict(c, SCAN_PLAIN, "changing");
	caller_free(c);
}

static void
a_second_job_waits_until_the_first_has_delivered(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	struct caller *first = ask(f, SCAN_ASK), *second = ask(f, SCAN_ASK);

	assert_int_equal(second->stage, CALLER_WAITS);
	assert_int_equal(second->out.len, 0);
	desk_waiting(&f->desk, second);
	assert_int_equal(second->stage, CALLER_WAITS);
	shipment_delivered(first->shipment);
	desk_waiting(&f->desk, second);
	assert_int_equal(second->stage, CALLER_TALKS);
	assert_says(second, "17 18 20");
	caller_free(first);
	caller_free(second);
}

static void
what_is_wanted_follows(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	struct caller *c = ask(f, SCAN_ASK);

	c->out.len = 0;
	c->stage = CALLER_ASKED;
	c->asked = SCAN_WANT;
	c->want.numbers = xcalloc(1, sizeof(uint32_t));
	c->want.numbers[0] = 2;
	c->want.count = 1;
	desk_request(&f->desk, c);
	assert_says(c, "18 20");
	assert_int_equal(c->stage, CALLER_TALKS);
	caller_free(c);
}

static void
wanted_bytes_that_are_gone_end_the_conversation(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	struct caller *c = ask(f, SCAN_ASK);

	goods_write(goods, 1, "edited");
	c->out.len = 0;
	c->stage = CALLER_ASKED;
	c->asked = SCAN_WANT;
	c->want.numbers = xcalloc(1, sizeof(uint32_t));
	c->want.numbers[0] = 2;
	c->want.count = 1;
	desk_request(&f->desk, c);
	assert_int_equal(c->out.len, 0);
	assert_int_equal(c->stage, CALLER_OVER);
	caller_free(c);
}

static void
a_list_is_words(void **state)
{
	struct fixture *f = *state;

	goods_add(goods, "a.c", "source");
	struct caller *c = ask(f, SCAN_LIST);

	assert_says(c, "17 19 20");
	char *line = xasprintf("FILE      %s\n", goods->paths[0]);

	assert_memory_equal(c->out.data + c->out.len - SCAN_HEADER_SIZE - strlen(line), line, strlen(line));
	free(line);
	caller_free(c);
}

static void
wait_for_audit(struct fixture *f)
{
	for (int i = 0; i < 1000 && f->desk.tally.audits == 0; i++) {
		desk_audit(&f->desk);
		poll(NULL, 0, 2);
	}
	assert_int_equal(f->desk.tally.audits, 1);
}

static void
an_audit_that_agrees_changes_nothing(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "a.c a.h");
	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	caller_free(ask(f, SCAN_ASK));
	wait_for_audit(f);
	assert_int_equal(f->desk.tally.audits_bad, 0);
	struct caller *c = ask(f, SCAN_ASK);

	assert_verdict(c, SCAN_PUMP, "");
	caller_free(c);
}

static void
an_audit_that_differs_ends_pump_mode_for_such_options(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "a.c other.h");
	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	caller_free(ask(f, SCAN_ASK));
	wait_for_audit(f);
	assert_int_equal(f->desk.tally.audits_bad, 1);
	struct caller *c = ask(f, SCAN_ASK);

	assert_verdict(c, SCAN_PLAIN, "audit");
	caller_free(c);
}

static void
an_audit_of_what_has_changed_meanwhile_is_none(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "a.c a.h b.h");
	goods_add(goods, "a.c", "source");
	goods_add(goods, "a.h", "header");
	caller_free(ask(f, SCAN_ASK));
	/* Since then the source was edited, and includes this too. */
	goods_add(goods, "b.h", "header");
	wait_for_audit(f);
	assert_int_equal(f->desk.tally.audits_bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_brings_the_bytes_for_the_volunteer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_modelled_goes_its_way_down_the_ladder, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_changes_after_each_scan_ends_in_plain_mode, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_second_job_waits_until_the_first_has_delivered, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(what_is_wanted_follows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wanted_bytes_that_are_gone_end_the_conversation, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_list_is_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_audit_that_agrees_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_audit_that_differs_ends_pump_mode_for_such_options, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(an_audit_of_what_has_changed_meanwhile_is_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
