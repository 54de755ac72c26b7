/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each case runs in a child: as root it becomes a user without a name, whose /tmp/dcc-UID is
 * nobody's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "io.h"
#include "log.h"
#include "userdir.h"
#include "xalloc.h"

#define TEST_UID 3987654u

/* The file system that statfs(2) reports, in this program: a network cannot be mounted here. */
static unsigned reported_kind = 0xef53;

int
statfs(const char *path, struct statfs *fs)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -1;
	memset(fs, 0, sizeof(*fs));
	fs->f_type = (__fsword_t)reported_kind;
	return 0;
}

static char home[64];

static unsigned
child_uid(void)
{
	return geteuid() == 0 ? TEST_UID : (unsigned)geteuid();
}

/* The fall-back directory of uid; yours. */
static char *
tmp_of(unsigned uid)
{
	return xasprintf("/tmp/dcc-%u", uid);
}

/* An ordinary user's own fall-back directory may be in use by real jobs: then it is left alone. */
static void
skip_if_tmp_is_in_use(void)
{
	char *tmp = tmp_of(child_uid());
	struct stat st;
	int got = lstat(tmp, &st);

	free(tmp);
	if (got == 0)
		skip();
}

/* What the child left behind. */
static void
clean_up(void)
{
	char *tmp = tmp_of(child_uid());
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", home, tmp, (char *)NULL);
		_exit(98);
	}
	waitpid(pid, NULL, 0);
	free(tmp);
}

/* Runs f as a user with a home of its own and returns its exit code. */
static int
as_user(int (*f)(void))
{
	snprintf(home, sizeof(home), "/tmp/test-userdir-XXXXXX");
	assert_non_null(mkdtemp(home));
	if (geteuid() == 0)
		assert_int_equal(chown(home, TEST_UID, TEST_UID), 0);
	setenv("HOME", home, 1);
	unsetenv("DCC_DIR");
	unsetenv("DISTCC_DIR");
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setgid(TEST_UID) < 0 || setuid(TEST_UID) < 0))
			_exit(99);
		_exit(f());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	clean_up();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 97;
}

static char *
tmp_dir(void)
{
	return tmp_of((unsigned)geteuid());
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Opens and checks that base is wanted and all of it exists. Takes wanted. 0 is good. */
static int
expect_base(char *wanted)
{
	struct config c = {0};
	struct userdir u = {0};
	int bad = 1;

	config_load(&c);
	if (userdir_open(&c, &u) == OK) {
		bad = strcmp(u.base, wanted) != 0 || !is_dir(u.lock) || !is_dir(u.state) ||
		      !is_dir(u.identity);
		if (bad != 0)
			fprintf(stderr, "%s, not %s\n", u.base, wanted);
	}
	userdir_release(&u);
	config_release(&c);
	free(wanted);
	return bad;
}

static int
expect_home(void)
{
	return expect_base(xasprintf("%s/.dcc", home));
}

static int
expect_tmp(void)
{
	struct stat st;
	int bad = expect_base(tmp_dir());
	char *tmp = tmp_dir();

	if (bad == 0)
		bad = lstat(tmp, &st) < 0 || (st.st_mode & 07777) != 0700;
	free(tmp);
	return bad;
}

static void
home_of_ones_own_is_used(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(expect_home), 0);
}

static int
named_directory(void)
{
	char *dir = xasprintf("%s/a/b", home);

	setenv("DISTCC_DIR", dir, 1);
	return expect_base(dir);
}

static int
named_directory_on_network(void)
{
	setenv("DCC_DIR", home, 1);
	return expect_tmp();
}

static void
directory_that_the_user_names_is_made_and_used(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(named_directory), 0);
}

static int
without_home(void)
{
	unsetenv("HOME");
	return expect_tmp();
}

static int
with_empty_home(void)
{
	setenv("HOME", "", 1);
	return expect_tmp();
}

static int
with_missing_home(void)
{
	setenv("HOME", "/nonexistent/home", 1);
	return expect_tmp() != 0 || is_dir("/nonexistent");
}

static void
missing_home_means_tmp(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(without_home), 0);
	assert_int_equal(as_user(with_empty_home), 0);
	assert_int_equal(as_user(with_missing_home), 0);
}

static int
with_foreign_home(void)
{
	setenv("HOME", "/tmp", 1);
	return geteuid() == 0 ? 0 : expect_tmp() != 0 || access("/tmp/.dcc", F_OK) == 0;
}

static void
foreign_home_means_tmp(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(with_foreign_home), 0);
}

static int
with_read_only_home(void)
{
	return chmod(home, 0555) != 0 || expect_tmp() != 0;
}

static int
with_read_only_locks(void)
{
	char *lock = xasprintf("%s/.dcc/lock", home);
	int bad = io_make_dirs(lock, 0755) != OK || chmod(lock, 0555) != 0 || expect_tmp() != 0;

	free(lock);
	return bad;
}

static void
home_that_cannot_be_written_means_tmp(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(with_read_only_home), 0);
	assert_int_equal(as_user(with_read_only_locks), 0);
}

static void
home_on_a_network_means_tmp(void **state)
{
	static const unsigned kinds[] = {0x6969, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546};

	(void)state;
	skip_if_tmp_is_in_use();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		reported_kind = kinds[i];
		assert_int_equal(as_user(expect_tmp), 0);
		assert_int_equal(as_user(named_directory_on_network), 0);
	}
	reported_kind = 0xef53;
}

/* Opens and reports whether that failed, with nothing left in the struct. */
static int
expect_failure(void)
{
	struct config c = {0};
	struct userdir u = {0};

	unsetenv("HOME");
	config_load(&c);
	enum err e = userdir_open(&c, &u);

	config_release(&c);
	return e != ERR_SYSTEM || u.base != NULL || u.lock != NULL;
}

static int
with_planted_link(void)
{
	char *tmp = tmp_dir();
	int bad = symlink(home, tmp) != 0 || expect_failure() != 0;

	free(tmp);
	return bad;
}

static int
with_open_tmp_dir(void)
{
	char *tmp = tmp_dir();
	int bad = mkdir(tmp, 0700) != 0 || chmod(tmp, 0777) != 0 || expect_failure() != 0;

	free(tmp);
	return bad;
}

static int
with_planted_file(void)
{
	char *tmp = tmp_dir();
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	int bad = fd < 0 || expect_failure() != 0;

	io_close(&fd);
	free(tmp);
	return bad;
}

static void
planted_tmp_directory_is_refused(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(with_planted_link), 0);
	assert_int_equal(as_user(with_open_tmp_dir), 0);
	assert_int_equal(as_user(with_planted_file), 0);
}

/* Opens four times, twice without a home and in two that are not there, and counts what was said. */
static int
says_once(void)
{
	char *path = xasprintf("%s/log", home);
	char *text = NULL;
	size_t len;
	int bad = log_to_file("test", LOG_LEVEL_WARNING, path) != OK;

	unsetenv("HOME");
	bad |= expect_tmp() | expect_tmp();
	setenv("HOME", "/nonexistent", 1);
	bad |= expect_tmp();
	setenv("HOME", "/nonexistent/other", 1);
	bad |= expect_tmp();
	bad |= io_read_file(path, 10000, &text, &len) != OK;
	if (bad == 0) {
		const char *first = strstr(text, "HOME is not set");

		bad = first == NULL || strstr(first + 1, "HOME is not set") != NULL ||
		      strstr(text, "/nonexistent/.dcc is not used") == NULL ||
		      strstr(text, "/nonexistent/other/.dcc is not used") == NULL;
	}
	free(text);
	free(path);
	return bad;
}

static void
each_cause_is_said_once_for_each_place(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(says_once), 0);
}

static int
config_paths(void)
{
	struct config c = {0};
	char *wanted = xasprintf("%s/.dcc/hosts", home);

	config_load(&c);
	char *got = userdir_config_path(&c, "hosts");
	int bad = strcmp(got, wanted) != 0 || access(wanted, F_OK) == 0;

	free(got);
	free(wanted);
	unsetenv("HOME");
	got = userdir_config_path(&c, "hosts");
	bad |= got != NULL;
	free(got);
	config_release(&c);
	return bad;
}

static void
users_own_files_are_looked_for_at_home(void **state)
{
	(void)state;
	skip_if_tmp_is_in_use();
	assert_int_equal(as_user(config_paths), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(home_of_ones_own_is_used),
		cmocka_unit_test(directory_that_the_user_names_is_made_and_used),
		cmocka_unit_test(missing_home_means_tmp),
		cmocka_unit_test(foreign_home_means_tmp),
		cmocka_unit_test(home_that_cannot_be_written_means_tmp),
		cmocka_unit_test(home_on_a_network_means_tmp),
		cmocka_unit_test(planted_tmp_directory_is_refused),
		cmocka_unit_test(each_cause_is_said_once_for_each_place),
		cmocka_unit_test(users_own_files_are_looked_for_at_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
