/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "jail.h"
#include "jail_collect.h"
#include "jail_directory.h"
#include "strv.h"
#include "xalloc.h"

struct layer {
	char *path;
	int lock_fd;
	int fd;
};

static int
set_up(void **state)
{
	struct layer *l = xcalloc(1, sizeof(*l));

	assert_int_equal(jail_directory_make("/tmp", &l->path, &l->lock_fd), OK);
	l->fd = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(l->fd >= 0);
	*state = l;
	return 0;
}

static int
tear_down(void **state)
{
	struct layer *l = *state;

	close(l->fd);
	jail_directory_remove(l->path, l->lock_fd);
	free(l);
	return 0;
}

static void
put(const struct layer *l, const char *name, const char *text, mode_t mode)
{
	int fd = openat(l->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
files_come_in_the_order_of_their_names(void **state)
{
	struct layer *l = *state;
	struct strv skip = {0};
	struct jail_result r = JAIL_RESULT_INIT;
	char byte;

	assert_int_equal(mkdirat(l->fd, "w", 0755), 0);
	assert_int_equal(mkdirat(l->fd, "skipped", 0755), 0);
	put(l, "w/b.o", "bb", 0644);
	put(l, "w/a.su", "a", 0600);
	put(l, "w/x.c", "source", 0644);
	put(l, "skipped/y", "y", 0644);
	assert_int_equal(symlinkat("/etc/passwd", l->fd, "w/link"), 0);
	assert_int_equal(mkfifoat(l->fd, "w/fifo", 0600), 0);
	strv_add(&skip, "/usr/w/x.c");
	strv_add(&skip, "/usr/skipped");
	assert_int_equal(jail_collect_layer(l->fd, "/usr", &skip, &r), OK);
	jail_collect_sort(&r);
	assert_int_equal(r.output_count, 2);
	assert_string_equal(r.outputs[0].path, "/usr/w/a.su");
	assert_int_equal(r.outputs[0].mode, 0600);
	assert_string_equal(r.outputs[1].path, "/usr/w/b.o");
	assert_int_equal(r.outputs[1].size, 2);
	assert_int_equal(read(r.outputs[0].fd, &byte, 1), 1);
	assert_int_equal(byte, 'a');
	jail_result_release(&r);
	strv_release(&skip);
}

static void
too_many_files_are_refused(void **state)
{
	struct layer *l = *state;
	struct strv skip = {0};
	/* As if so many were found before. */
	struct jail_result r = {.output_count = JAIL_OUTPUTS_MAX};

	assert_int_equal(jail_collect_layer(l->fd, "", &skip, &r), OK);
	put(l, "one.o", "", 0644);
	assert_int_equal(jail_collect_layer(l->fd, "", &skip, &r), ERR_LIMIT);
}

static void
too_deep_a_folder_is_refused(void **state)
{
	struct layer *l = *state;
	struct strv skip = {0};
	struct jail_result r = JAIL_RESULT_INIT;
	int at = dup(l->fd);

	for (int i = 0; i < 300; i++) {
		assert_int_equal(mkdirat(at, "d", 0755), 0);
		int next = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		close(at);
		at = next;
	}
	close(at);
	assert_int_equal(jail_collect_layer(l->fd, "", &skip, &r), ERR_LIMIT);
	jail_result_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_come_in_the_order_of_their_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_files_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_deep_a_folder_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
