/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes signal actions for good runs in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "process.h"
#include "strv.h"

#define LONG_MS 20000

/* Starts sh with this script; result is what process_start said. */
static enum err
start_script(const char *script, int stdout_fd, bool own_group, pid_t *pid)
{
	struct strv argv = {0};

	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	struct process_spec spec = PROCESS_SPEC_INIT;

	spec.path = "/bin/sh";
	spec.argv = argv.items;
	spec.stdout_fd = stdout_fd;
	spec.own_group = own_group;
	enum err e = process_start(&spec, pid);

	strv_release(&argv);
	return e;
}

static int
run_script(const char *script)
{
	pid_t pid;
	int status = -1;

	assert_int_equal(start_script(script, -1, false, &pid), OK);
	assert_int_equal(process_wait(pid, &status), OK);
	return process_exit_code(status);
}

/* Runs body in a child; true when it returned true in time. */
static bool
holds_in_child(bool (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(LONG_MS / 1000);
		_exit(body() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void
exit_codes_are_the_childs(void **state)
{
	(void)state;
	assert_int_equal(run_script("exit 0"), 0);
	assert_int_equal(run_script("exit 1"), 1);
	assert_int_equal(run_script("exit 255"), 255);
}

static void
a_signal_is_128_and_its_number(void **state)
{
	(void)state;
	assert_int_equal(run_script("kill -KILL $$"), 128 + SIGKILL);
	assert_int_equal(run_script("kill -TERM $$"), 128 + SIGTERM);
}

static void
a_missing_program_is_missing(void **state)
{
	struct strv argv = {0};
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid = 0;

	(void)state;
	strv_add(&argv, "x");
	spec.argv = argv.items;
	spec.path = "/nonexistent/compiler";
	assert_int_equal(process_start(&spec, &pid), ERR_MISSING);
	assert_int_equal(errno, ENOENT);
	spec.path = "/dev/null/compiler";
	assert_int_equal(process_start(&spec, &pid), ERR_MISSING);
	spec.path = "no-such-compiler-in-any-folder";
	assert_int_equal(process_start(&spec, &pid), ERR_MISSING);
	spec.path = "/etc/passwd";
	assert_int_equal(process_start(&spec, &pid), ERR_SYSTEM);
	assert_int_equal(errno, EACCES);
	strv_release(&argv);
}

static void
a_bare_name_is_found_in_path(void **state)
{
	struct strv argv = {0};
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;
	int status = -1;

	(void)state;
	strv_add(&argv, "true");
	spec.argv = argv.items;
	spec.path = "true";
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(process_wait(pid, &status), OK);
	assert_int_equal(status, 0);
	strv_release(&argv);
}

/* What the script prints, at most size - 1 bytes. */
static void
read_script(const char *script, char *text, size_t size)
{
	int fds[2];
	pid_t pid;
	int status;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	/* The ends themselves must not reach the child: its copy as standard output does. */
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	assert_int_equal(start_script(script, fds[1], false, &pid), OK);
	close(fds[1]);
	while ((n = read(fds[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fds[0]);
	assert_int_equal(process_wait(pid, &status), OK);
}

static void
standard_output_goes_where_the_spec_says(void **state)
{
	char text[64];

	(void)state;
	read_script("echo out", text, sizeof(text));
	assert_string_equal(text, "out\n");
}

static void
streams_come_from_and_go_to_files(void **state)
{
	struct strv argv = {0};
	struct process_spec spec = PROCESS_SPEC_INIT;
	char text[64] = "";
	pid_t pid;
	int status = -1;
	FILE *in = tmpfile(), *out = tmpfile(), *messages = tmpfile();

	(void)state;
	fputs("from stdin\n", in);
	rewind(in);
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, "cat; echo message >&2");
	spec.path = "/bin/sh";
	spec.argv = argv.items;
	spec.stdin_fd = fileno(in);
	spec.stdout_fd = fileno(out);
	spec.stderr_fd = fileno(messages);
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(process_wait(pid, &status), OK);
	assert_int_equal(status, 0);
	rewind(out);
	assert_non_null(fgets(text, sizeof(text), out));
	assert_string_equal(text, "from stdin\n");
	rewind(messages);
	assert_non_null(fgets(text, sizeof(text), messages));
	assert_string_equal(text, "message\n");
	fclose(in);
	fclose(out);
	fclose(messages);
	strv_release(&argv);
}

static void
the_environment_is_the_specs_or_ours(void **state)
{
	struct strv argv = {0}, env = {0};
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;
	int status = -1;

	(void)state;
	setenv("DCC_TEST_OURS", "1", 1);
	assert_int_equal(run_script("test \"$DCC_TEST_OURS\" = 1"), 0);
	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, "test -z \"$DCC_TEST_OURS\" && test \"$ONLY\" = this");
	strv_add(&env, "ONLY=this");
	spec.path = "/bin/sh";
	spec.argv = argv.items;
	spec.envp = env.items;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(process_wait(pid, &status), OK);
	assert_int_equal(status, 0);
	strv_release(&argv);
	strv_release(&env);
	unsetenv("DCC_TEST_OURS");
}

static void
no_other_descriptor_is_open_in_the_child(void **state)
{
	char text[256];
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	char script[128];

	snprintf(script, sizeof(script), "test -e /proc/self/fd/%d && echo open; echo end", fd);
	read_script(script, text, sizeof(text));
	assert_string_equal(text, "end\n");
	close(fd);
}

static void
a_deadline_leaves_the_child_running(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(start_script("exec sleep 60", -1, true, &pid), OK);
	int64_t start = io_now_ms();

	assert_int_equal(process_wait_until(pid, start + 50, &status), ERR_TIMEOUT);
	assert_in_range(io_now_ms() - start, 50, 5000);
	assert_int_equal(kill(pid, 0), 0);
	process_stop_group(pid, LONG_MS);
	assert_true(io_now_ms() - start < LONG_MS);
	assert_int_equal(waitpid(pid, &status, 0), -1);
	assert_int_equal(errno, ECHILD);
}

static void
waiting_for_no_child_of_ours_fails(void **state)
{
	int status;

	(void)state;
	assert_int_equal(process_wait(getpid(), &status), ERR_SYSTEM);
}

/* Waits until nobody has the pipe's other end open any more. */
static bool
ends_in_time(int fd)
{
	char c;

	return io_read_exactly(fd, &c, 1, io_now_ms() + LONG_MS) == ERR_CLOSED;
}

static void
stop_group_reaches_grandchildren_that_ignore_sigterm(void **state)
{
	int fds[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	assert_int_equal(
		start_script("trap '' TERM; (echo y; sleep 60; sleep 60) & wait; sleep 60", fds[1],
	                     true, &pid),
		OK);
	close(fds[1]);
	assert_int_equal(io_read_exactly(fds[0], &c, 1, io_now_ms() + LONG_MS), OK);
	assert_int_equal(getpgid(pid), pid);
	assert_int_equal(io_read_exactly(fds[0], &c, 1, io_now_ms() + LONG_MS), OK);
	process_stop_group(pid, 50);
	assert_true(ends_in_time(fds[0]));
	close(fds[0]);
}

static void
stop_group_ends_what_the_leader_left_behind(void **state)
{
	int fds[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	assert_int_equal(start_script("(trap '' TERM; sleep 60) & exit 0", fds[1], true, &pid), OK);
	close(fds[1]);
	process_stop_group(pid, 1000);
	assert_true(ends_in_time(fds[0]));
	close(fds[0]);
}

static bool
pass_on(void)
{
	pid_t pid;
	int status = 0;
	int fds[2];
	char c;

	process_catch_signals();
	if (pipe(fds) < 0 || start_script("trap 'exit 7' TERM; echo y; while :; do sleep 0.05; done",
	                                  fds[1], true, &pid) != OK)
		return false;
	if (io_read_exactly(fds[0], &c, 1, io_now_ms() + LONG_MS) != OK)
		return false;
	/* Blocked until the wait opens the mask. */
	raise(SIGTERM);
	if (process_caught_signal() != 0)
		return false;
	return process_wait(pid, &status) == OK && process_exit_code(status) == 7 &&
	       process_caught_signal() == SIGTERM;
}

static void
a_caught_signal_is_passed_on_and_the_wait_goes_on(void **state)
{
	(void)state;
	assert_true(holds_in_child(pass_on));
}

static bool
wait_with_sigchld_blocked(void)
{
	sigset_t set;
	pid_t pid;
	int status = -1;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	process_catch_signals();
	return start_script("sleep 0.2; exit 3", -1, false, &pid) == OK &&
	       process_wait(pid, &status) == OK && process_exit_code(status) == 3;
}

static void
a_wait_ends_even_when_our_parent_blocked_sigchld(void **state)
{
	(void)state;
	assert_true(holds_in_child(wait_with_sigchld_blocked));
}

static bool
wait_with_sigchld_ignored(void)
{
	pid_t pid;
	int status = -1;

	signal(SIGCHLD, SIG_IGN);
	process_catch_signals();
	return start_script("exit 3", -1, false, &pid) == OK && process_wait(pid, &status) == OK &&
	       process_exit_code(status) == 3;
}

static void
a_wait_knows_the_status_even_when_our_parent_ignored_sigchld(void **state)
{
	(void)state;
	assert_true(holds_in_child(wait_with_sigchld_ignored));
}

static bool
child_dies_by_signals(void)
{
	pid_t pid;
	int status = 0;

	process_catch_signals();
	if (start_script("kill -INT $$; exit 1", -1, false, &pid) != OK ||
	    process_wait(pid, &status) != OK || process_exit_code(status) != 128 + SIGINT)
		return false;
	if (start_script("kill -PIPE $$; exit 1", -1, false, &pid) != OK ||
	    process_wait(pid, &status) != OK)
		return false;
	return process_exit_code(status) == 128 + SIGPIPE;
}

static void
children_get_the_default_actions_and_the_old_mask(void **state)
{
	(void)state;
	assert_true(holds_in_child(child_dies_by_signals));
}

static bool
ignored_stays_ignored(void)
{
	pid_t pid;
	int status = -1;

	signal(SIGHUP, SIG_IGN);
	process_catch_signals();
	process_unblock_signals();
	raise(SIGHUP);
	process_block_signals();
	return process_caught_signal() == 0 &&
	       start_script("kill -HUP $$; exit 5", -1, false, &pid) == OK &&
	       process_wait(pid, &status) == OK && process_exit_code(status) == 5;
}

static void
a_signal_that_was_ignored_stays_so_for_us_and_the_child(void **state)
{
	(void)state;
	assert_true(holds_in_child(ignored_stays_ignored));
}

static bool
poll_sees_the_stop_signal(void)
{
	int fds[2];
	struct pollfd p;

	process_catch_signals();
	if (pipe(fds) < 0)
		return false;
	p = (struct pollfd){.fd = fds[0], .events = POLLIN};
	if (process_poll(&p, 1, io_now_ms() + 20) != ERR_TIMEOUT)
		return false;
	raise(SIGINT);
	if (process_poll(&p, 1, io_now_ms() + LONG_MS) != ERR_CLOSED ||
	    process_caught_signal() != SIGINT)
		return false;
	/* The first one counts; and a flag that is set ends every later wait at once. */
	raise(SIGTERM);
	return process_poll(&p, 1, IO_NO_DEADLINE) == ERR_CLOSED && process_caught_signal() == SIGINT;
}

static void
poll_ends_at_a_stop_signal(void **state)
{
	(void)state;
	assert_true(holds_in_child(poll_sees_the_stop_signal));
}

static bool
poll_wakes_for_a_child(void)
{
	struct pollfd p;
	int fds[2];
	pid_t pid;
	int status;

	process_catch_signals();
	if (pipe(fds) < 0 || start_script("sleep 0.1", -1, false, &pid) != OK)
		return false;
	p = (struct pollfd){.fd = fds[0], .events = POLLIN, .revents = POLLIN};
	enum err e = process_poll(&p, 1, io_now_ms() + LONG_MS);

	return e == OK && p.revents == 0 && process_wait(pid, &status) == OK;
}

static void
poll_ends_without_a_ready_descriptor_when_a_child_does(void **state)
{
	(void)state;
	assert_true(holds_in_child(poll_wakes_for_a_child));
}

static void
poll_says_what_is_ready(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	struct pollfd p = {.fd = fds[0], .events = POLLIN};

	assert_int_equal(process_poll(&p, 1, IO_NO_DEADLINE), OK);
	assert_int_equal(p.revents, POLLIN);
	close(fds[0]);
	close(fds[1]);
}

static void
nothing_is_caught_before_it_is_asked_for(void **state)
{
	(void)state;
	assert_null(process_wait_mask());
	assert_int_equal(process_caught_signal(), 0);
	process_block_signals();
	process_unblock_signals();
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	assert_int_equal(sigismember(&now, SIGTERM), 0);
}

static bool
die_by_sigint(void)
{
	process_catch_signals();
	process_die_by(SIGINT);
}

static void
die_by_ends_us_as_the_signal_would(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(die_by_sigint() ? 1 : 2);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void
the_limit_of_open_files_rises_as_far_as_it_may_and_never_falls(void **state)
{
	struct rlimit before, limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	process_raise_descriptors(80);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 80);
	process_raise_descriptors(70);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 80);
	if (before.rlim_max != RLIM_INFINITY) {
		process_raise_descriptors((unsigned long)before.rlim_max + 1);
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(limit.rlim_cur, before.rlim_max);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_codes_are_the_childs),
		cmocka_unit_test(a_signal_is_128_and_its_number),
		cmocka_unit_test(a_missing_program_is_missing),
		cmocka_unit_test(a_bare_name_is_found_in_path),
		cmocka_unit_test(standard_output_goes_where_the_spec_says),
		cmocka_unit_test(streams_come_from_and_go_to_files),
		cmocka_unit_test(the_environment_is_the_specs_or_ours),
		cmocka_unit_test(no_other_descriptor_is_open_in_the_child),
		cmocka_unit_test(a_deadline_leaves_the_child_running),
		cmocka_unit_test(waiting_for_no_child_of_ours_fails),
		cmocka_unit_test(stop_group_reaches_grandchildren_that_ignore_sigterm),
		cmocka_unit_test(stop_group_ends_what_the_leader_left_behind),
		cmocka_unit_test(a_caught_signal_is_passed_on_and_the_wait_goes_on),
		cmocka_unit_test(a_wait_ends_even_when_our_parent_blocked_sigchld),
		cmocka_unit_test(a_wait_knows_the_status_even_when_our_parent_ignored_sigchld),
		cmocka_unit_test(children_get_the_default_actions_and_the_old_mask),
		cmocka_unit_test(a_signal_that_was_ignored_stays_so_for_us_and_the_child),
		cmocka_unit_test(poll_ends_at_a_stop_signal),
		cmocka_unit_test(poll_ends_without_a_ready_descriptor_when_a_child_does),
		cmocka_unit_test(poll_says_what_is_ready),
		cmocka_unit_test(nothing_is_caught_before_it_is_asked_for),
		cmocka_unit_test(the_limit_of_open_files_rises_as_far_as_it_may_and_never_falls),
		cmocka_unit_test(die_by_ends_us_as_the_signal_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
