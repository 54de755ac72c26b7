/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real compilers are the oracle: what they enter, in order, as they spell it, system or not. */
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

#include "io.h"
#include "process.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "xalloc.h"

#include "resolver_tree.h"

static void
compare(struct tree *t, const char *compiler, const char *flags, const char *source)
{
	struct strv wanted = {0};
	const char *include = strstr(flags, "-include ");

	if (tree_ask(compiler, flags, source, &wanted) == ERR_MISSING)
		return;
	tree_search(t, flags);
	strv_release(&t->forced);
	if (include != NULL)
		strv_take(&t->forced, xstrndup(include + 9, strcspn(include + 9, " ")));
	t->scan.compiler = strcmp(compiler, "clang") == 0 ? ARGS_CLANG : ARGS_GCC;
	t->scan.rules = strstr(flags, "-fno-canonical") != NULL ? RESOLVER_KEEP_SPELLING : 0;
	assert_int_equal(tree_scan(t, source), OK);
	if (!tree_is_as_wanted(t, &wanted, source)) {
		print_error("%s %s %s\n", compiler, flags, source);
		fail();
	}
	assert_true(wanted.count != 0);
	strv_release(&wanted);
}

static void
compare_both(struct tree *t, const char *flags, const char *source)
{
	compare(t, "gcc", flags, source);
	compare(t, "clang", flags, source);
}

static void
quotes_search_beside_the_file_then_both_chains(void **state)
{
	struct tree *t = *state;

	tree_folder("sub");
	tree_folder("q");
	tree_folder("i");
	tree_file("a.c", "#include \"x.h\"\n#include \"sub/y.h\"\n#include <z.h>\n#include \"only-q.h\"\n");
	tree_file("x.h", "#include \"z.h\"\n");
	tree_file("sub/y.h", "#include \"x.h\"\n#include \"own.h\"\n#include <x.h>\n");
	tree_file("sub/own.h", "");
	tree_file("q/z.h", "#include \"only-q.h\"\n");
	tree_file("q/only-q.h", "");
	tree_file("i/z.h", "#include \"own.h\"\n");
	tree_file("i/own.h", "");
	tree_file("i/x.h", "");
	compare_both(t, "-iquote q -I i", "a.c");
	compare_both(t, "-I i -iquote q", "./a.c");
	compare_both(t, "-isystem i -iquote q -I sub", "a.c");
}

static void
folders_are_spelled_as_given(void **state)
{
	struct tree *t = *state;
	static const char *const folders[] = {"i", "i/", "i//", "./i", "i/.", "j/../i", ".//i", "j/../i//"};

	tree_folder("i/deep");
	tree_folder("j");
	tree_file("a.c", "#include <x.h>\n#include \"deep/y.h\"\n#include \"deep//y.h\"\n#include \"deep/../x.h\"\n");
	tree_file("i/x.h", "#include \"w.h\"\n#include \"./w.h\"\n");
	tree_file("i/w.h", "");
	tree_file("i/deep/y.h", "#include \"../w.h\"\n#include <w.h>\n");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *flags = xasprintf("-I %s", folders[i]);

		compare(t, "gcc", flags, "a.c");
		compare(t, "gcc", flags, "./a.c");
		free(flags);
		flags = xasprintf("-isystem %s", folders[i]);
		compare(t, "gcc", flags, "a.c");
		free(flags);
	}
}

static void
system_headers_take_the_shorter_physical_path(void **state)
{
	struct tree *t = *state;

	tree_folder("inc/a");
	tree_file("a.c", "#include <a/x.h>\n#include \"mine.h\"\n");
	tree_file("inc/a/x.h", "#include \"../y.h\"\n#include \"../a/../y.h\"\n");
	tree_file("inc/y.h", "#include \"./a/../z.h\"\n");
	tree_file("inc/z.h", "");
	tree_file("mine.h", "#include \"inc/a/../y.h\"\n");
	compare(t, "gcc", "-isystem inc", "a.c");
	char *flags = xasprintf("-isystem %s/inc/a/../a/..", t->base);

	compare_both(t, flags, "a.c");
	free(flags);
	flags = xasprintf("-fno-canonical-system-headers -isystem %s/inc/a/..", t->base);
	compare(t, "gcc", flags, "a.c");
	free(flags);
}

static void
include_next_goes_on_behind_the_folder_of_the_hit(void **state)
{
	struct tree *t = *state;

	tree_folder("one/sub");
	tree_folder("two/sub");
	tree_folder("three");
	tree_file("a.c", "#include <x.h>\n#include \"x.h\"\n#include_next <x.h>\n#include \"sub/y.h\"\n");
	tree_file("x.h", "#include_next \"x.h\"\n");
	tree_file("one/x.h", "#include_next <x.h>\n#include \"beside.h\"\n");
	tree_file("one/beside.h", "#include_next <w.h>\n#include \"sub/y.h\"\n");
	tree_file("one/w.h", "");
	tree_file("two/w.h", "");
	tree_file("two/x.h", "#include_next \"x.h\"\n");
	tree_file("three/x.h", "");
	tree_file("one/sub/y.h", "#include_next <sub/y.h>\n");
	tree_file("two/sub/y.h", "");
	compare(t, "gcc", "-I one -I two -I three", "a.c");
	compare(t, "gcc", "-iquote one -I two -isystem three", "a.c");
	/* clang searches anew from ./x.h, which would include itself for ever. */
	tree_file("x.h", "#include_next <x.h>\n");
	compare_both(t, "-I one -I two -I three", "a.c");
	compare_both(t, "-iquote one -I two -isystem three", "a.c");
}

static void
include_next_of_an_absolute_file_searches_anew(void **state)
{
	struct tree *t = *state;
	char *text = xasprintf("#include \"%s/abs/x.h\"\n", t->base);

	tree_folder("abs");
	tree_folder("i");
	tree_file("a.c", text);
	tree_file("abs/x.h", "#include_next <x.h>\n#include \"y.h\"\n");
	tree_file("abs/y.h", "#include_next \"z.h\"\n");
	tree_file("abs/z.h", "");
	tree_file("i/x.h", "#include \"y.h\"\n");
	tree_file("i/y.h", "");
	tree_file("i/z.h", "");
	compare_both(t, "-I i", "a.c");
	free(text);
}

static void
command_line_files_begin_at_the_cwd(void **state)
{
	struct tree *t = *state;

	tree_folder("src");
	tree_folder("q/deep");
	tree_file("src/a.c", "");
	tree_file("src/c.h", "");
	tree_file("c.h", "#include \"d.h\"\n");
	tree_file("d.h", "");
	tree_file("q/e.h", "#include \"d.h\"\n#include_next <deep/f.h>\n");
	tree_file("q/deep/f.h", "");
	compare_both(t, "-include c.h -iquote q", "src/a.c");
	compare_both(t, "-include e.h -iquote q", "src/a.c");
	compare_both(t, "-include e.h -I q", "src/a.c");
	compare_both(t, "-include deep/f.h -I q", "src/a.c");
}

static void
absolute_sources_and_headers_keep_their_spelling(void **state)
{
	struct tree *t = *state;
	char *source = xasprintf("%s//src/../src/a.c", t->base);

	tree_folder("src");
	tree_file("src/a.c", "#include \"x.h\"\n");
	tree_file("src/x.h", "#include \"y.h\"\n");
	tree_file("src/y.h", "");
	compare(t, "gcc", "-I src", source);
	compare_both(t, "-I other", source);
	free(source);
}

static void
a_folder_named_like_a_header_is_passed_over(void **state)
{
	struct tree *t = *state;

	tree_folder("one/x.h");
	tree_folder("two");
	tree_folder("x.h");
	tree_file("one/y.h", "");
	tree_file("two/x.h", "#include \"y.h/z.h\"\n");
	tree_folder("two/y.h");
	tree_file("two/y.h/z.h", "");
	tree_file("a.c", "#include \"x.h\"\n#include <y.h/z.h>\n");
	compare_both(t, "-I one -I two", "a.c");
}

static void
headers_below_a_system_header_are_system_headers(void **state)
{
	struct tree *t = *state;

	tree_folder("s");
	tree_folder("i");
	tree_file("a.c", "#include <s.h>\n#include \"i.h\"\n");
	tree_file("s/s.h", "#include <i.h>\n#include \"beside.h\"\n");
	tree_file("s/beside.h", "");
	tree_file("i/i.h", "#include \"j.h\"\n");
	tree_file("i/j.h", "");
	compare_both(t, "-I i -isystem s", "a.c");
}

static void
an_unreadable_file_is_neither_there_nor_absent(void **state)
{
	struct tree *t = *state;

	tree_file("a.c", "#include \"x.h\"\n#include \"loop.h\"\n#include \"/dev/stdin\"\n#include \"/dev/null\"\n");
	assert_int_equal(mkfifo("x.h", 0644), 0);
	assert_int_equal(symlink("loop.h", "loop.h"), 0);
	assert_int_equal(tree_scan(t, "a.c"), OK);
	EXPECT(t, "a.c", "x.h: denied", "loop.h: denied", "/dev/stdin: denied", "/dev/null: denied");
}

static void
links_and_folders_on_the_way_are_pieces(void **state)
{
	struct tree *t = *state;

	tree_folder("real/deep");
	tree_folder("left");
	tree_file("real/b.h", "");
	tree_file("real/deep/c.h", "");
	assert_int_equal(symlink("real/deep", "link"), 0);
	assert_int_equal(symlink("c.h", "real/deep/d.h"), 0);
	tree_file("a.c", "#include \"link/../b.h\"\n#include \"link/d.h\"\n#include \"left/../real/b.h\"\n");
	assert_int_equal(tree_scan(t, "a.c"), OK);
	EXPECT(t, "a.c", "link/../b.h", "link/d.h", "left/../real/b.h");
	assert_int_equal(tree_piece(t, "a.c")->entry.type, MANIFEST_FILE);
	assert_int_equal(tree_piece(t, "link")->entry.type, MANIFEST_LINK);
	assert_string_equal(tree_piece(t, "link")->entry.target, "real/deep");
	assert_int_equal(tree_piece(t, "real/deep")->entry.type, MANIFEST_DIRECTORY);
	assert_int_equal(tree_piece(t, "left")->entry.type, MANIFEST_DIRECTORY);
	assert_string_equal(tree_piece(t, "real/deep/d.h")->entry.target, "c.h");
	assert_int_equal(tree_piece(t, "real/deep/c.h")->entry.type, MANIFEST_FILE);
	assert_int_equal(tree_piece(t, "real")->entry.type, NO_TYPE);
	assert_int_equal(tree_piece(t, t->base)->entry.type, MANIFEST_DIRECTORY);
}

static void
a_piece_is_read_as_long_as_it_is_the_same(void **state)
{
	struct tree *t = *state;
	char *data;
	size_t len;

	tree_file("a.c", "int a;\n");
	assert_int_equal(tree_scan(t, "a.c"), OK);
	assert_int_equal(resolver_read_piece(t->resolver, tree_piece(t, "a.c"), &data, &len), OK);
	assert_int_equal(len, 7);
	assert_memory_equal(data, "int a;\n", 7);
	free(data);
	tree_file("a.c", "int b;\n");
	assert_int_equal(resolver_read_piece(t->resolver, tree_piece(t, "a.c"), &data, &len), ERR_MISSING);
	assert_int_equal(unlink("a.c"), 0);
	assert_int_equal(resolver_read_piece(t->resolver, tree_piece(t, "a.c"), &data, &len), ERR_MISSING);
}

static const struct source *
find_one(struct tree *t, const char *name)
{
	struct find f = {.kind = FIND_ANGLE, .name = name};
	const struct source *s = NULL;

	assert_int_equal(resolver_find(t->resolver, &f, &s), OK);
	return s;
}

static void
files_are_one_for_pragma_once_by_each_compilers_rule(void **state)
{
	struct tree *t = *state;

	tree_folder("i");
	tree_file("i/a.h", "same\n");
	tree_file("i/b.h", "same\n");
	tree_file("i/c.h", "same\n");
	assert_int_equal(link("i/a.h", "i/hard.h"), 0);
	tree_age("i/a.h", 100);
	tree_age("i/b.h", 100);
	tree_age("i/c.h", 200);
	tree_search(t, "-I i");
	resolver_begin(t->resolver, &t->scan);
	uint64_t a = find_one(t, "a.h")->once_key;

	assert_true(a == find_one(t, "b.h")->once_key);
	assert_true(a != find_one(t, "c.h")->once_key);
	assert_true(a == find_one(t, "hard.h")->once_key);
	t->scan.compiler = ARGS_CLANG;
	resolver_begin(t->resolver, &t->scan);
	a = find_one(t, "a.h")->once_key;
	assert_true(a != find_one(t, "b.h")->once_key);
	assert_true(a == find_one(t, "hard.h")->once_key);
}

static void
a_cwd_through_a_link_brings_the_link(void **state)
{
	struct tree *t = *state;
	char *cwd = xasprintf("%s/link/sub", t->base);

	tree_folder("real/sub");
	tree_file("real/x.h", "");
	tree_file("real/sub/a.c", "#include \"../x.h\"\n");
	assert_int_equal(symlink("real", "link"), 0);
	t->scan.cwd = cwd;
	assert_int_equal(tree_scan(t, "a.c"), OK);
	EXPECT(t, "a.c", "../x.h");
	assert_int_equal(tree_piece(t, "link")->entry.type, MANIFEST_LINK);
	assert_int_equal(tree_piece(t, "real/sub")->entry.type, MANIFEST_DIRECTORY);
	assert_int_equal(tree_piece(t, "real/x.h")->entry.type, MANIFEST_FILE);
	free(cwd);
}

static void
a_folder_to_use_is_a_piece_or_missing(void **state)
{
	struct tree *t = *state;

	tree_folder("empty");
	tree_file("a.c", "");
	assert_int_equal(symlink("empty", "link"), 0);
	assert_int_equal(tree_scan(t, "a.c"), OK);
	assert_int_equal(tree_piece(t, "empty")->entry.type, NO_TYPE);
	assert_int_equal(resolver_use_folder(t->resolver, "link"), OK);
	assert_int_equal(tree_piece(t, "empty")->entry.type, MANIFEST_DIRECTORY);
	assert_int_equal(tree_piece(t, "link")->entry.type, MANIFEST_LINK);
	assert_int_equal(resolver_use_folder(t->resolver, "nowhere"), ERR_MISSING);
	assert_int_equal(resolver_use_folder(t->resolver, "a.c"), ERR_MISSING);
}

#define IN_TREE(f) cmocka_unit_test_setup_teardown(f, tree_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(quotes_search_beside_the_file_then_both_chains),
		IN_TREE(folders_are_spelled_as_given),
		IN_TREE(system_headers_take_the_shorter_physical_path),
		IN_TREE(include_next_goes_on_behind_the_folder_of_the_hit),
		IN_TREE(include_next_of_an_absolute_file_searches_anew),
		IN_TREE(command_line_files_begin_at_the_cwd),
		IN_TREE(absolute_sources_and_headers_keep_their_spelling),
		IN_TREE(a_folder_named_like_a_header_is_passed_over),
		IN_TREE(headers_below_a_system_header_are_system_headers),
		IN_TREE(an_unreadable_file_is_neither_there_nor_absent),
		IN_TREE(links_and_folders_on_the_way_are_pieces),
		IN_TREE(a_piece_is_read_as_long_as_it_is_the_same),
		IN_TREE(files_are_one_for_pragma_once_by_each_compilers_rule),
		IN_TREE(a_cwd_through_a_link_brings_the_link),
		IN_TREE(a_folder_to_use_is_a_piece_or_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
