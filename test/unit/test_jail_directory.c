/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "io.h"
#include "jail.h"
#include "jail_directory.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "strv.h"
#include "xalloc.h"

#include "jail_fixture.h"

static int
set_up(void **state)
{
	struct bench *b = bench_new(JAIL_DIRECTORY);
	char *path = path_join(b->src, "x.c");

	set_file(path, "int\nf(int a)\n{\n\tint unused;\n\n\treturn a;\n}\n", 0644);
	free(path);
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	/* After every test: nothing of a job is left. */
	assert_int_equal(count_entries(b->work), 0);
	bench_free(b);
	return 0;
}

static void
gcc_outputs_equal_the_local_ones(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc",
	                  .words = "gcc -g -Wall -fstack-usage -c ../a/x.c -o sub/x.o",
	                  .source = "../a/x.c",
	                  .output = "sub/x.o",
	                  .text = "x.c",
	                  .is_fifo = true};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(count_entries(b->work), 1);
	assert_true(shellf("cd @ && mkdir sub && %", b->src, t.words));
	assert_same(&r, b->src, "sub/x.o", b->src);
	assert_same(&r, b->src, "sub/x.su", b->src);
	assert_int_equal(r.output_count, 2);
	char *text = read_fd(r.stderr_fd);

	assert_non_null(strstr(text, "    4 |         int unused;"));
	free(text);
	jail_result_release(&r);
}

static void
paths_beyond_the_directory_are_denied(void **state)
{
	static const struct trial trials[] = {
		{.words = "gcc -c /x.c", .source = "/x.c"},
		{.words = "gcc -c x.c -o /x.o", .output = "/x.o"},
		{.words = "gcc -c x.c -o/tmp/x.o"},
		{.words = "gcc -c x.c -MF /tmp/x.d"},
		{.words = "gcc -c x.c", .source = "../../../../../x.c"},
		{.words = "gcc -c x.c", .output = "sub/../../../../../../x.o"},
	};
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		struct trial t = trials[i];

		t.compiler = "/usr/bin/gcc";
		t.text = "x.c";
		assert_int_equal(bench_run(b, &t, &r), ERR_DENIED);
	}
}

static void
a_runaway_dies_with_all_its_children(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *script = xasprintf("setsid sleep 7%d1 & trap '' TERM; (sleep 7%d1 & sleep 7%d1) & sleep 7%d1",
	                         getpid(), getpid(), getpid(), getpid());
	char *word = xasprintf("7%d1", getpid());
	char *cc = bench_script(b, script);
	struct trial t = {.compiler = cc, .words = "cc", .deadline_ms = 700};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.end, JAIL_TOO_LONG);
	assert_int_equal(count_processes(word), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	jail_result_release(&r);
	free(script);
	free(word);
	free(cc);
}

static void
a_daemon_does_not_outlive_the_job(void **state)
{
	struct bench *b = *state;
	char *script = xasprintf("(sleep 8%d1 >/dev/null 2>&1 & exit) ; setsid true 2>/dev/null || echo held", getpid());
	char *word = xasprintf("8%d1", getpid());
	char *text = bench_ask(b, script);
	int is_subreaper = -1;

	assert_string_equal(text, "held\n");
	assert_int_equal(count_processes(word), 0);
	assert_int_equal(prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0), 0);
	assert_int_equal(is_subreaper, 0);
	free(text);
	free(script);
	free(word);
}

static void
there_is_no_network_and_no_privilege(void **state)
{
	struct bench *b = *state;
	char *text = bench_ask(b, "(exec 3<>/dev/udp/127.0.0.1/9) 2>/dev/null && echo reached; "
	                          "unshare -U true 2>/dev/null && echo unshared; "
	                          "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; echo $TMPDIR");

	assert_true(shell("exec bash -c 'exec 3<>/dev/udp/127.0.0.1/9'"));
	assert_non_null(strstr(text, "NoNewPrivs:\t1\nSeccomp:\t2\n"));
	assert_non_null(strstr(text, b->work));
	assert_null(strstr(text, "reached"));
	assert_null(strstr(text, "unshared"));
	free(text);
}

static void
a_tree_without_permissions_is_removed(void **state)
{
	struct bench *b = *state;
	char *text = bench_ask(b, "mkdir -p d/e; echo x >d/e/f; echo y >x.o; chmod 500 d/e; echo done");

	assert_string_equal(text, "done\n");
	free(text);
}

/* A caller that is killed while its job runs; gives the name of the directory it leaves. */
static void
leave_directory(struct bench *b)
{
	char *script = xasprintf("sleep 9%d1", getpid());
	char *word = xasprintf("9%d1", getpid());
	char *cc = bench_script(b, script);
	pid_t pid = fork();

	if (pid == 0) {
		struct jail_result r = JAIL_RESULT_INIT;

		_exit(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r) != OK);
	}
	for (int i = 0; i < 100 && count_processes(word) == 0; i++)
		usleep(50000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 100 && count_processes(word) != 0; i++)
		usleep(20000);
	assert_int_equal(count_processes(word), 0);
	free(script);
	free(word);
	free(cc);
}

static void
a_sweep_removes_what_the_dead_left(void **state)
{
	struct bench *b = *state;
	char *live = NULL;
	char *other = make_folder(b->work, "jobs");
	int fd = -1;

	leave_directory(b);
	assert_int_equal(jail_directory_make(b->work, &live, &fd), OK);
	assert_int_equal(count_entries(b->work), 3);
	jail_sweep(b->work);
	assert_int_equal(count_entries(b->work), 2);
	assert_int_equal(access(live, F_OK), 0);
	jail_directory_remove(live, fd);
	assert_int_equal(rmdir(other), 0);
	free(other);
}

static void
descriptors_are_closed(void **state)
{
	struct bench *b = *state;
	unsigned fds = count_entries("/proc/self/fd");

	paths_beyond_the_directory_are_denied(state);
	a_runaway_dies_with_all_its_children(state);
	a_tree_without_permissions_is_removed(state);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	assert_int_equal(count_entries(b->work), 0);
}

static void
a_probe_without_a_folder_says_why(void **state)
{
	char *why = NULL;

	(void)state;
	assert_int_equal(jail_probe("/nonexistent/dcc", &why), JAIL_NONE);
	assert_non_null(why);
	assert_non_null(strstr(why, "cannot "));
	free(why);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(gcc_outputs_equal_the_local_ones),
		TEST(paths_beyond_the_directory_are_denied),
		TEST(a_runaway_dies_with_all_its_children),
		TEST(a_daemon_does_not_outlive_the_job),
		TEST(there_is_no_network_and_no_privilege),
		TEST(a_tree_without_permissions_is_removed),
		TEST(a_sweep_removes_what_the_dead_left),
		TEST(descriptors_are_closed),
		TEST(a_probe_without_a_folder_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	/* What the tests provoke is logged as errors. */
	log_to_stderr("test_jail_directory", LOG_LEVEL_ERROR, LOG_PLAIN);
	return run_as_all(run);
}
