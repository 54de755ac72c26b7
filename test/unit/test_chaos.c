/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job that answers what it is asked, behind the chaos: a child of ours, with us as its client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chaos.h"
#include "io.h"
#include "log.h"
#include "wire.h"

#define TALK ((size_t)20 << 10)
#define LONG_MS 20000

struct end {
	size_t came;       /* bytes of the answer */
	size_t different;  /* of them */
	int64_t took_ms;
	int status;        /* of the job */
};

/* Reads the request to its end, says the same, and tries to write a file of 1 MiB. */
static void
work(int fd)
{
	static unsigned char data[TALK];
	int file = -1;
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(data) && (got = read(fd, data + n, sizeof(data) - n)) > 0)
		n += (size_t)got;
	if (io_write_exactly(fd, data, n, IO_NO_DEADLINE) != OK)
		_exit(2);
	if (io_open_unnamed("/tmp", &file) != OK || ftruncate(file, 1 << 20) < 0)
		_exit(errno == EFBIG ? 3 : 4);
	_exit(0);
}

static void
ask(const char *plan_text, const char *magic, struct end *end)
{
	static unsigned char request[TALK], answer[TALK];
	struct chaos_plan plan = {0};
	char *error = NULL;
	int line[2];

	assert_int_equal(chaos_plan_parse(plan_text, &plan, &error), OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line), 0);
	int64_t begin_ms = io_now_ms();
	pid_t pid = fork();

	if (pid == 0) {
		struct chaos_edge edge = {.plan = &plan, .client = "test", .control_fd = -1};

		close(line[0]);
		if (chaos_enter(&edge, &line[1]) != OK)
			_exit(1);
		work(line[1]);
	}
	close(line[1]);
	memset(request, 'x', sizeof(request));
	memcpy(request, magic, WIRE_MAGIC_SIZE);
	*end = (struct end){0};
	if (io_write_exactly(line[0], request, sizeof(request), io_now_ms() + LONG_MS) == OK) {
		ssize_t got;

		shutdown(line[0], SHUT_WR);
		while (end->came < TALK && (got = read(line[0], answer + end->came, TALK - end->came)) > 0)
			end->came += (size_t)got;
	}
	end->took_ms = io_now_ms() - begin_ms;
	for (size_t i = 0; i < end->came; i++)
		end->different += answer[i] != request[i];
	close(line[0]);
	assert_int_equal(waitpid(pid, &end->status, 0), pid);
}

static void
without_faults_bytes_pass_as_they_are(void **state)
{
	struct end end;

	(void)state;
	ask("drop:0%", WIRE_MAGIC, &end);
	assert_int_equal(end.came, TALK);
	assert_int_equal(end.different, 0);
	assert_int_equal(end.status, 0);
}

static void
flips_change_bits_of_our_language_only(void **state)
{
	struct end end;

	(void)state;
	ask("flip:100%", WIRE_MAGIC, &end);
	assert_int_equal(end.came, TALK);
	assert_in_range(end.different, 1, 16);
	ask("flip:100%", "DIST", &end);
	assert_int_equal(end.different, 0);
}

static void
drops_and_cuts_lose_bytes(void **state)
{
	size_t lost = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct end end;

		ask(i % 2 != 0 ? "drop:100%" : "truncate:100%", WIRE_MAGIC, &end);
		lost += end.came < TALK;
		assert_int_equal(end.different, 0);
	}
	assert_in_range(lost, 5, 20);
}

static void
a_full_disk_takes_no_long_file(void **state)
{
	struct end end;

	(void)state;
	ask("full:100%", WIRE_MAGIC, &end);
	assert_int_equal(end.came, TALK);
	assert_true(WIFEXITED(end.status));
	assert_int_equal(WEXITSTATUS(end.status), 3);
}

static void
a_delay_holds_each_piece_back(void **state)
{
	struct end end;

	(void)state;
	ask("delay:100ms", WIRE_MAGIC, &end);
	assert_int_equal(end.came, TALK);
	assert_in_range(end.took_ms, 200, 5000);
}

static void
a_killed_job_is_killed(void **state)
{
	struct end end;
	unsigned killed = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		/* A quarter of a second of life, of the two that the dice have. */
		ask("kill:100%,delay:125ms", WIRE_MAGIC, &end);
		killed += WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGKILL;
	}
	assert_in_range(killed, 1, 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_faults_bytes_pass_as_they_are),
		cmocka_unit_test(flips_change_bits_of_our_language_only),
		cmocka_unit_test(drops_and_cuts_lose_bytes),
		cmocka_unit_test(a_full_disk_takes_no_long_file),
		cmocka_unit_test(a_delay_holds_each_piece_back),
		cmocka_unit_test(a_killed_job_is_killed),
	};

	signal(SIGPIPE, SIG_IGN);
	log_to_stderr("test", LOG_LEVEL_ERROR, LOG_PLAIN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
