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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "io.h"
#include "jail.h"
#include "log.h"
#include "path.h"
#include "process.h"
#include "strv.h"
#include "xalloc.h"

#include "jail_fixture.h"

static const char source_text[] =
	"#include <stdint.h>\n#define N 3\nint\nf(uint32_t a)\n{\n\tint unused = N;\n\n\treturn (int)a + N;\n}\n";

/* The directives-only text of x.c without what the compiler defines by itself, as x.i. */
static const char make_gcc_text[] =
	"cd @ && gcc % -E -fdirectives-only -fno-working-directory x.c |"
	" awk '/^# /{own = /<built-in>|<command-line>/} !(own && /^#(define|undef)/)' >x.i";

static int
set_up(void **state)
{
	struct bench *b = bench_new(JAIL_NAMESPACES);
	char *path = path_join(b->src, "x.c");

	set_file(path, source_text, 0644);
	free(path);
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	bench_free(*state);
	return 0;
}

static void
gcc_outputs_equal_the_local_ones(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc",
	                  .words = "gcc -g -O1 -gsplit-dwarf -fstack-usage -c x.c -o x.o",
	                  .text = "x.i",
	                  .is_fifo = true};

	assert_true(shellf(make_gcc_text, b->src, "-g -O1"));
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_int_equal(r.end, JAIL_EXITED);
	assert_true(shellf("cd @ && %", b->src, t.words));
	assert_same(&r, b->src, "x.o", b->src);
	assert_same(&r, b->src, "x.dwo", b->src);
	assert_same(&r, b->src, "x.su", b->src);
	assert_int_equal(r.output_count, 3);
	assert_int_equal(r.outputs[1].mode, 0644);
	assert_true(r.cpu_us > 0 && r.wall_us > 0 && r.peak_kb > 1000);
	jail_result_release(&r);
}

static void
clang_object_equals_the_local_one(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/clang", .words = "clang -g -c x.c -o x.o", .text = "x.i"};

	if (access(t.compiler, X_OK) < 0)
		skip();
	assert_true(shellf("cd @ && clang -g -E % x.c >x.i", b->src, "-frewrite-includes"));
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_true(shellf("cd @ && mv x.i x.c && %", b->src, t.words));
	assert_same(&r, b->src, "x.o", b->src);
	jail_result_release(&r);
}

static void
a_warning_quotes_the_users_line(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -Wall -c x.c -o x.o", .text = "x.i",
	                  .is_fifo = true};

	assert_true(shellf(make_gcc_text, b->src, "-Wall"));
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_true(shellf("cd @ && LC_ALL=C % 2>local", b->src, t.words));
	char *path = path_join(b->src, "local");
	char *local = NULL;
	size_t len;

	assert_int_equal(io_read_file(path, 1 << 20, &local, &len), OK);
	char *text = read_fd(r.stderr_fd);

	assert_string_equal(text, local);
	assert_non_null(strstr(text, "    6 |         int unused = N;"));
	free(path);
	free(local);
	free(text);
	jail_result_release(&r);
}

static void
a_long_text_passes_through_the_fifo(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -c x.c -o x.o", .text = "x.i", .is_fifo = true};

	assert_true(shellf("cd @ && awk 'BEGIN { for (i = 0; i < %; i++) print \"int v\" i \" = \" i \";\" }' >x.i "
	                   "&& cp x.i x.c", b->src, "60000"));
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_true(shellf("cd @ && %", b->src, t.words));
	assert_same(&r, b->src, "x.o", b->src);
	jail_result_release(&r);
}

static void
an_empty_text_is_an_empty_file(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	struct trial t = {.compiler = "/usr/bin/gcc", .words = "gcc -c x.c -o x.o", .is_fifo = true};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.status, 0);
	assert_non_null(output_of(&r, b->src, "x.o"));
	jail_result_release(&r);
}

static void
a_compiler_that_reads_nothing_ends_the_job(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "exit 3");
	struct trial t = {.compiler = cc, .words = "cc", .text = "x.c", .is_fifo = true};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_true(WIFEXITED(r.status) && WEXITSTATUS(r.status) == 3);
	assert_int_equal(r.output_count, 0);
	jail_result_release(&r);
	free(cc);
}

static void
a_runaway_dies_with_all_its_children(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *script = xasprintf("setsid sleep 4%d1 & sleep 4%d1 & trap '' TERM; sleep 4%d1", getpid(), getpid(),
	                         getpid());
	char *word = xasprintf("4%d1", getpid());
	char *cc = bench_script(b, script);
	struct trial t = {.compiler = cc, .words = "cc", .deadline_ms = 700};
	int64_t begin_ms = io_now_ms();

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.end, JAIL_TOO_LONG);
	assert_true(io_now_ms() - begin_ms >= 700 && io_now_ms() - begin_ms < 5000);
	assert_int_equal(count_processes(word), 0);
	jail_result_release(&r);
	free(script);
	free(word);
	free(cc);
}

static void
a_daemon_does_not_outlive_the_job(void **state)
{
	struct bench *b = *state;
	char *script = xasprintf("setsid sleep 5%d1 >/dev/null 2>&1 & echo started", getpid());
	char *word = xasprintf("5%d1", getpid());
	char *text = bench_ask(b, script);

	assert_string_equal(text, "started\n");
	assert_int_equal(count_processes(word), 0);
	free(text);
	free(script);
	free(word);
}

static void
a_full_disk_is_reported(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "head -c 700k /dev/zero >a && head -c 700k /dev/zero >b");
	struct trial t = {.compiler = cc, .words = "cc", .file_limit = 1 << 20};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_true(r.disk_was_full);
	assert_int_not_equal(r.status, 0);
	jail_result_release(&r);
	free(cc);
	cc = bench_script(b, "exit 1");
	t.compiler = cc;
	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_false(r.disk_was_full);
	jail_result_release(&r);
	free(cc);
}

/* As many empty ones as it likes would be as much of the kernel's memory. */
static void
the_number_of_files_is_bounded(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "mkdir -p /dcc-tmp/many && cd /dcc-tmp/many && seq 101000 | xargs touch");
	struct trial t = {.compiler = cc, .words = "cc"};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_true(r.disk_was_full);
	assert_int_not_equal(r.status, 0);
	jail_result_release(&r);
	free(cc);
}

static void
a_file_cannot_grow_beyond_the_limit(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "head -c 3M /dev/zero; echo $? >status");
	struct trial t = {.compiler = cc, .words = "cc", .file_limit = 1 << 20};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(lseek(r.stdout_fd, 0, SEEK_END), 1 << 20);
	jail_result_release(&r);
	free(cc);
}

static void
the_clients_death_ends_the_job(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "sleep 60");
	int pair[2];
	int64_t begin_ms = io_now_ms();

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t pid = fork();

	if (pid == 0) {
		usleep(300000);
		_exit(0);
	}
	close(pair[1]);
	struct trial t = {.compiler = cc, .words = "cc", .watch_fd = pair[0]};

	assert_int_equal(bench_run(b, &t, &r), OK);
	assert_int_equal(r.end, JAIL_CLIENT_GONE);
	assert_true(io_now_ms() - begin_ms < 5000);
	waitpid(pid, NULL, 0);
	close(pair[0]);
	jail_result_release(&r);
	free(cc);
}

static void
a_compilers_signal_is_its_status(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "kill -SEGV $$");

	assert_int_equal(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r), OK);
	assert_true(WIFSIGNALED(r.status) && WTERMSIG(r.status) == SIGSEGV);
	jail_result_release(&r);
	free(cc);
}

static void
outputs_have_the_clients_umask(void **state)
{
	static const mode_t umasks[] = {077, 027, 0777};
	struct bench *b = *state;

	for (size_t i = 0; i < 3; i++) {
		struct jail_result r = JAIL_RESULT_INIT;
		char *cc = bench_script(b, "echo hello >x.o");
		struct trial t = {.compiler = cc, .words = "cc", .umask = umasks[i]};

		assert_int_equal(bench_run(b, &t, &r), OK);
		assert_int_equal(r.output_count, 1);
		assert_int_equal(r.outputs[0].mode, 0666 & ~umasks[i]);
		assert_int_equal(r.outputs[0].size, 6);
		jail_result_release(&r);
		free(cc);
	}
}

static void
links_and_devices_are_no_outputs(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "ln -s /etc/passwd x.o; mkfifo p; mkdir -p d/e; echo 1 >d/e/f; echo 2 >$TMPDIR/t");

	assert_int_equal(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r), OK);
	assert_int_equal(r.output_count, 1);
	assert_non_null(output_of(&r, b->src, "d/e/f"));
	jail_result_release(&r);
	free(cc);
}

static void
too_many_outputs_are_refused(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;
	char *cc = bench_script(b, "for ((i = 0; i < 4097; i++)); do : >f$i; done");

	assert_int_not_equal(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r), OK);
	free(cc);
	cc = bench_script(b, "for ((i = 0; i < 300; i++)); do mkdir d && cd d; done");
	assert_int_equal(bench_run(b, &(struct trial){.compiler = cc, .words = "cc"}, &r), ERR_LIMIT);
	free(cc);
}

static void
a_missing_compiler_is_no_jail(void **state)
{
	struct bench *b = *state;
	struct jail_result r = JAIL_RESULT_INIT;

	assert_int_equal(bench_run(b, &(struct trial){.compiler = "/usr/bin/no-cc", .words = "cc"}, &r), ERR_SYSTEM);
}

static void
nothing_is_left(void **state)
{
	struct bench *b = *state;
	unsigned fds = count_entries("/proc/self/fd");
	char *jail = path_join(b->work, "jail");

	gcc_outputs_equal_the_local_ones(state);
	a_full_disk_is_reported(state);
	a_runaway_dies_with_all_its_children(state);
	a_missing_compiler_is_no_jail(state);
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	assert_int_equal(count_entries(b->work), 1);
	assert_int_equal(count_entries(jail), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	free(jail);
}

/* In a child: runs a sleeping job, with signals caught. */
static pid_t
start_caller(struct bench *b, const char *cc, enum jail_end expected)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct jail_result r = JAIL_RESULT_INIT;
		struct trial t = {.compiler = cc, .words = "cc"};

		process_catch_signals();
		enum err e = bench_run(b, &t, &r);

		_exit(e == OK && r.end == expected ? 0 : 1);
	}
	return pid;
}

static void
the_first_stop_lets_the_job_finish(void **state)
{
	struct bench *b = *state;
	char *cc = bench_script(b, "sleep 1");
	pid_t pid = start_caller(b, cc, JAIL_EXITED);
	int status = -1;

	usleep(500000);
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(cc);
}

static void
the_second_stop_ends_the_job(void **state)
{
	struct bench *b = *state;
	char *cc = bench_script(b, "sleep 60");
	pid_t pid = start_caller(b, cc, JAIL_STOPPED);
	int status = -1;
	int64_t begin_ms = io_now_ms();

	for (int i = 0; i < 2; i++) {
		usleep(500000);
		kill(pid, SIGTERM);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(io_now_ms() - begin_ms < 10000);
	free(cc);
}

static void
the_callers_death_ends_the_job(void **state)
{
	struct bench *b = *state;
	char *script = xasprintf("sleep 6%d1 & sleep 6%d1", getpid(), getpid());
	char *word = xasprintf("6%d1", getpid());
	char *cc = bench_script(b, script);
	pid_t pid = start_caller(b, cc, JAIL_EXITED);

	for (int i = 0; i < 100 && count_processes(word) < 2; i++)
		usleep(50000);
	assert_true(count_processes(word) >= 2);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 100 && count_processes(word) != 0; i++)
		usleep(20000);
	assert_int_equal(count_processes(word), 0);
	free(script);
	free(word);
	free(cc);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(gcc_outputs_equal_the_local_ones),
		TEST(clang_object_equals_the_local_one),
		TEST(a_warning_quotes_the_users_line),
		TEST(a_long_text_passes_through_the_fifo),
		TEST(an_empty_text_is_an_empty_file),
		TEST(a_compiler_that_reads_nothing_ends_the_job),
		TEST(a_runaway_dies_with_all_its_children),
		TEST(a_daemon_does_not_outlive_the_job),
		TEST(a_full_disk_is_reported),
		TEST(the_number_of_files_is_bounded),
		TEST(a_file_cannot_grow_beyond_the_limit),
		TEST(the_clients_death_ends_the_job),
		TEST(a_compilers_signal_is_its_status),
		TEST(outputs_have_the_clients_umask),
		TEST(links_and_devices_are_no_outputs),
		TEST(too_many_outputs_are_refused),
		TEST(a_missing_compiler_is_no_jail),
		TEST(nothing_is_left),
		TEST(the_first_stop_lets_the_job_finish),
		TEST(the_second_stop_ends_the_job),
		TEST(the_callers_death_ends_the_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	char *why = NULL;
	enum jail_kind kind = jail_probe("/tmp", &why);

	/* What the tests provoke is logged as errors. */
	log_to_stderr("test_jail", LOG_LEVEL_ERROR, LOG_PLAIN);
	if (kind != JAIL_NAMESPACES) {
		printf("skip: no namespaces here: %s\n", why);
		free(why);
		return 77;
	}
	return run_as_all(run);
}
