/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With a compiler that is a script, so that the list is ours to choose. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "xalloc.h"

struct fixture {
	char dir[32];
	char compiler[64];
	struct audit *audit;
	struct scan_request q;
	struct strv names;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/dcc-audit.XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->compiler, sizeof(f->compiler), "%s/gcc", f->dir);
	f->audit = audit_new(f->dir);
	f->q = (struct scan_request){.compiler = f->compiler, .cwd = f->dir};
	strv_add(&f->q.argv, "gcc");
	strv_add(&f->q.argv, "-O2");
	strv_add(&f->q.argv, "-c");
	strv_add(&f->q.argv, "a.c");
	strv_add(&f->q.env, "PATH=/usr/bin:/bin");
	strv_add(&f->names, "a.c");
	strv_add(&f->names, "a.h");
	*state = f;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	audit_free(f->audit);
	strv_release(&f->q.argv);
	strv_release(&f->q.env);
	strv_release(&f->names);
	int got = nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);

	free(f);
	return got;
}

/* Its last argument is where the list goes. */
static void
write_compiler(const struct fixture *f, const char *body)
{
	FILE *s = fopen(f->compiler, "w");

	assert_non_null(s);
	fprintf(s, "#!/bin/sh\nfor list; do :; done\n%s\n", body);
	assert_int_equal(fclose(s), 0);
	assert_int_equal(chmod(f->compiler, 0755), 0);
}

/* The names that the child has read, as one line; NULL: there was no audit. Yours. */
static char *
run_audit(struct fixture *f, enum audit_verdict verdict)
{
	const struct scan_request *q;
	struct strv predicted = {0}, names = {0};
	char *line = NULL;

	audit_start(f->audit);
	for (int i = 0; i < 500 && line == NULL; i++) {
		if (audit_reap(f->audit, &q, &predicted, &names)) {
			line = xasprintf("%s %s|%zu", names.items[0], names.items[names.count - 1],
			                 predicted.count);
			audit_finish(f->audit, verdict);
		}
		poll(NULL, 0, 2);
	}
	strv_release(&predicted);
	strv_release(&names);
	return line;
}

static void
the_first_command_with_its_options_is_audited_and_no_other(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c b.h\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	char *line = run_audit(f, AUDIT_RIGHT);

	assert_string_equal(line, "a.c b.h|2");
	free(line);
	strv_set(&f->q.argv, 3, "-DX=1");
	strv_add(&f->q.argv, "b.c");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	assert_null(run_audit(f, AUDIT_RIGHT));
	assert_false(audit_forbids(f->audit, &f->q));
}

static void
what_was_found_right_is_remembered(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	free(run_audit(f, AUDIT_RIGHT));
	audit_free(f->audit);
	f->audit = audit_new(f->dir);
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	assert_null(run_audit(f, AUDIT_RIGHT));
}

static void
another_compiler_is_audited_anew(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	free(run_audit(f, AUDIT_RIGHT));
	write_compiler(f, "echo \"x: other.c\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	char *line = run_audit(f, AUDIT_RIGHT);

	assert_string_equal(line, "other.c other.c|2");
	free(line);
}

static void
options_found_wrong_are_forbidden_and_others_are_not(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	free(run_audit(f, AUDIT_WRONG));
	assert_true(audit_forbids(f->audit, &f->q));
	strv_set(&f->q.argv, 1, "-O3");
	assert_false(audit_forbids(f->audit, &f->q));
}

static void
a_command_that_fails_says_nothing_and_is_tried_three_times(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c\" >\"$list\"; echo ran >>ran; exit 1");
	for (int i = 0; i < 5; i++) {
		audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
		assert_null(run_audit(f, AUDIT_RIGHT));
	}
	char *path = xasprintf("%s/ran", f->dir);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 3 * strlen("ran\n"));
	free(path);
}

static void
who_is_suspected_is_audited_whatever_was_found_before(void **state)
{
	struct fixture *f = *state;

	write_compiler(f, "echo \"x: a.c\" >\"$list\"");
	audit_note(f->audit, AUDIT_SAMPLE, &f->q, &f->names);
	free(run_audit(f, AUDIT_RIGHT));
	audit_note(f->audit, AUDIT_SURELY, &f->q, &f->names);
	char *line = run_audit(f, AUDIT_WRONG);

	assert_non_null(line);
	free(line);
	assert_true(audit_forbids(f->audit, &f->q));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_first_command_with_its_options_is_audited_and_no_other,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_found_right_is_remembered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_compiler_is_audited_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(options_found_wrong_are_forbidden_and_others_are_not, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_command_that_fails_says_nothing_and_is_tried_three_times, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(who_is_suspected_is_audited_whatever_was_found_before, set_up,
		                                tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
