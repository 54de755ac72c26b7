/* SPDX-License-Identifier: GPL-2.0-or-later */
/* open is replaced (ld --wrap) by one that can do without unnamed files, as NFS does. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "outputs.h"
#include "xalloc.h"

int
__wrap_open(const char *path, int flags, ...);
int
__real_open(const char *path, int flags, ...);

static bool refuses_unnamed;

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(ap, int) : 0;

	va_end(ap);
	if (refuses_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_open(path, flags, mode);
}

/* Each test runs in an empty directory. */

static char directory[64];

static int
enter_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/dcc-outputs-XXXXXX");
	umask(022);
	return mkdtemp(directory) == NULL ? -1 : chdir(directory);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int
leave_directory(void **state)
{
	(void)state;
	refuses_unnamed = false;
	return chdir("/") == 0 ? nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

static int
count_entries(void)
{
	DIR *dir = opendir(".");
	int count = -2;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void
check_file(const char *path, const char *wanted)
{
	char *data;
	size_t len;

	assert_int_equal(io_read_file(path, 1000, &data, &len), OK);
	assert_string_equal(data, wanted);
	free(data);
}

static void
make_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
add(struct outputs *o, const char *final, const char *text)
{
	int fd = -1;

	assert_int_equal(outputs_add(o, final, OUTPUTS_REPLACE, 0666, &fd), OK);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void
place_both_ways(void (*check)(void))
{
	for (int i = 0; i < 2; i++) {
		refuses_unnamed = i == 1;
		check();
		refuses_unnamed = false;
	}
}

static void
check_place(void)
{
	struct outputs o = {0};
	struct stat st;

	add(&o, "a.o", "object");
	add(&o, "./a.d", "");
	assert_int_not_equal(access("a.o", F_OK), 0);
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
	outputs_discard(&o);
	check_file("a.o", "object");
	check_file("a.d", "");
	assert_int_equal(stat("a.o", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(count_entries(), 2);
	assert_int_equal(unlink("a.o") | unlink("a.d"), 0);
}

static void
all_get_their_names_with_the_umasks_mode(void **state)
{
	(void)state;
	place_both_ways(check_place);
}

static void
check_mode(void)
{
	struct outputs o = {0};
	struct stat st;
	int fd;

	assert_int_equal(outputs_add(&o, "a.o", OUTPUTS_REPLACE, 0777, &fd), OK);
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
	assert_int_equal(stat("a.o", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(unlink("a.o"), 0);
}

static void
no_output_is_executable(void **state)
{
	(void)state;
	place_both_ways(check_mode);
}

static void
check_replace(void)
{
	struct outputs o = {0};
	struct stat before, after;

	make_file("a.o", "old");
	assert_int_equal(stat("a.o", &before), 0);
	add(&o, "a.o", "new");
	check_file("a.o", "old");
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
	assert_int_equal(stat("a.o", &after), 0);
	assert_true(before.st_ino != after.st_ino);
	check_file("a.o", "new");
	assert_int_equal(unlink("a.o"), 0);
}

static void
files_are_replaced(void **state)
{
	(void)state;
	place_both_ways(check_replace);
}

static void
check_none(void)
{
	struct outputs o = {0};

	make_file("a.o", "old");
	assert_int_equal(mkdir("taken", 0755), 0);
	add(&o, "a.o", "new");
	add(&o, "new.d", "new");
	add(&o, "taken", "new");
	assert_int_equal(outputs_place(&o), ERR_SYSTEM);
	outputs_discard(&o);
	check_file("a.o", "old");
	assert_int_equal(count_entries(), 2);
	assert_int_equal(unlink("a.o") | rmdir("taken"), 0);
}

static void
a_directory_as_target_is_refused_and_nothing_placed(void **state)
{
	(void)state;
	place_both_ways(check_none);
}

static void
check_discard(void)
{
	struct outputs o = {0};

	add(&o, "a.o", "half");
	outputs_discard(&o);
	assert_null(o.list);
	assert_int_equal(count_entries(), 0);
}

static void
discard_leaves_nothing(void **state)
{
	(void)state;
	place_both_ways(check_discard);
}

static void
a_folder_that_does_not_exist_is_an_error(void **state)
{
	struct outputs o = {0};
	int fd = -1;

	(void)state;
	assert_int_equal(outputs_add(&o, "missing/a.o", OUTPUTS_REPLACE, 0666, &fd), ERR_SYSTEM);
	make_file("file", "");
	assert_int_equal(outputs_add(&o, "file/a.o", OUTPUTS_REPLACE, 0666, &fd), ERR_SYSTEM);
	refuses_unnamed = true;
	assert_int_equal(outputs_add(&o, "missing/a.o", OUTPUTS_REPLACE, 0666, &fd), ERR_SYSTEM);
	assert_int_equal(fd, -1);
	assert_int_equal(o.count, 0);
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
}

static void
a_folder_that_went_away_places_nothing(void **state)
{
	struct outputs o = {0};

	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	add(&o, "a.o", "new");
	add(&o, "sub/b.o", "new");
	assert_int_equal(rmdir("sub"), 0);
	assert_int_equal(outputs_place(&o), ERR_SYSTEM);
	outputs_discard(&o);
	assert_int_equal(count_entries(), 0);
}

static void
check_long_names(void)
{
	struct outputs o = {0};
	char a[256], b[256];

	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	memcpy(a + 253, ".o", 3);
	memcpy(b + 253, ".d", 3);
	add(&o, a, "a");
	add(&o, b, "b");
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
	check_file(a, "a");
	check_file(b, "b");
	assert_int_equal(unlink(a) | unlink(b), 0);
}

static void
names_of_the_longest_kind_are_no_trouble(void **state)
{
	(void)state;
	place_both_ways(check_long_names);
}

static void
check_rewriting(void)
{
	static const enum outputs_way ways[] = {OUTPUTS_REWRITE, OUTPUTS_REPLACE};

	for (size_t i = 0; i < 2; i++) {
		struct outputs o = {0};
		struct stat st;
		int fd;

		make_file("a.d", "old and longer");
		assert_int_equal(chmod("a.d", 0600) | link("a.d", "other.d"), 0);
		assert_int_equal(outputs_add(&o, "a.d", ways[i], 0644, &fd), OK);
		assert_int_equal(write(fd, "new", 3), 3);
		check_file("a.d", "old and longer");
		assert_int_equal(outputs_place(&o), OK);
		outputs_discard(&o);
		check_file("a.d", "new");
		check_file("other.d", i == 0 ? "new" : "old and longer");
		assert_int_equal(stat("a.d", &st), 0);
		assert_int_equal(st.st_mode & 0777, i == 0 ? 0600 : 0644);
		assert_int_equal(count_entries(), 2);
		assert_int_equal(unlink("a.d") | unlink("other.d"), 0);
	}
}

static void
a_file_that_is_written_into_keeps_its_mode_and_its_other_names(void **state)
{
	(void)state;
	place_both_ways(check_rewriting);
}

static void
a_killed_process_leaves_nothing(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct outputs o = {0};
		int fd;

		if (outputs_add(&o, "a.o", OUTPUTS_REPLACE, 0666, &fd) == OK && write(fd, "half", 4) == 4)
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	assert_int_equal(count_entries(), 0);
}

static void
check_last_path(void)
{
	struct outputs o = {0};
	int status = -1;

	add(&o, "a.d", "");
	char *path = outputs_last_path(&o);
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

		_exit(write(fd, "a.o: a.c\n", 9) == 9 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(outputs_place(&o), OK);
	outputs_discard(&o);
	check_file("a.d", "a.o: a.c\n");
	assert_int_equal(count_entries(), 1);
	assert_int_equal(unlink("a.d"), 0);
	free(path);
}

static void
a_child_can_write_through_the_last_path(void **state)
{
	(void)state;
	place_both_ways(check_last_path);
}

static void
only_files_and_free_names_are_placeable(void **state)
{
	(void)state;
	make_file("file", "");
	assert_int_equal(symlink("nowhere", "link"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_true(outputs_is_placeable("file"));
	assert_false(outputs_is_placeable("link"));
	assert_true(outputs_is_placeable("nothing"));
	assert_false(outputs_is_placeable("."));
	assert_false(outputs_is_placeable("fifo"));
	assert_false(outputs_is_placeable("/dev/null"));
	assert_false(outputs_is_placeable("file/below"));
}

static void
a_link_before_two_dots_makes_two_places(void **state)
{
	(void)state;
	char *cwd = getcwd(NULL, 0);

	assert_non_null(cwd);
	assert_int_equal(mkdir("a", 0755) | mkdir("a/b", 0755), 0);
	assert_int_equal(symlink("a/b", "link"), 0);
	assert_true(outputs_has_one_place(cwd, "x.o"));
	assert_true(outputs_has_one_place(cwd, "a/b/../../x.o"));
	assert_true(outputs_has_one_place(cwd, "link/x..o"));
	assert_true(outputs_has_one_place(cwd, "missing/../x.o"));
	assert_false(outputs_has_one_place(cwd, "link/../x.o"));
	free(cwd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_get_their_names_with_the_umasks_mode, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(no_output_is_executable, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(files_are_replaced, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_directory_as_target_is_refused_and_nothing_placed,
	                                        enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(discard_leaves_nothing, enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(a_folder_that_does_not_exist_is_an_error, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_folder_that_went_away_places_nothing, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(names_of_the_longest_kind_are_no_trouble, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_file_that_is_written_into_keeps_its_mode_and_its_other_names, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_killed_process_leaves_nothing, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_child_can_write_through_the_last_path, enter_directory,
	                                        leave_directory),
		cmocka_unit_test_setup_teardown(a_link_before_two_dots_makes_two_places,
	                                        enter_directory, leave_directory),
		cmocka_unit_test_setup_teardown(only_files_and_free_names_are_placeable,
	                                        enter_directory, leave_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
