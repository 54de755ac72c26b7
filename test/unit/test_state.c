/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
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

#include "io.h"
#include "state.h"
#include "xalloc.h"

static const struct state sample = {.phase = STATE_QUEUED,
                                    .mode = STATE_MODE_PLAIN,
                                    .link = STATE_LINK_TLS,
                                    .pid = 0x123456789abcLL,
                                    .start_ms = 1700000000000LL,
                                    .phase_ms = 1700000000042LL,
                                    .slot = -1,
                                    .source = "src/a.c",
                                    .host = "red",
                                    .blocked_on = "a volunteer's slot"};

static int
make_dir(void **state)
{
	char template[] = "/tmp/test-state-XXXXXX";

	*state = xstrdup(mkdtemp(template));
	return 0;
}

/* How many files are in dir; removes them if asked to. */
static unsigned
count_files(const char *dir, bool removes)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	for (const struct dirent *entry; (entry = readdir(d)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		if (removes)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	return n;
}

static int
remove_dir(void **state)
{
	count_files(*state, true);
	rmdir(*state);
	free(*state);
	return 0;
}

static void
assert_same_state(const struct state *a, const struct state *b)
{
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->link, b->link);
	assert_int_equal(a->pid, b->pid);
	assert_int_equal(a->start_ms, b->start_ms);
	assert_int_equal(a->phase_ms, b->phase_ms);
	assert_int_equal(a->slot, b->slot);
	assert_string_equal(a->source, b->source);
	assert_string_equal(a->host, b->host);
	assert_string_equal(a->blocked_on, b->blocked_on);
}

static void
record_survives_put_and_get(void **state)
{
	unsigned char record[STATE_SIZE];
	struct state got;

	(void)state;
	state_put(&sample, record);
	assert_int_equal(state_get(record, &got), OK);
	assert_same_state(&got, &sample);
}

static void
record_has_the_documented_bytes(void **state)
{
	static const unsigned char pid[8] = {0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0};
	static const unsigned char none[4] = {0xff, 0xff, 0xff, 0xff};
	unsigned char record[STATE_SIZE];

	(void)state;
	state_put(&sample, record);
	assert_memory_equal(record, "dccstate\2\0\0\0", 12);
	assert_int_equal(record[16], STATE_QUEUED);
	assert_int_equal(record[20], STATE_MODE_PLAIN);
	assert_memory_equal(record + 24, pid, 8);
	assert_memory_equal(record + 48, none, 4);
	assert_int_equal(record[52], STATE_LINK_TLS);
	assert_memory_equal(record + 56, "src/a.c", 8);
	assert_memory_equal(record + 184, "red", 4);
	assert_memory_equal(record + 312, "a volunteer's slot", 19);
}

static void
any_changed_byte_is_noticed(void **state)
{
	unsigned char record[STATE_SIZE];
	struct state got;

	(void)state;
	state_put(&sample, record);
	for (size_t i = 0; i < STATE_SIZE; i++) {
		record[i] ^= 0x40;
		assert_int_equal(state_get(record, &got), ERR_PROTOCOL);
		record[i] ^= 0x40;
	}
	assert_int_equal(state_get(record, &got), OK);
}

static void
names_are_those_of_the_manual(void **state)
{
	static const char *const names[] = {"Startup", "Blocked", "Preprocess", "Connect", "Send",
	                                    "Queued", "Compile", "Receive", "Done"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(state_phase_name((enum state_phase)i), names[i]);
	assert_string_equal(state_phase_name((enum state_phase)9), "");
	assert_string_equal(state_mode_name(STATE_MODE_PUMP), "pump");
	assert_string_equal(state_mode_name((enum state_mode)4), "");
	assert_string_equal(state_link_name(STATE_LINK_TLS), "tls");
	assert_string_equal(state_link_name((enum state_link)4), "");
}

static struct state *
list_of(const char *dir, size_t expected)
{
	struct state *list;
	size_t count;

	assert_int_equal(state_list(dir, &list, &count), OK);
	assert_int_equal(count, expected);
	return list;
}

static void
writer_shows_each_phase_until_it_closes(void **state)
{
	const char *dir = *state;
	struct state_writer w = STATE_WRITER_INIT;

	state_open(&w, dir, "a.c");
	struct state *list = list_of(dir, 1);

	assert_int_equal(list[0].phase, STATE_STARTUP);
	assert_int_equal(list[0].pid, getpid());
	assert_string_equal(list[0].source, "a.c");
	assert_string_equal(list[0].host, "");
	assert_int_equal(list[0].slot, -1);
	assert_true(list[0].start_ms > 1700000000000LL);
	free(list);
	w.state.mode = STATE_MODE_PLAIN;
	state_enter(&w, STATE_CONNECT, "red", 3);
	state_enter(&w, STATE_SEND, NULL, -1);
	list = list_of(dir, 1);
	assert_int_equal(list[0].phase, STATE_SEND);
	assert_int_equal(list[0].mode, STATE_MODE_PLAIN);
	assert_string_equal(list[0].host, "red");
	assert_int_equal(list[0].slot, 3);
	assert_true(list[0].phase_ms >= list[0].start_ms);
	free(list);
	state_close(&w);
	free(list_of(dir, 0));
	assert_int_equal(count_files(dir, false), 0);
	state_close(&w);
	state_enter(&w, STATE_DONE, "x", 1);
}

static void
leaving_blocked_clears_what_it_waited_for(void **state)
{
	struct state_writer w = STATE_WRITER_INIT;

	state_open(&w, *state, "a.c");
	memcpy(w.state.blocked_on, "tea", 4);
	state_enter(&w, STATE_BLOCKED, NULL, -1);
	struct state *list = list_of(*state, 1);

	assert_string_equal(list[0].blocked_on, "tea");
	free(list);
	state_enter(&w, STATE_CONNECT, "red", 0);
	list = list_of(*state, 1);
	assert_string_equal(list[0].blocked_on, "");
	free(list);
	state_close(&w);
}

static void
sign_of_life_does_not_begin_the_phase_again(void **state)
{
	const struct timespec pause_20_ms = {.tv_nsec = 20000000};
	struct state_writer w = STATE_WRITER_INIT;

	state_open(&w, *state, "a.c");
	state_enter(&w, STATE_COMPILE, "red", 0);
	int64_t began = w.state.phase_ms;

	nanosleep(&pause_20_ms, NULL);
	state_enter(&w, STATE_COMPILE, "red", 0);
	assert_int_equal(w.state.phase_ms, began);
	state_enter(&w, STATE_COMPILE, "blue", 0);
	assert_true(w.state.phase_ms >= began + 20);
	state_close(&w);
}

static void
long_source_keeps_its_tail(void **state)
{
	struct state_writer w = STATE_WRITER_INIT;
	char source[400];

	memset(source, 'x', sizeof(source));
	memcpy(source + sizeof(source) - 6, "end.c", 6);
	state_open(&w, *state, source);
	struct state *list = list_of(*state, 1);

	assert_int_equal(strlen(list[0].source), STATE_NAME_MAX - 1);
	assert_string_equal(list[0].source + STATE_NAME_MAX - 6, "end.c");
	free(list);
	state_close(&w);
}

static void
record_of_a_killed_process_is_removed(void **state)
{
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct state_writer w;

		state_open(&w, *state, "killed.c");
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	struct state *list = list_of(*state, 1);

	assert_int_equal(list[0].pid, pid);
	free(list);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(list_of(*state, 0));
	assert_int_equal(count_files(*state, false), 0);
	close(ready[0]);
	close(ready[1]);
}

static void
touch(const char *dir, const char *name, time_t age_s)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct timespec times[2] = {{.tv_sec = time(NULL) - age_s}, {.tv_sec = time(NULL) - age_s}};

	assert_true(fd >= 0);
	futimens(fd, times);
	close(fd);
	free(path);
}

static void
young_empty_file_is_left_for_its_writer(void **state)
{
	touch(*state, "12-new", 0);
	free(list_of(*state, 0));
	assert_int_equal(count_files(*state, false), 1);
	touch(*state, "12-new", 60);
	free(list_of(*state, 0));
	assert_int_equal(count_files(*state, false), 0);
}

static void
strangers_in_the_directory_are_left_alone(void **state)
{
	touch(*state, "README", 600);
	free(list_of(*state, 0));
	assert_int_equal(count_files(*state, false), 1);
}

static void
list_is_sorted_by_host_slot_and_pid(void **state)
{
	static const struct {
		const char *host;
		int slot;
	} jobs[] = {{"red", 1}, {"blue", 2}, {"red", 0}, {"", -1}};
	struct state_writer w[4];

	for (size_t i = 0; i < 4; i++) {
		state_open(&w[i], *state, "a.c");
		state_enter(&w[i], STATE_SEND, jobs[i].host, jobs[i].slot);
	}
	struct state *list = list_of(*state, 4);

	assert_string_equal(list[0].host, "");
	assert_string_equal(list[1].host, "blue");
	assert_int_equal(list[2].slot, 0);
	assert_int_equal(list[3].slot, 1);
	free(list);
	for (size_t i = 0; i < 4; i++)
		state_close(&w[i]);
}

static void
writer_without_a_directory_does_nothing(void **state)
{
	struct state_writer w;
	struct state *list;
	size_t count;

	(void)state;
	state_open(&w, "/nonexistent/state", "a.c");
	assert_int_equal(w.fd, -1);
	state_enter(&w, STATE_COMPILE, "red", 0);
	state_close(&w);
	assert_int_equal(state_list("/nonexistent/state", &list, &count), ERR_SYSTEM);
}

/* A reader beside a writer that changes phase as fast as it can sees no half record. */
static void
concurrent_reader_sees_whole_records_only(void **state)
{
	int done[2];

	assert_int_equal(pipe(done), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct state_writer w;

		close(done[0]);
		state_open(&w, *state, "busy.c");
		for (int i = 0; i < 20000; i++)
			state_enter(&w, STATE_SEND, i % 2 == 0 ? "aaaaaaaaaaaaaaaa" : "b", i % 2);
		state_close(&w);
		_exit(0);
	}
	close(done[1]);
	while (io_wait(done[0], POLLIN, io_now_ms()) == ERR_TIMEOUT) {
		struct state *list;
		size_t count;

		assert_int_equal(state_list(*state, &list, &count), OK);
		assert_true(count <= 1);
		if (count == 1 && list[0].phase == STATE_SEND)
			assert_string_equal(list[0].host, list[0].slot == 0 ? "aaaaaaaaaaaaaaaa" : "b");
		free(list);
	}
	close(done[0]);
	waitpid(pid, NULL, 0);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_survives_put_and_get),
		cmocka_unit_test(record_has_the_documented_bytes),
		cmocka_unit_test(any_changed_byte_is_noticed),
		cmocka_unit_test(names_are_those_of_the_manual),
		IN_DIR(writer_shows_each_phase_until_it_closes),
		IN_DIR(leaving_blocked_clears_what_it_waited_for),
		IN_DIR(sign_of_life_does_not_begin_the_phase_again),
		IN_DIR(long_source_keeps_its_tail),
		IN_DIR(record_of_a_killed_process_is_removed),
		IN_DIR(young_empty_file_is_left_for_its_writer),
		IN_DIR(strangers_in_the_directory_are_left_alone),
		IN_DIR(list_is_sorted_by_host_slot_and_pid),
		cmocka_unit_test(writer_without_a_directory_does_nothing),
		IN_DIR(concurrent_reader_sees_whole_records_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
