/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "scratch.h"
#include "session.h"

static void
a_folder_of_its_own_is_made_and_removed(void **state)
{
	char *path = xasprintf("%s/new/s", (char *)*state);
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct account nobody = {.uid = geteuid(), .gid = getegid()};
	struct sockets s = {0};
	char *error = NULL;
	struct stat st;

	assert_int_equal(session_open(path, &s, &error), OK);
	assert_int_equal(s.count, 1);
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(a.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	session_give(path, &nobody);
	sockets_close(&s);
	session_remove(path);
	assert_int_equal(stat("new", &st), -1);
	session_remove(NULL);
	session_give(NULL, &nobody);
	session_say_ready(NULL);
	free(path);
}

static void
a_folder_that_is_there_is_not_trusted(void **state)
{
	char *path = xasprintf("%s/old/s", (char *)*state);
	char *far = xasprintf("%s/none/deep/s", (char *)*state);
	struct sockets s = {0};
	char *error = NULL;

	assert_int_equal(mkdir("old", 0777), 0);
	assert_int_equal(session_open(path, &s, &error), ERR_SYSTEM);
	assert_non_null(strstr(error, "File exists"));
	free(error);
	assert_int_equal(session_open(far, &s, &error), ERR_SYSTEM);
	free(error);
	assert_int_equal(session_open("relative/s", &s, &error), ERR_USAGE);
	free(error);
	assert_int_equal(s.count, 0);
	free(path);
	free(far);
}

static void
a_reader_that_is_gone_is_seen(void **state)
{
	(void)state;
	assert_true(session_is_gone(POLLHUP));
	assert_true(session_is_gone(POLLERR));
	assert_false(session_is_gone(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_of_its_own_is_made_and_removed),
		cmocka_unit_test(a_folder_that_is_there_is_not_trusted),
		cmocka_unit_test(a_reader_that_is_gone_is_seen),
	};

	return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
