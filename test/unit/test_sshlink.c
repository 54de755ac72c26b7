/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
/* A script stands in for ssh; test/e2e/ssh-carries-many-jobs.sh has a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "scratch.h"
#include "sshlink.h"

#define LONG_MS 20000

static char name[] = "red", user[] = "me", dccd[] = "/opt/dccd", distccd[] = "/usr/bin/distccd";
static char *old_path;

static int
set_up(void **state)
{
	*state = scratch_make();
	old_path = xstrdup(getenv("PATH"));
	return 0;
}

static int
tear_down(void **state)
{
	setenv("PATH", old_path, 1);
	free(old_path);
	int status = scratch_remove(*state);

	free(*state);
	return status;
}

static void
write_ssh(const char *dir, const char *text)
{
	char *path = xasprintf("%s/bin:%s", dir, old_path);

	if (mkdir("bin", 0755) < 0)
		assert_int_equal(access("bin", F_OK), 0);
	int fd = open("bin/ssh", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	setenv("PATH", path, 1);
	free(path);
}

static void
a_dccd_with_a_short_name_fits(void **state)
{
	struct host h = {.kind = HOST_SSH, .name = name};
	char *long_dir = xcalloc(1, 101);

	assert_true(sshlink_fits(&h, *state));
	h.command = dccd;
	assert_true(sshlink_fits(&h, *state));
	h.command = distccd;
	assert_false(sshlink_fits(&h, *state));
	h.command = NULL;
	h.language = HOST_DISTCC;
	assert_false(sshlink_fits(&h, *state));
	h.language = HOST_NATIVE;
	assert_false(sshlink_fits(&h, NULL));
	memset(long_dir, 'x', 100);
	assert_false(sshlink_fits(&h, long_dir));
	/* ssh would take the words apart. */
	assert_false(sshlink_fits(&h, "/home/a b/.dcc"));
	assert_false(sshlink_fits(&h, "/home/a:b/.dcc"));
	free(long_dir);
}

static void
check_fails(const char *dir, const char *script, int64_t patience_ms, const char *words)
{
	struct host h = {.kind = HOST_SSH, .name = name, .user = user};
	int fd = -1;
	char *why = NULL;

	write_ssh(dir, script);
	assert_int_equal(sshlink_connect(&h, dir, io_now_ms() + patience_ms, &fd, &why), ERR_CONNECT);
	if (strstr(why, words) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", why, words);
	assert_int_equal(fd, -1);
	free(why);
}

static void
the_last_line_says_why(void **state)
{
	struct stat st;

	check_fails(*state, "#!/bin/sh\necho warning; echo 'Permission denied (publickey).' >&2; exit 255\n", LONG_MS,
	            "ssh: Permission denied (publickey).");
	check_fails(*state, "#!/bin/sh\nprintf 'a\\033[2Jb\\n'; exit 255\n", LONG_MS, "ssh: a?[2Jb");
	check_fails(*state, "#!/bin/sh\nexit 255\n", LONG_MS, "ssh ended without a word");
	/* It went to the background, and the daemon there did not start. */
	check_fails(*state, "#!/bin/sh\necho 'dccd: command not found'\n", LONG_MS, "ssh: dccd: command not found");
	assert_int_equal(stat("ssh", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void
ssh_is_told_what_to_forward(void **state)
{
	char *text, *wanted;
	size_t len;

	check_fails(*state, "#!/bin/sh\necho \"$*\" >words; exit 255\n", LONG_MS, "without a word");
	assert_int_equal(io_read_file("words", 10000, &text, &len), OK);
	wanted = xasprintf(" -L %s/ssh/", (char *)*state);
	assert_non_null(strstr(text, wanted));
	assert_non_null(strstr(text, ":/tmp/dccd-"));
	assert_non_null(strstr(text, " -l me red dccd --ssh-socket /tmp/dccd-"));
	assert_non_null(strstr(text, "ControlPath=none"));
	assert_non_null(strstr(text, " ConnectTimeout=20 "));
	free(text);
	free(wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_dccd_with_a_short_name_fits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_line_says_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ssh_is_told_what_to_forward, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
