/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "hostmemory.h"
#include "io.h"
#include "process.h"
#include "sched.h"
#include "xalloc.h"

/* A home of its own and a scheduler in it. */
struct fixture {
	char home[64];
	struct config c;
	struct userdir dirs;
	struct state_writer state;
	struct sched s;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	snprintf(f->home, sizeof(f->home), "/tmp/test-sched-XXXXXX");
	assert_non_null(mkdtemp(f->home));
	setenv("HOME", f->home, 1);
	unsetenv("DCC_DIR");
	unsetenv("DISTCC_DIR");
	unsetenv("DCC_HOSTS");
	unsetenv("DISTCC_HOSTS");
	unsetenv("DCC_BACKOFF_PERIOD");
	unsetenv("DISTCC_BACKOFF_PERIOD");
	f->state = (struct state_writer)STATE_WRITER_INIT;
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	sched_release(&f->s);
	state_close(&f->state);
	userdir_release(&f->dirs);
	config_release(&f->c);
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", f->home, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	free(f);
	return 0;
}

static enum err
start(struct fixture *f)
{
	config_load(&f->c);
	assert_int_equal(userdir_open(&f->c, &f->dirs), OK);
	state_open(&f->state, f->dirs.state, "a.c");
	return sched_init(&f->s, &f->c, &f->dirs, &f->state);
}

/* With this list in the environment. */
static void
start_with(struct fixture *f, const char *hosts)
{
	setenv("DCC_HOSTS", hosts, 1);
	assert_int_equal(start(f), OK);
}

/* Takes a slot and says which: "red:0"; yours. */
static char *
take(struct fixture *f, struct sched_place *place)
{
	enum reason why;

	assert_int_equal(sched_take(&f->s, NULL, place, &why), OK);
	return xasprintf("%s:%u", place->host->name, place->slot);
}

static void
expect(struct fixture *f, struct sched_place *place, const char *wanted)
{
	char *got = take(f, place);

	assert_string_equal(got, wanted);
	free(got);
}

static void
write_hosts(const struct fixture *f, const char *dir, const char *text)
{
	char *path = xasprintf("%s/%s", f->home, dir);
	char *file = xasprintf("%s/hosts", path);

	mkdir(path, 0755);
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	free(file);
	free(path);
}

static void
slots_are_taken_slot_by_slot_in_list_order(void **state)
{
	static const char *const order[] = {"red:0", "blue:0", "green:0", "red:1", "green:1", "green:2"};
	struct sched_place places[6];

	start_with(*state, "red/2 blue/1 green/3 gone/9,down");
	for (size_t i = 0; i < 6; i++) {
		places[i] = (struct sched_place)SCHED_PLACE_INIT;
		expect(*state, &places[i], order[i]);
	}
	sched_place_release(&places[1]);
	expect(*state, &places[1], "blue:0");
	for (size_t i = 0; i < 6; i++)
		sched_place_release(&places[i]);
}

static void
list_is_found_in_the_documented_order(void **state)
{
	struct fixture *f = *state;

	write_hosts(f, ".distcc", "theirs");
	assert_int_equal(start(f), OK);
	assert_string_equal(f->s.hosts.list[0].name, "theirs");
	sched_release(&f->s);
	write_hosts(f, ".dcc", "# ours\nours/3\n");
	assert_int_equal(sched_init(&f->s, &f->c, &f->dirs, &f->state), OK);
	assert_string_equal(f->s.hosts.list[0].name, "ours");
	sched_release(&f->s);
	setenv("DISTCC_HOSTS", "variable", 1);
	config_release(&f->c);
	config_load(&f->c);
	assert_int_equal(sched_init(&f->s, &f->c, &f->dirs, &f->state), OK);
	assert_string_equal(f->s.hosts.list[0].name, "variable");
}

static void
empty_list_hides_the_next_and_means_no_hosts(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	enum reason why = REASON_NONE;

	write_hosts(f, ".distcc", "theirs");
	write_hosts(f, ".dcc", "# nothing\n");
	assert_int_equal(start(f), ERR_MISSING);
	assert_int_equal(sched_take(&f->s, NULL, &place, &why), ERR_MISSING);
	assert_int_equal(why, REASON_NO_HOSTS);
}

static void
bad_list_leaves_local_slots_usable(void **state)
{
	struct fixture *f = *state;
	struct lock lock = LOCK_INIT;

	setenv("DCC_HOSTS", "red blue/0", 1);
	assert_int_equal(start(f), ERR_USAGE);
	assert_int_equal(f->s.hosts.count, 0);
	assert_int_equal(sched_take_local(&f->s, SCHED_LOCAL_COMPILE, &lock), OK);
	locks_release(&lock);
}

static void
failed_host_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;

	start_with(f, "red blue");
	hostmemory_failed(f->dirs.lock, &f->s.hosts.list[0], REASON_LOST);
	expect(f, &place, "blue:0");
	sched_place_release(&place);
	f->s.backoff_ms = 0;
	expect(f, &place, "red:0");
	sched_place_release(&place);
}

static void
excluded_hosts_are_not_chosen_again(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	enum reason why = REASON_NONE;

	start_with(f, "red blue");
	sched_exclude(&f->s, &f->s.hosts.list[0]);
	expect(f, &place, "blue:0");
	sched_exclude(&f->s, place.host);
	sched_place_release(&place);
	assert_int_equal(sched_take(&f->s, NULL, &place, &why), ERR_MISSING);
	assert_int_equal(why, REASON_BACKED_OFF);
}

static void
host_without_the_compiler_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	enum reason why = REASON_NONE;

	start_with(f, "red");
	assert_true(hostmemory_lacks(f->dirs.lock, &f->s.hosts.list[0], "0a"));
	assert_int_equal(sched_take(&f->s, "0a", &place, &why), ERR_MISSING);
	assert_int_equal(why, REASON_COMPILER);
	assert_int_equal(sched_take(&f->s, "0b", &place, &why), OK);
	sched_place_release(&place);
	expect(f, &place, "red:0");
	sched_place_release(&place);
}

static void
list_of_hosts_that_are_down_has_no_host(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	enum reason why = REASON_NONE;

	start_with(f, "red,down");
	assert_int_equal(sched_take(&f->s, NULL, &place, &why), ERR_MISSING);
	assert_int_equal(why, REASON_NO_HOSTS);
}

static void
localhost_shares_its_slots_with_local_jobs(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	struct lock lock = LOCK_INIT;

	start_with(f, "localhost/2 --localslots=1");
	assert_int_equal(sched_take_local(&f->s, SCHED_LOCAL_COMPILE, &lock), OK);
	expect(f, &place, "localhost:1");
	assert_int_equal(place.host->kind, HOST_LOCAL);
	sched_place_release(&place);
	locks_release(&lock);
}

/* How many locks of a kind can be taken; one more than that waits until the child is stopped. */
static int
count_local(struct fixture *f, enum sched_local what)
{
	struct lock locks[64];
	int fds[2];
	char c;
	int n = 0;

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();

	if (pid == 0) {
		process_catch_signals();
		for (size_t i = 0; i < 64; i++)
			if (sched_take_local(&f->s, what, &locks[i]) != OK || write(fds[1], "x", 1) != 1)
				_exit(0);
		_exit(0);
	}
	close(fds[1]);
	while (io_read_exactly(fds[0], &c, 1, io_now_ms() + 300) == OK)
		n++;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	close(fds[0]);
	return n;
}

static void
local_and_cpp_slots_are_as_many_as_the_list_says(void **state)
{
	start_with(*state, "red --localslots=3 --localslots_cpp=5");
	assert_int_equal(count_local(*state, SCHED_LOCAL_COMPILE), 3);
	assert_int_equal(count_local(*state, SCHED_LOCAL_CPP), 5);
}

static void
local_and_cpp_slots_are_never_fewer_than_in_distcc(void **state)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	start_with(*state, "red");
	assert_int_equal(count_local(*state, SCHED_LOCAL_COMPILE), cpus > 4 ? cpus : 4);
	assert_int_equal(count_local(*state, SCHED_LOCAL_CPP), cpus > 8 ? cpus : 8);
}

static void
sleep_ms(long ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000};

	nanosleep(&t, NULL);
}

/* Holds red's only slot, lets a child with the same list wait, and calls f in between. */
static int
wait_behind(struct fixture *f, void (*meanwhile)(struct fixture *f, pid_t child))
{
	struct sched_place place = SCHED_PLACE_INIT;
	int status;

	expect(f, &place, "red:0");
	pid_t pid = fork();

	if (pid == 0) {
		struct sched_place mine = SCHED_PLACE_INIT;
		struct state_writer own;
		enum reason why;

		close(place.lock.fd);
		process_catch_signals();
		state_open(&own, f->dirs.state, "waiter.c");
		f->s.state = &own;
		_exit((int)sched_take(&f->s, NULL, &mine, &why));
	}
	sleep_ms(200);
	meanwhile(f, pid);
	sched_place_release(&place);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
look_for_blocked(struct fixture *f, pid_t child)
{
	struct state *list;
	size_t count;
	int found = 0;

	assert_int_equal(state_list(f->dirs.state, &list, &count), OK);
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == child && list[i].phase == STATE_BLOCKED)
			found += strcmp(list[i].blocked_on, "a volunteer's slot") == 0;
	free(list);
	assert_int_equal(found, 1);
}

static void
waiting_job_is_shown_as_blocked(void **state)
{
	start_with(*state, "red/1");
	assert_int_equal(wait_behind(*state, look_for_blocked), OK);
}

static void
let_red_fail(struct fixture *f, pid_t child)
{
	(void)child;
	hostmemory_failed(f->dirs.lock, &f->s.hosts.list[0], REASON_LOST);
}

static void
host_that_fails_during_the_wait_is_not_taken(void **state)
{
	start_with(*state, "red/1");
	assert_int_equal(wait_behind(*state, let_red_fail), ERR_MISSING);
}

static void
stop(struct fixture *f, pid_t child)
{
	(void)f;
	kill(child, SIGINT);
	sleep_ms(100);
}

static void
stop_signal_ends_the_wait(void **state)
{
	start_with(*state, "red/1");
	assert_int_equal(wait_behind(*state, stop), ERR_CLOSED);
}

static void
job_for_another_host_is_not_held_up_by_the_queue(void **state)
{
	struct fixture *f = *state;
	struct sched_place red = SCHED_PLACE_INIT;
	struct sched_place blue = SCHED_PLACE_INIT;
	enum reason why;
	int status;

	start_with(f, "red/1 blue/1");
	assert_true(hostmemory_lacks(f->dirs.lock, &f->s.hosts.list[1], "0a"));
	expect(f, &red, "red:0");
	pid_t pid = fork();

	if (pid == 0) {
		close(red.lock.fd);
		_exit((int)sched_take(&f->s, "0a", &blue, &why));
	}
	sleep_ms(100);
	assert_int_equal(sched_take(&f->s, "0b", &blue, &why), OK);
	assert_string_equal(blue.host->name, "blue");
	sched_place_release(&blue);
	sched_place_release(&red);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
randomize_keeps_every_host_once(void **state)
{
	struct fixture *f = *state;
	unsigned seen = 0;

	start_with(f, "--randomize a/1 b/2 c/3 d/4 e/5");
	assert_int_equal(f->s.hosts.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(f->s.hosts.list[i].slots, f->s.hosts.list[i].name[0] - 'a' + 1);
		seen |= 1u << f->s.hosts.list[i].slots;
	}
	assert_int_equal(seen, 0x3e);
}

static void
orders_of_many_processes_differ(void **state)
{
	struct fixture *f = *state;
	unsigned first[3] = {0, 0, 0};

	start_with(f, "--randomize a b c");
	for (int i = 0; i < 60; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			sched_release(&f->s);
			if (sched_init(&f->s, &f->c, &f->dirs, &f->state) != OK)
				_exit(9);
			_exit(f->s.hosts.list[0].name[0] - 'a');
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 3);
		first[WEXITSTATUS(status)]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(first[i] > 5);
}

static void
without_a_directory_for_locks_nothing_is_sent(void **state)
{
	struct fixture *f = *state;
	struct sched_place place = SCHED_PLACE_INIT;
	struct lock lock = LOCK_INIT;
	enum reason why = REASON_NONE;

	setenv("DCC_HOSTS", "red", 1);
	config_load(&f->c);
	assert_int_equal(sched_init(&f->s, &f->c, &f->dirs, &f->state), OK);
	assert_int_equal(sched_take(&f->s, NULL, &place, &why), ERR_SYSTEM);
	assert_int_equal(why, REASON_NO_STATE);
	assert_int_equal(sched_take_local(&f->s, SCHED_LOCAL_CPP, &lock), ERR_SYSTEM);
}

#define WITH_HOME(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOME(slots_are_taken_slot_by_slot_in_list_order),
		WITH_HOME(list_is_found_in_the_documented_order),
		WITH_HOME(empty_list_hides_the_next_and_means_no_hosts),
		WITH_HOME(bad_list_leaves_local_slots_usable),
		WITH_HOME(failed_host_is_passed_over),
		WITH_HOME(excluded_hosts_are_not_chosen_again),
		WITH_HOME(host_without_the_compiler_is_passed_over),
		WITH_HOME(list_of_hosts_that_are_down_has_no_host),
		WITH_HOME(localhost_shares_its_slots_with_local_jobs),
		WITH_HOME(local_and_cpp_slots_are_as_many_as_the_list_says),
		WITH_HOME(local_and_cpp_slots_are_never_fewer_than_in_distcc),
		WITH_HOME(waiting_job_is_shown_as_blocked),
		WITH_HOME(host_that_fails_during_the_wait_is_not_taken),
		WITH_HOME(stop_signal_ends_the_wait),
		WITH_HOME(job_for_another_host_is_not_held_up_by_the_queue),
		WITH_HOME(randomize_keeps_every_host_once),
		WITH_HOME(orders_of_many_processes_differ),
		WITH_HOME(without_a_directory_for_locks_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
