/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "io.h"
#include "process.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "walk.h"
#include "xalloc.h"

#include "resolver_tree.h"

ssize_t
__real_read(int fd, void *data, size_t n);
ssize_t
__wrap_read(int fd, void *data, size_t n);

/* So many reads are followed by a change of a.h. */
static int changes_left;

ssize_t
__wrap_read(int fd, void *data, size_t n)
{
	ssize_t got = __real_read(fd, data, n);

	if (changes_left > 0) {
		changes_left--;
		tree_file("a.h", changes_left % 2 == 0 ? "two!\n" : "three\n");
	}
	return got;
}

struct desk {
	struct tree *tree;
	struct folders *folders;
	struct files *files;
};

static int
setup(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));

	tree_setup((void **)&d->tree);
	d->folders = folders_new();
	d->files = files_new(d->folders, NULL);
	folders_begin(d->folders);
	*state = d;
	return 0;
}

static int
teardown(void **state)
{
	struct desk *d = *state;

	files_free(d->files);
	folders_free(d->folders);
	tree_teardown((void **)&d->tree);
	free(d);
	return 0;
}

static enum err
find(struct desk *d, const char *name, struct file **file)
{
	struct ways ways = {0};
	struct entry *e = NULL;
	char *path = xasprintf("%s/%s", d->tree->base, name);

	assert_int_equal(walk(d->folders, folders_root(d->folders), path, &ways, &e), OK);
	ways_release(&ways);
	free(path);
	return files_find(d->files, e, file);
}

static const struct program *
program_of(struct desk *d, const char *name, unsigned mode)
{
	const struct program *p = NULL;
	struct file *file = NULL;

	assert_int_equal(find(d, name, &file), OK);
	assert_int_equal(files_program(d->files, file, (struct files_wish){mode, FILES_HEADER}, &p), OK);
	return p;
}

static struct files_counts
count(struct desk *d)
{
	struct files_counts c;

	files_count(d->files, &c);
	return c;
}

static void
equal_bytes_have_one_program_per_mode_that_matters(void **state)
{
	struct desk *d = *state;

	mask_of_all = PROGRAM_CXX;
	tree_file("a.h", "same\n");
	tree_file("b.h", "same\n");
	tree_file("c.h", "other\n");
	const struct program *a = program_of(d, "a.h", PROGRAM_CXX);

	assert_ptr_equal(program_of(d, "b.h", PROGRAM_CXX), a);
	assert_ptr_equal(program_of(d, "a.h", PROGRAM_CXX | PROGRAM_TRIGRAPHS), a);
	assert_ptr_not_equal(program_of(d, "a.h", PROGRAM_TRIGRAPHS), a);
	assert_ptr_not_equal(program_of(d, "c.h", PROGRAM_CXX), a);
	assert_int_equal(count(d).programs, 3);
	assert_int_equal(programs_made, 3);
}

static void
a_file_is_read_once_for_digest_and_program(void **state)
{
	struct desk *d = *state;

	tree_file("a.h", "a\n");
	program_of(d, "a.h", 0);
	assert_int_equal(count(d).reads, 1);
	program_of(d, "a.h", 0);
	assert_int_equal(count(d).reads, 1);
	assert_int_equal(count(d).bytes, 2);
}

static void
a_program_outlives_a_touch_but_not_a_change(void **state)
{
	struct desk *d = *state;
	struct file *file = NULL;

	tree_file("a.h", "a\n");
	program_of(d, "a.h", 0);
	assert_int_equal(find(d, "a.h", &file), OK);
	uint64_t version = file->version;

	tree_age("a.h", 50);
	folders_begin(d->folders);
	program_of(d, "a.h", 0);
	assert_int_equal(programs_made, 1);
	assert_true(file->version > version);
	tree_file("a.h", "b\n");
	folders_begin(d->folders);
	program_of(d, "a.h", 0);
	assert_int_equal(programs_made, 2);
	assert_int_equal(count(d).programs, 1);
}

static void
programs_that_went_unused_longest_are_dropped_first(void **state)
{
	struct desk *d = *state;
	char name[16], text[101] = {0};

	for (int i = 0; i < 10; i++) {
		for (size_t k = 0; k + 1 < sizeof(text); k++)
			text[k] = (char)('a' + i);
		snprintf(name, sizeof(name), "%d.h", i);
		tree_file(name, text);
		program_of(d, name, 0);
		folders_begin(d->folders);
	}
	program_of(d, "0.h", 0);
	assert_int_equal(count(d).memory, 1000);
	files_trim(d->files, 1000);
	assert_int_equal(count(d).programs, 10);
	files_trim(d->files, 800);
	assert_int_equal(count(d).programs, 6);
	assert_int_equal(count(d).memory, 600);
	program_of(d, "0.h", 0);
	program_of(d, "9.h", 0);
	assert_int_equal(programs_made, 10);
	program_of(d, "1.h", 0);
	assert_int_equal(programs_made, 11);
}

static void
a_file_that_is_too_large_or_gone_is_refused(void **state)
{
	struct desk *d = *state;
	struct file *file = NULL;
	char *data;
	size_t len;

	tree_file("a.h", "");
	assert_int_equal(truncate("a.h", (off_t)FILES_SIZE_MAX + 1), 0);
	assert_int_equal(find(d, "a.h", &file), ERR_DENIED);
	assert_int_equal(truncate("a.h", 0), 0);
	folders_begin(d->folders);
	assert_int_equal(find(d, "a.h", &file), OK);
	assert_int_equal(file->size, 0);
	assert_int_equal(files_read(d->files, "a.h", file->digest, &data, &len), OK);
	assert_int_equal(len, 0);
	free(data);
	assert_int_equal(unlink("a.h"), 0);
	assert_int_equal(files_read(d->files, "a.h", file->digest, &data, &len), ERR_MISSING);
	assert_int_equal(files_find_surely(d->files, file->entry, &file), OK);
	folders_begin(d->folders);
	assert_int_equal(files_find_surely(d->files, file->entry, &file), ERR_MISSING);
}

static void
a_file_that_changes_while_it_is_read_is_read_again(void **state)
{
	struct desk *d = *state;
	struct file *file = NULL;

	tree_file("a.h", "one!\n");
	changes_left = 1;
	const struct program *p = program_of(d, "a.h", 0);

	assert_string_equal(p->text, "two!\n");
	folders_begin(d->folders);
	tree_file("a.h", "once more\n");
	changes_left = 1000;
	assert_int_equal(find(d, "a.h", &file), ERR_DENIED);
	changes_left = 0;
	folders_begin(d->folders);
	assert_int_equal(find(d, "a.h", &file), OK);
}

#define ON_DESK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ON_DESK(equal_bytes_have_one_program_per_mode_that_matters),
		ON_DESK(a_file_is_read_once_for_digest_and_program),
		ON_DESK(a_program_outlives_a_touch_but_not_a_change),
		ON_DESK(programs_that_went_unused_longest_are_dropped_first),
		ON_DESK(a_file_that_changes_while_it_is_read_is_read_again),
		ON_DESK(a_file_that_is_too_large_or_gone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
