/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files without names, and directories. open is replaced (ld --wrap) by one that can do without O_TMPFILE. */
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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io.h"
#include "xalloc.h"

int
__wrap_open(const char *path, int flags, ...);
int
__real_open(const char *path, int flags, ...);

int
__wrap_fstatvfs(int fd, struct statvfs *st);

static bool refuses_unnamed;
static struct statvfs room;

int
__wrap_fstatvfs(int fd, struct statvfs *st)
{
	(void)fd;
	*st = room;
	return 0;
}

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

static int
no_faults(void **state)
{
	(void)state;
	refuses_unnamed = false;
	return 0;
}

static char *
make_directory(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/dcc-test-XXXXXX", tmp != NULL ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static void
check_empty(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	assert_int_equal(count, 2);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
check_unnamed(const char *dir)
{
	struct stat st;
	char c = 0;
	int fd = -1;

	assert_int_equal(io_open_unnamed(dir, &fd), OK);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0077, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(c, 'x');
	io_close(&fd);
}

static void
an_unnamed_file_leaves_no_name(void **state)
{
	char *dir = make_directory();

	(void)state;
	check_unnamed(dir);
	check_empty(dir);
	refuses_unnamed = true;
	check_unnamed(dir);
	check_empty(dir);
	assert_int_equal(rmdir(dir), 0);
	free(dir);
}

static void
an_unnamed_file_is_made_on_tmpfs(void **state)
{
	struct statfs fs;

	(void)state;
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != 0x01021994)
		skip();
	check_unnamed("/dev/shm");
}

static void
an_unnamed_file_needs_a_directory(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(io_open_unnamed("/nonexistent", &fd), ERR_SYSTEM);
	assert_int_equal(io_open_unnamed("/dev/null", &fd), ERR_SYSTEM);
	assert_int_equal(io_open_unnamed("/proc", &fd), ERR_SYSTEM);
	assert_int_equal(fd, -1);
}

static void
a_file_system_keeps_room_for_others(void **state)
{
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	room = (struct statvfs){.f_frsize = 4096, .f_blocks = 100000, .f_bavail = 5000};
	assert_int_equal(io_check_room(fd), OK);
	room.f_bavail--;
	assert_int_equal(io_check_room(fd), ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	room.f_blocks = 100000000;
	room.f_bavail = 65536;
	assert_int_equal(io_check_room(fd), OK);
	room.f_bavail--;
	assert_int_equal(io_check_room(fd), ERR_SYSTEM);
	close(fd);
}

static void
a_file_is_replaced_as_a_whole_or_not_at_all(void **state)
{
	char *dir = make_directory();
	char *path = xasprintf("%s/file", dir);
	char *inside = xasprintf("%s/file/x", dir);
	char *data = NULL;
	size_t len = 0;
	struct stat st;

	(void)state;
	assert_int_equal(io_replace_file(path, "one", 3, 0600), OK);
	assert_int_equal(io_replace_file(path, "other", 5, 0644), OK);
	assert_int_equal(io_read_file(path, 100, &data, &len), OK);
	assert_int_equal(len, 5);
	assert_memory_equal(data, "other", 5);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(io_replace_file(inside, "x", 1, 0600), ERR_SYSTEM);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(unlink(path), 0);
	/* Nothing lies beside it. */
	assert_int_equal(rmdir(dir), 0);
	free(data);
	free(inside);
	free(path);
	free(dir);
}

static void
make_dirs_makes_what_is_missing(void **state)
{
	char *dir = make_directory();
	char *deep = xasprintf("%s/a//b/c/", dir);
	struct stat st;

	(void)state;
	mode_t mask = umask(0);

	assert_int_equal(io_make_dirs(deep, 0750), OK);
	umask(mask);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(io_make_dirs(deep, 0700), OK);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(io_make_dirs("/", 0700), OK);
	assert_int_equal(io_make_dirs("", 0700), OK);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(io_make_dirs("x/y", 0700), OK);
	assert_int_equal(io_make_dirs("./x/../z", 0700), OK);
	assert_int_equal(stat("z", &st), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(deep);
	free(dir);
}

static void
make_dirs_goes_through_read_only_parents(void **state)
{
	(void)state;
	/* Not even root can make anything there, but it exists. */
	assert_int_equal(io_make_dirs("/proc/self/fd", 0700), OK);
	assert_int_equal(io_make_dirs("/proc/self/nothing", 0700), ERR_SYSTEM);
}

static void
make_dirs_refuses_a_file_in_its_place(void **state)
{
	char *dir = make_directory();
	char *file = xasprintf("%s/file", dir);
	char *below = xasprintf("%s/file/below", dir);
	char *dangling = xasprintf("%s/dangling", dir);

	(void)state;
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	io_close(&fd);
	assert_int_equal(io_make_dirs(file, 0700), ERR_SYSTEM);
	assert_int_equal(io_make_dirs(below, 0700), ERR_SYSTEM);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(io_make_dirs(dangling, 0700), ERR_SYSTEM);
	assert_int_equal(unlink(dangling), 0);
	assert_int_equal(symlink(".", dangling), 0);
	assert_int_equal(io_make_dirs(dangling, 0700), OK);
	unlink(dangling);
	unlink(file);
	assert_int_equal(rmdir(dir), 0);
	free(file);
	free(below);
	free(dangling);
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(an_unnamed_file_leaves_no_name, no_faults),
		cmocka_unit_test(a_file_system_keeps_room_for_others),
		cmocka_unit_test_teardown(an_unnamed_file_is_made_on_tmpfs, no_faults),
		cmocka_unit_test_teardown(an_unnamed_file_needs_a_directory, no_faults),
		cmocka_unit_test_teardown(a_file_is_replaced_as_a_whole_or_not_at_all, no_faults),
		cmocka_unit_test_teardown(make_dirs_makes_what_is_missing, no_faults),
		cmocka_unit_test_teardown(make_dirs_goes_through_read_only_parents, no_faults),
		cmocka_unit_test_teardown(make_dirs_refuses_a_file_in_its_place, no_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
