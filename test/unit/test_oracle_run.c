/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "oracle_run.h"

struct asked {
	struct oracle_run run;
	struct strv argv, env;
	struct buffer input;
	char *output, *messages;
	int signs;
};

static void
count_signs(void *context)
{
	((struct asked *)context)->signs++;
}

static enum err
run_script(struct asked *a, const char *cwd, const char *script, const char *input)
{
	*a = (struct asked){.run = {.compiler = "/bin/sh", .cwd = cwd, .scratch = "/tmp", .alive = count_signs}};
	a->run.argv = &a->argv;
	a->run.env = &a->env;
	a->run.input = &a->input;
	a->run.context = a;
	strv_add(&a->argv, "sh");
	strv_add(&a->argv, "-c");
	strv_add(&a->argv, script);
	strv_add(&a->env, "LC_ALL=C");
	strv_add(&a->env, "PATH=/usr/bin:/bin");
	buffer_add_string(&a->input, input);
	return oracle_run(&a->run, &a->output, &a->messages);
}

static void
release(struct asked *a)
{
	strv_release(&a->argv);
	strv_release(&a->env);
	buffer_release(&a->input);
	free(a->output);
	free(a->messages);
}

static void
input_goes_in_and_both_streams_come_back(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(run_script(&a, "/tmp", "cat; echo to err >&2; exit 3", "some\ntext\n"), OK);
	assert_string_equal(a.output, "some\ntext\n");
	assert_string_equal(a.messages, "to err\n");
	release(&a);
}

static void
it_runs_in_the_clients_folder_and_we_stay_in_ours(void **state)
{
	char before[PATH_MAX], after[PATH_MAX];
	struct asked a;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(run_script(&a, "/usr", "pwd", ""), OK);
	assert_string_equal(a.output, "/usr\n");
	release(&a);
	assert_non_null(getcwd(after, sizeof(after)));
	assert_string_equal(before, after);
	assert_int_equal(run_script(&a, "/no/such/folder", "pwd", ""), ERR_MISSING);
	release(&a);
}

static void
signs_of_life_are_given_while_it_runs(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(run_script(&a, "/", "sleep 0.3", ""), OK);
	assert_true(a.signs >= 3);
	release(&a);
}

static void
one_that_hangs_is_stopped_with_its_children(void **state)
{
	int64_t start = io_now_ms();
	struct asked a;

	(void)state;
	assert_int_equal(run_script(&a, "/", "sleep 1000 & wait", ""), ERR_TIMEOUT);
	assert_true(io_now_ms() - start < 15000);
	assert_null(a.output);
	release(&a);
}

static void
one_that_writes_without_end_is_refused(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(run_script(&a, "/", "head -c 20000000 /dev/zero", ""), ERR_LIMIT);
	assert_null(a.output);
	release(&a);
}

static void
a_missing_program_is_no_answer(void **state)
{
	struct asked a;

	(void)state;
	assert_int_equal(run_script(&a, "/", "", ""), OK);
	free(a.output);
	free(a.messages);
	a.output = a.messages = NULL;
	a.run.compiler = "/no/such/compiler";
	assert_int_equal(oracle_run(&a.run, &a.output, &a.messages), ERR_MISSING);
	release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_goes_in_and_both_streams_come_back),
		cmocka_unit_test(it_runs_in_the_clients_folder_and_we_stay_in_ours),
		cmocka_unit_test(signs_of_life_are_given_while_it_runs),
		cmocka_unit_test(one_that_hangs_is_stopped_with_its_children),
		cmocka_unit_test(one_that_writes_without_end_is_refused),
		cmocka_unit_test(a_missing_program_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
