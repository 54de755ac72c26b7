/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "closure.h"
#include "home.h"
#include "io.h"
#include "xalloc.h"

struct fixture {
	struct home home;
	struct closure *closure;
	struct closure_result result;
};

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	home_make(&f->home);
	f->closure = closure_new(f->home.dir);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	closure_result_release(&f->result);
	closure_free(f->closure);
	int status = home_remove(&f->home);

	free(f);
	return status;
}

static void
file(const char *path, const char *text)
{
	char *dir = path_dir(path);

	assert_int_equal(io_make_dirs(dir, 0755), OK);
	assert_int_equal(io_replace_file(path, text, strlen(text), 0644), OK);
	free(dir);
}

/* The words are parted by one blank; variable may be NULL. */
static enum unmodelled
scan_with(struct fixture *f, const char *compiler, const char *line, const char *variable)
{
	struct strv argv = {0}, env = {0};

	for (const char *p = line;;) {
		size_t n = strcspn(p, " ");

		strv_take(&argv, xstrndup(p, n));
		if (p[n] == '\0')
			break;
		p += n + 1;
	}
	if (variable != NULL)
		strv_add(&env, variable);
	const struct closure_request q = {.compiler = compiler, .cwd = f->home.dir, .argv = &argv, .env = &env};

	closure_result_release(&f->result);
	closure_scan(f->closure, &q, NULL, NULL, &f->result);
	strv_release(&env);
	strv_release(&argv);
	return f->result.why;
}

static enum unmodelled
scan(struct fixture *f, const char *line)
{
	return scan_with(f, f->home.gcc, line, NULL);
}

/* expected: parted by one blank. */
static void
assert_list(const struct strv *list, const char *expected)
{
	struct buffer b = {0};

	for (size_t i = 0; i < list->count; i++) {
		buffer_add_string(&b, i > 0 ? " " : "");
		buffer_add_string(&b, list->items[i]);
	}
	char *got = buffer_take_string(&b);

	assert_string_equal(got, expected);
	free(got);
}

/* Is path, from our folder, among the pieces? */
static bool
has_piece(const struct fixture *f, enum manifest_type type, const char *path)
{
	char *absolute = path_join(f->home.dir, path);
	bool is_there = false;

	for (size_t i = 0; i < f->result.piece_count; i++) {
		const struct manifest_entry *e = &f->result.pieces[i]->entry;

		is_there = is_there || (e->type == type && strcmp(e->path, absolute) == 0);
	}
	free(absolute);
	return is_there;
}

/* Without the header that gcc enters by itself, which a machine may lack. */
#define PLAIN_C "gcc -ffreestanding -Iinc -isystem sys -c "

static void
files_are_listed_as_the_compiler_enters_them(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#include \"b.h\"\n#include <c.h>\n#include \"b.h\"\n");
	file("b.h", "#include <s.h>\n");
	file("inc/c.h", "#ifdef S\n#include \"d.h\"\n#endif\n");
	file("inc/d.h", "");
	file("sys/s.h", "#define S\n");
	assert_int_equal(scan(f, PLAIN_C "./a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c b.h sys/s.h inc/c.h inc/d.h");
	assert_list(&f->result.user_names, "a.c b.h inc/c.h inc/d.h");
	assert_non_null(f->result.source);
	assert_true(has_piece(f, MANIFEST_FILE, "inc/d.h"));
	assert_string_equal(path_base(f->result.source->entry.path), "a.c");
}

static void
what_a_system_header_includes_is_a_system_header(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#include <s.h>\n#include <t.h>\n#include <c.h>\n");
	file("sys/s.h", "#include <c.h>\n");
	file("inc/c.h", "");
	file("inc/t.h", "#include <u.h>\n#pragma GCC system_header\n#include <v.h>\n");
	file("inc/u.h", "");
	file("inc/v.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c sys/s.h inc/c.h inc/t.h inc/u.h inc/v.h");
	assert_list(&f->result.user_names, "a.c inc/t.h inc/u.h");
	/* clang lists what is entered as a user's later. */
	assert_int_equal(scan_with(f, f->home.clang, "clang -nostdinc -Iinc -isystem sys -c a.c", NULL), UNMODELLED_NONE);
	assert_list(&f->result.user_names, "a.c inc/t.h inc/u.h inc/c.h");
}

static void
clang_lists_what_it_only_finds(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#if __has_include(\"found.h\")\n#endif\n#include \"once.h\"\n");
	file("found.h", "");
	file("once.h", "#pragma once\n");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c once.h");
	assert_true(has_piece(f, MANIFEST_FILE, "found.h"));
	assert_int_equal(scan_with(f, f->home.clang, "clang -c a.c", NULL), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c found.h once.h");
	/* Whose a found file is does not depend on who asks. */
	file("b.c", "#include <s.h>\n");
	file("sys/s.h", "#if __has_include(<u.h>)\n#endif\n");
	file("inc/u.h", "");
	assert_int_equal(scan_with(f, f->home.clang, "clang -Iinc -isystem sys -c b.c", NULL), UNMODELLED_NONE);
	assert_list(&f->result.user_names, "b.c inc/u.h");
}

static void
files_of_the_command_line_come_first(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#ifdef B\n#include \"c.h\"\n#endif\n");
	file("b.h", "#define B\n");
	file("m.h", "#define M\n");
	file("c.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c -include b.h -imacros m.h"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c m.h b.h c.h");
}

static void
the_compiler_is_asked_until_all_is_known(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#if __has_attribute(noreturn)\n#include \"b.h\"\n#else\n#error no\n#endif\n");
	file("b.h", "#if !__has_attribute(no_such_thing)\n#include \"c.h\"\n#endif\n");
	file("c.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c b.h c.h");
}

static void
what_changes_is_seen_by_the_next_scan(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#include <b.h>\n#if __has_include(<c.h>)\n#include <c.h>\n#endif\n");
	file("sys/b.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c sys/b.h");
	file("sys/b.h", "#include <d.h>\n");
	file("sys/d.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c sys/b.h sys/d.h");
	/* In a folder that was not there. */
	file("inc/b.h", "");
	file("inc/c.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c inc/b.h inc/c.h");
	assert_int_equal(unlink("inc/b.h"), 0);
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c sys/b.h sys/d.h inc/c.h");
}

static void
variables_add_folders(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#include <b.h>\n#include <c.h>\n");
	file("x/b.h", "");
	file("y/c.h", "");
	assert_int_equal(scan_with(f, f->home.gcc, PLAIN_C "a.c", "CPATH=x:y"), UNMODELLED_NONE);
	assert_list(&f->result.names, "a.c x/b.h y/c.h");
	assert_int_equal(scan_with(f, f->home.gcc, PLAIN_C "a.c", "SUNPRO_DEPENDENCIES=d"), UNMODELLED_ENVIRONMENT);
}

static void
every_folder_that_is_searched_is_hidden(void **state)
{
	struct fixture *f = *state;
	char *missing = path_join(f->home.dir, "inc");
	char *outside = path_join(f->home.dir, "other/place");

	file("a.c", "#include \"other/place/b.h\"\n");
	file("other/place/b.h", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_true(strv_has(&f->result.hidden, "/usr/local/include"));
	assert_true(strv_has(&f->result.hidden, missing));
	assert_true(strv_has(&f->result.hidden, f->home.dir) || strv_has(&f->result.hidden, outside));
	free(outside);
	free(missing);
}

static void
folders_of_the_job_are_shown(void **state)
{
	struct fixture *f = *state;

	file("a.c", "");
	assert_int_equal(mkdir("out", 0755) | mkdir("deps", 0755) | mkdir("inc", 0755), 0);
	assert_int_equal(scan(f, PLAIN_C "a.c -o out/a.o -MD -MF deps/a.d"), UNMODELLED_NONE);
	assert_true(has_piece(f, MANIFEST_DIRECTORY, "out"));
	assert_true(has_piece(f, MANIFEST_DIRECTORY, "deps"));
	assert_true(has_piece(f, MANIFEST_DIRECTORY, "inc"));
	assert_false(has_piece(f, MANIFEST_DIRECTORY, "identity"));
}

static void
precompiled_headers_stay_here(void **state)
{
	struct fixture *f = *state;

	file("a.c", "#include \"b.h\"\n#include \"c.h\"\n");
	file("b.h", "");
	file("c.h", "");
	file("c.h.gch", "");
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_NONE);
	assert_int_equal(scan(f, PLAIN_C "a.c -include c.h"), UNMODELLED_PRECOMPILED);
	assert_int_equal(mkdir("b.h.gch", 0755), 0);
	assert_int_equal(scan(f, PLAIN_C "a.c"), UNMODELLED_PRECOMPILED);
	assert_int_equal(scan_with(f, f->home.clang, "clang -c a.c", NULL), UNMODELLED_NONE);
	assert_int_equal(scan_with(f, f->home.clang, "clang -c a.c -include c.h", NULL), UNMODELLED_PRECOMPILED);
}

static void
commands_that_are_none_for_a_volunteer_say_so(void **state)
{
	struct fixture *f = *state;

	file("a.c", "");
	assert_int_equal(scan(f, "gcc a.c"), UNMODELLED_COMMAND);
	assert_int_equal(scan(f, "gcc -c a.i"), UNMODELLED_PREPROCESSED);
	assert_int_equal(scan(f, "gcc -remap -c a.c"), UNMODELLED_OPTION);
	assert_int_equal(scan(f, "gcc -c gone.c"), UNMODELLED_MISSING);
	assert_string_equal(f->result.detail, "gone.c");
	assert_int_equal(f->result.names.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_are_listed_as_the_compiler_enters_them),
		TEST(what_a_system_header_includes_is_a_system_header),
		TEST(clang_lists_what_it_only_finds),
		TEST(files_of_the_command_line_come_first),
		TEST(the_compiler_is_asked_until_all_is_known),
		TEST(what_changes_is_seen_by_the_next_scan),
		TEST(variables_add_folders),
		TEST(every_folder_that_is_searched_is_hidden),
		TEST(folders_of_the_job_are_shown),
		TEST(precompiled_headers_stay_here),
		TEST(commands_that_are_none_for_a_volunteer_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
