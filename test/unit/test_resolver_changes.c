/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every change between two scans is seen by the second one: with watches, on a file system that is not
 * trusted to report, and when there are fewer watches than folders.
 */
/* unshare(2) */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "process.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "watch.h"
#include "xalloc.h"

#include "resolver_tree.h"
#include "resolver_setups.h"

static void
a_header_that_appears_earlier_in_the_path_is_taken(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_folder("two");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("two/x.h", "");
	tree_search(t, "-I one -I two");
	SCAN(t, "a.c", "two/x.h");
	SCAN(t, "a.c", "two/x.h");
	tree_file("one/x.h", "");
	SCAN(t, "a.c", "one/x.h");
	assert_int_equal(unlink("one/x.h"), 0);
	SCAN(t, "a.c", "two/x.h");
	assert_int_equal(unlink("two/x.h"), 0);
	SCAN(t, "a.c", "x.h: missing");
	tree_file("two/x.h", "");
	SCAN(t, "a.c", "two/x.h");
}

static void
a_search_folder_that_appears_later_is_searched(void **state)
{
	struct tree *t = *state;

	tree_folder("two/sub");
	tree_file("a.c", "#include <sub/x.h>\n");
	tree_file("two/sub/x.h", "");
	tree_search(t, "-I one/deep -I two");
	SCAN(t, "a.c", "two/sub/x.h");
	tree_folder("one");
	SCAN(t, "a.c", "two/sub/x.h");
	tree_folder("one/deep/sub");
	SCAN(t, "a.c", "two/sub/x.h");
	tree_file("one/deep/sub/x.h", "");
	SCAN(t, "a.c", "one/deep/sub/x.h");
}

static void
an_edit_of_the_same_size_in_the_same_tick_is_seen(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("y.h", "");
	tree_file("z.h", "");
	for (int i = 0; i < 200; i++) {
		tree_file("x.h", i % 2 == 0 ? "#include \"y.h\"\n" : "#include \"z.h\"\n");
		SCAN(t, "a.c", "x.h", i % 2 == 0 ? "y.h" : "z.h");
	}
}

static void
an_edit_that_sets_the_old_time_is_seen(void **state)
{
	struct tree *t = *state;
	struct stat st;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("y.h", "");
	tree_file("z.h", "");
	tree_file("x.h", "#include \"y.h\"\n");
	tree_age("x.h", 100);
	assert_int_equal(stat("x.h", &st), 0);
	SCAN(t, "a.c", "x.h", "y.h");
	tree_file("x.h", "#include \"z.h\"\n");
	struct timespec times[] = {st.st_mtim, st.st_mtim};

	assert_int_equal(utimensat(AT_FDCWD, "x.h", times, 0), 0);
	SCAN(t, "a.c", "x.h", "z.h");
}

static void
a_header_renamed_over_another_is_seen(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("y.h", "");
	tree_file("x.h", "#include \"y.h\"\n");
	tree_file("new", "");
	SCAN(t, "a.c", "x.h", "y.h");
	assert_int_equal(rename("new", "x.h"), 0);
	SCAN(t, "a.c", "x.h");
}

static void
a_changed_source_is_seen(void **state)
{
	struct tree *t = *state;

	tree_file("x.h", "");
	tree_file("a.c", "#include \"x.h\"\n");
	SCAN(t, "a.c", "x.h");
	tree_file("a.c", "");
	SCAN(t, "a.c");
	assert_int_equal(unlink("a.c"), 0);
	assert_int_equal(tree_scan(t, "a.c"), ERR_MISSING);
	tree_file("a.c", "#include \"x.h\"\n");
	SCAN(t, "a.c", "x.h");
}

static void
links_that_lead_elsewhere_are_followed(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_folder("two");
	tree_file("a.c", "#include \"link/x.h\"\n#include \"y.h\"\n");
	tree_file("one/x.h", "#include \"1.h\"\n");
	tree_file("two/x.h", "#include \"2.h\"\n");
	tree_file("1.h", "");
	tree_file("2.h", "");
	tree_search(t, "-iquote .");
	assert_int_equal(symlink("one", "link"), 0);
	assert_int_equal(symlink("1.h", "y.h"), 0);
	SCAN(t, "a.c", "link/x.h", "./1.h", "y.h");
	assert_int_equal(unlink("link"), 0);
	assert_int_equal(symlink("two", "link"), 0);
	SCAN(t, "a.c", "link/x.h", "./2.h", "y.h");
	assert_string_equal(tree_piece(t, "link")->entry.target, "two");
	assert_int_equal(tree_piece(t, "one/x.h")->entry.type, NO_TYPE);
	assert_int_equal(tree_piece(t, "1.h")->entry.type, MANIFEST_FILE);
	assert_int_equal(symlink("2.h", "new"), 0);
	assert_int_equal(rename("new", "y.h"), 0);
	SCAN(t, "a.c", "link/x.h", "./2.h", "y.h");
	assert_int_equal(tree_piece(t, "1.h")->entry.type, NO_TYPE);
	assert_string_equal(tree_piece(t, "y.h")->entry.target, "2.h");
}

static void
a_renamed_folder_above_is_seen(void **state)
{
	struct tree *t = *state;

	tree_folder("top/mid/inc");
	tree_folder("other/mid/inc");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("top/mid/inc/x.h", "");
	tree_file("other/mid/inc/x.h", "#include \"y.h\"\n");
	tree_file("other/mid/inc/y.h", "");
	tree_search(t, "-I top/mid/inc");
	SCAN(t, "a.c", "top/mid/inc/x.h");
	assert_int_equal(rename("top", "away"), 0);
	SCAN(t, "a.c", "x.h: missing");
	assert_int_equal(rename("other", "top"), 0);
	SCAN(t, "a.c", "top/mid/inc/x.h", "top/mid/inc/y.h");
	/* What was watched under its old name reports nothing wrong under the new one. */
	tree_file("away/mid/inc/x.h", "#include \"none.h\"\n");
	SCAN(t, "a.c", "top/mid/inc/x.h", "top/mid/inc/y.h");
	tree_file("top/mid/inc/x.h", "");
	SCAN(t, "a.c", "top/mid/inc/x.h");
}

static void
a_folder_that_becomes_a_link_is_seen(void **state)
{
	struct tree *t = *state;

	tree_folder("inc");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("inc/x.h", "");
	tree_search(t, "-I inc");
	SCAN(t, "a.c", "inc/x.h");
	assert_int_equal(tree_piece(t, "inc")->entry.type, NO_TYPE);
	assert_int_equal(rename("inc", "real"), 0);
	assert_int_equal(symlink("real", "inc"), 0);
	SCAN(t, "a.c", "inc/x.h");
	assert_int_equal(tree_piece(t, "inc")->entry.type, MANIFEST_LINK);
	assert_int_equal(tree_piece(t, "real/x.h")->entry.type, MANIFEST_FILE);
	assert_int_equal(tree_piece(t, "inc/x.h")->entry.type, NO_TYPE);
	tree_file("real/x.h", "#include \"y.h\"\n");
	tree_file("real/y.h", "");
	SCAN(t, "a.c", "inc/x.h", "inc/y.h");
}

static void
a_header_and_a_folder_take_each_others_place(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_folder("two");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("one/x.h", "");
	tree_file("two/x.h", "");
	tree_search(t, "-I one -I two");
	SCAN(t, "a.c", "one/x.h");
	assert_int_equal(unlink("one/x.h"), 0);
	tree_folder("one/x.h");
	SCAN(t, "a.c", "two/x.h");
	assert_int_equal(rmdir("one/x.h"), 0);
	tree_file("one/x.h", "");
	SCAN(t, "a.c", "one/x.h");
	assert_int_equal(rename("one", "away"), 0);
	tree_file("one", "");
	SCAN(t, "a.c", "two/x.h");
}

static void
times_are_the_files(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("x.h", "");
	SCAN(t, "a.c", "x.h");
	int64_t before = tree_piece(t, "x.h")->entry.mtime_ns;

	tree_age("x.h", 5000);
	SCAN(t, "a.c", "x.h");
	assert_true(tree_piece(t, "x.h")->entry.mtime_ns <= before - INT64_C(4990) * 1000000000);
}

static void
a_write_through_another_name_is_seen(void **state)
{
	struct tree *t = *state;

	tree_folder("inc");
	tree_folder("far");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("far/x.h", "");
	assert_int_equal(link("far/x.h", "inc/x.h"), 0);
	tree_file("inc/y.h", "");
	tree_search(t, "-I inc");
	SCAN(t, "a.c", "inc/x.h");
	tree_file("far/x.h", "#include \"y.h\"\n");
	SCAN(t, "a.c", "inc/x.h", "inc/y.h");
}

static void
a_write_through_a_mapping_is_seen_when_it_is_closed(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("x.h", "#include \"y.h\"\n");
	tree_file("y.h", "");
	tree_file("z.h", "");
	tree_age("x.h", 100);
	SCAN(t, "a.c", "x.h", "y.h");
	int fd = open("x.h", O_RDWR | O_CLOEXEC);
	char *map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(fd >= 0 && map != MAP_FAILED);
	map[strlen("#include \"")] = 'z';
	assert_int_equal(munmap(map, 1), 0);
	assert_int_equal(close(fd), 0);
	SCAN(t, "a.c", "x.h", "z.h");
}

static void
another_folder_in_the_cwds_place_is_seen(void **state)
{
	struct tree *t = *state;
	char *cwd = xasprintf("%s/cwd", t->base);

	tree_folder("cwd");
	tree_folder("new");
	tree_file("cwd/a.c", "#include \"x.h\"\n");
	tree_file("cwd/x.h", "");
	tree_file("new/a.c", "#include \"x.h\"\n#include \"y.h\"\n");
	tree_file("new/x.h", "");
	tree_file("new/y.h", "");
	t->scan.cwd = cwd;
	SCAN(t, "a.c", "x.h");
	assert_int_equal(rename("cwd", "old"), 0);
	assert_int_equal(tree_scan(t, "a.c"), ERR_MISSING);
	assert_int_equal(rename("new", "cwd"), 0);
	SCAN(t, "a.c", "x.h", "y.h");
	free(cwd);
}

static void
more_changes_than_a_queue_holds_lose_none(void **state)
{
	struct tree *t = *state;

	tree_folder("inc");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("inc/x.h", "");
	tree_search(t, "-I inc");
	SCAN(t, "a.c", "inc/x.h");
	for (int i = 0; i < 20000; i++) {
		char name[32];

		snprintf(name, sizeof(name), "inc/%d.o", i);
		int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		assert_true(fd >= 0);
		close(fd);
		assert_int_equal(unlink(name), 0);
	}
	/* The queue is full: of these nothing is reported. */
	tree_file("inc/x.h", "#include \"y.h\"\n");
	tree_file("inc/y.h", "");
	SCAN(t, "a.c", "inc/x.h", "inc/y.h");
	SCAN(t, "a.c", "inc/x.h", "inc/y.h");
	tree_file("inc/y.h", "#include \"z.h\"\n");
	tree_file("inc/z.h", "");
	SCAN(t, "a.c", "inc/x.h", "inc/y.h", "inc/z.h");
}

static void
a_piece_that_changed_leaves_the_catalogue(void **state)
{
	struct tree *t = *state;
	struct piece *const *pieces;
	size_t count;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("x.h", "");
	SCAN(t, "a.c", "x.h");
	resolver_pieces(t->resolver, &pieces, &count);
	for (size_t i = 0; i < count; i++)
		pieces[i]->catalogue_index = 7;
	SCAN(t, "a.c", "x.h");
	assert_int_equal(tree_piece(t, "x.h")->catalogue_index, 7);
	tree_file("x.h", "int x;\n");
	SCAN(t, "a.c", "x.h");
	assert_int_equal(tree_piece(t, "x.h")->catalogue_index, PIECE_NOT_IN_CATALOGUE);
	assert_int_equal(tree_piece(t, "a.c")->catalogue_index, 7);
}

static void
a_second_scan_asks_the_disk_for_the_source_alone(void **state)
{
	struct tree *t = *state;
	struct resolver_counts before, after;

	tree_folder("one");
	tree_folder("two");
	tree_file("a.c", "#include <x.h>\n#include <y.h>\n");
	tree_file("two/x.h", "");
	tree_file("two/y.h", "");
	tree_search(t, "-I one -I two");
	SCAN(t, "a.c", "two/x.h", "two/y.h");
	/* It was young when it was read. */
	sleep(3);
	SCAN(t, "a.c", "two/x.h", "two/y.h");
	resolver_count(t->resolver, &before);
	SCAN(t, "a.c", "two/x.h", "two/y.h");
	resolver_count(t->resolver, &after);
	assert_int_equal(after.stats - before.stats, 1);
	assert_int_equal(after.reads - before.reads, 1);
	assert_int_equal(after.memo_hits - before.memo_hits, 3);
	assert_true(resolver_is_current(t->resolver));
	tree_file("nobody-asked-for-this", "");
	assert_true(resolver_is_current(t->resolver));
	tree_file("one/y.h", "");
	assert_false(resolver_is_current(t->resolver));
}

static void
what_lay_still_for_long_is_seen_to_change(void **state)
{
	struct tree *t = *state;
	struct resolver_counts before, after;

	tree_folder("one/sub");
	tree_folder("two/sub");
	tree_folder("three");
	tree_file("a.c", "#include <x.h>\n#include <sub/y.h>\n#include \"link.h\"\n");
	tree_file("two/x.h", "");
	tree_file("two/sub/y.h", "");
	tree_file("three/z.h", "");
	tree_file("three/w.h", "");
	assert_int_equal(symlink("three/z.h", "link.h"), 0);
	tree_search(t, "-I one -I two -I three");
	SCAN(t, "a.c", "two/x.h", "two/sub/y.h", "link.h");
	sleep(3);
	SCAN(t, "a.c", "two/x.h", "two/sub/y.h", "link.h");
	resolver_count(t->resolver, &before);
	SCAN(t, "a.c", "two/x.h", "two/sub/y.h", "link.h");
	resolver_count(t->resolver, &after);
	/* The source alone. */
	assert_int_equal(after.reads - before.reads, 1);
	tree_file("two/x.h", "#include \"z.h\"\n");
	SCAN(t, "a.c", "two/x.h", "three/z.h", "two/sub/y.h", "link.h");
	tree_file("one/sub/y.h", "");
	SCAN(t, "a.c", "two/x.h", "three/z.h", "one/sub/y.h", "link.h");
	assert_int_equal(rename("three/w.h", "three/z.h"), 0);
	assert_int_equal(unlink("link.h"), 0);
	SCAN(t, "a.c", "two/x.h", "three/z.h", "one/sub/y.h", "link.h: missing");
	assert_int_equal(rename("two", "link.h"), 0);
	SCAN(t, "a.c", "x.h: missing", "one/sub/y.h", "link.h: missing");
}

static void
a_folder_that_is_only_passed_has_to_be_there(void **state)
{
	struct tree *t = *state;

	tree_folder("left");
	tree_file("a.c", "#include \"left/../x.h\"\n");
	tree_file("x.h", "");
	SCAN(t, "a.c", "left/../x.h");
	assert_int_equal(rmdir("left"), 0);
	SCAN(t, "a.c", "left/../x.h: missing");
	tree_folder("left");
	SCAN(t, "a.c", "left/../x.h");
}

static void
what_was_not_watched_before_is_not_believed_when_it_is(void **state)
{
	struct tree *t = *state;

	tree_folder("one");
	tree_file("a.c", "#include <x.h>\n");
	tree_file("one/x.h", "");
	tree_search(t, "-I one");
	SCAN(t, "a.c", "one/x.h");
	sleep(3);
	SCAN(t, "a.c", "one/x.h");
	tree_file("one/x.h", "#include \"x.h\"\n");
	tree_file("one/x.h", "#include \"none.h\"\n");
	watch_limit(resolver_watch(t->resolver), SIZE_MAX);
	SCAN(t, "a.c", "one/x.h", "none.h: missing");
	tree_file("one/x.h", "");
	SCAN(t, "a.c", "one/x.h");
}

static void
one_that_knows_too_much_begins_anew(void **state)
{
	struct tree *t = *state;
	struct resolver_counts counts;

	resolver_limit(t->resolver, &(struct resolver_limits){.names = 20, .programs = SIZE_MAX});
	tree_folder("one");
	tree_folder("two");
	tree_search(t, "-I one -I two");
	for (int i = 0; i < 50; i++) {
		char name[32];
		char *text = xasprintf("#include <x%d.h>\n", i);

		snprintf(name, sizeof(name), "two/x%d.h", i);
		tree_file("a.c", text);
		tree_file(name, "");
		SCAN(t, "a.c", name);
		assert_int_equal(tree_piece(t, name)->entry.type, MANIFEST_FILE);
		free(text);
	}
	resolver_count(t->resolver, &counts);
	assert_true(counts.files < 20);
}

static void
a_main_files_program_is_kept_for_its_scan_alone(void **state)
{
	struct tree *t = *state;
	struct resolver_counts counts;

	tree_file("x.h", "");
	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("b.c", "#include \"x.h\"\nint b;\n");
	SCAN(t, "a.c", "x.h");
	assert_int_equal(tree_scan(t, "b.c"), OK);
	resolver_count(t->resolver, &counts);
	assert_int_equal(counts.programs, 2);
	SCAN(t, "a.c", "x.h");
	resolver_count(t->resolver, &counts);
	assert_int_equal(counts.programs, 2);
}

static void
a_dropped_program_is_made_again(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n");
	tree_file("x.h", "#include \"y.h\"\n");
	tree_file("y.h", "int y;\n");
	for (int i = 0; i < 3; i++)
		SCAN(t, "a.c", "x.h", "y.h");
	resolver_limit(t->resolver, &(struct resolver_limits){.names = SIZE_MAX, .programs = 10});
	for (int i = 0; i < 3; i++) {
		programs_made = 0;
		SCAN(t, "a.c", "x.h", "y.h");
		assert_int_equal(programs_made, 3);
	}
	resolver_limit(t->resolver, &(struct resolver_limits){.names = SIZE_MAX, .programs = SIZE_MAX});
	SCAN(t, "a.c", "x.h", "y.h");
	programs_made = 0;
	SCAN(t, "a.c", "x.h", "y.h");
	assert_int_equal(programs_made, 1);
}

static void
a_main_file_that_is_a_header_too_is_entered_as_both(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"b.c\"\n");
	tree_file("b.c", "int b;\n");
	for (int i = 0; i < 3; i++) {
		SCAN(t, "a.c", "b.c");
		assert_int_equal(tree_scan(t, "b.c"), OK);
		EXPECT(t, "b.c");
	}
	tree_file("b.c", "#include \"c.h\"\n");
	tree_file("c.h", "");
	SCAN(t, "a.c", "b.c", "c.h");
	assert_int_equal(tree_scan(t, "b.c"), OK);
	EXPECT(t, "b.c", "c.h");
}

static void
few_watches_are_used_up(void **state)
{
	struct tree *t = *state;
	struct resolver_counts counts;

	tree_file("a.c", "");
	SCAN(t, "a.c");
	resolver_count(t->resolver, &counts);
	assert_int_equal(counts.watches, FEW_WATCHES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_header_that_appears_earlier_in_the_path_is_taken),
		EACH(a_search_folder_that_appears_later_is_searched),
		EACH(an_edit_of_the_same_size_in_the_same_tick_is_seen),
		EACH(an_edit_that_sets_the_old_time_is_seen),
		EACH(a_header_renamed_over_another_is_seen),
		EACH(a_changed_source_is_seen),
		EACH(links_that_lead_elsewhere_are_followed),
		EACH(a_renamed_folder_above_is_seen),
		EACH(a_folder_that_becomes_a_link_is_seen),
		EACH(a_header_and_a_folder_take_each_others_place),
		EACH(times_are_the_files),
		EACH(a_write_through_another_name_is_seen),
		EACH(a_write_through_a_mapping_is_seen_when_it_is_closed),
		EACH(another_folder_in_the_cwds_place_is_seen),
		EACH(more_changes_than_a_queue_holds_lose_none),
		EACH(a_piece_that_changed_leaves_the_catalogue),
		EACH(what_lay_still_for_long_is_seen_to_change),
		IN(a_second_scan_asks_the_disk_for_the_source_alone, watched),
		EACH(a_folder_that_is_only_passed_has_to_be_there),
		IN(what_was_not_watched_before_is_not_believed_when_it_is, limited),
		EACH(one_that_knows_too_much_begins_anew),
		EACH(a_main_files_program_is_kept_for_its_scan_alone),
		EACH(a_dropped_program_is_made_again),
		EACH(a_main_file_that_is_a_header_too_is_entered_as_both),
		IN(few_watches_are_used_up, limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
