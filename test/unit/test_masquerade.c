/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "dcc itself" is the running program, so links to this test play the part of dcc's links. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "masquerade.h"
#include "xalloc.h"

#define SAFEGUARD "_DCC_SAFEGUARD"

/* Below it: links/ (to ourselves), more/ (likewise), real/ and late/ (programs). */
static char top[64];
static char own[4096];

static void
make_program(const char *name, mode_t mode)
{
	char *path = xasprintf("%s/%s", top, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

static void
make_link(const char *name)
{
	char *path = xasprintf("%s/%s", top, name);

	assert_int_equal(symlink(own, path), 0);
	free(path);
}

static int
make_tree(void **state)
{
	static const char *const dirs[] = {"links", "more", "real", "late"};
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	(void)state;
	if (n < 0)
		return -1;
	own[n] = '\0';
	snprintf(top, sizeof(top), "/tmp/dcc-masquerade-XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char *path = xasprintf("%s/%s", top, dirs[i]);

		mkdir(path, 0755);
		free(path);
	}
	make_link("links/gcc");
	make_link("more/gcc");
	make_program("real/gcc", 0755);
	make_program("real/cc", 0755);
	make_program("late/gcc", 0755);
	make_program("late/clang", 0644);
	unsetenv(SAFEGUARD);
	return 0;
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
remove_tree(void **state)
{
	(void)state;
	unsetenv(SAFEGUARD);
	return nftw(top, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* PATH of folders below top, by their names between colons; "" stays empty. */
static void
set_path(const char *folders)
{
	char *path = xstrdup("");

	for (const char *p = folders; *p != '\0'; p += *p == ':') {
		size_t n = strcspn(p, ":");
		char *longer = xasprintf("%s%s%s%s%.*s", path, p != folders ? ":" : "",
		                         n != 0 ? top : "", n != 0 ? "/" : "", (int)n, p);

		free(path);
		path = longer;
		p += n;
	}
	setenv("PATH", path, 1);
	free(path);
}

static enum err
resolve(struct masquerade *m, const char *words)
{
	struct strv argv = {0};

	*m = (struct masquerade){0};
	for (const char *p = words; *p != '\0';) {
		size_t n = strcspn(p, " ");

		strv_take(&argv, xstrndup(p, n));
		p += n;
		p += *p == ' ';
	}
	enum err e = masquerade_resolve(argv.items, m);

	strv_release(&argv);
	return e;
}

static void
check_below(const char *path, const char *wanted)
{
	assert_non_null(path);
	assert_int_equal(strncmp(path, top, strlen(top)), 0);
	assert_string_equal(path + strlen(top), wanted);
}

static void
check_command(const struct masquerade *m, const char *wanted)
{
	char *words = xstrdup("");

	for (size_t i = 0; i < m->command.count; i++) {
		char *longer = xasprintf("%s%s%s", words, i != 0 ? " " : "", m->command.items[i]);

		free(words);
		words = longer;
	}
	assert_string_equal(words, wanted);
	free(words);
}

static void
a_named_compiler_is_found_in_path(void **state)
{
	struct masquerade m;

	(void)state;
	set_path("real:late");
	assert_int_equal(resolve(&m, "/usr/bin/dcc gcc -c x.c"), OK);
	check_below(m.path, "/real/gcc");
	check_command(&m, "gcc -c x.c");
	assert_null(m.child_path);
	masquerade_release(&m);
	masquerade_release(&m);
}

static void
without_a_compiler_it_is_cc(void **state)
{
	static const char *const words[] = {"-c x.c", "x.c -c", "@args", "x.S", "a.o"};
	struct masquerade m;

	(void)state;
	set_path("real");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *typed = xasprintf("dcc %s", words[i]);
		char *wanted = xasprintf("cc %s", words[i]);

		assert_int_equal(resolve(&m, typed), OK);
		check_below(m.path, "/real/cc");
		check_command(&m, wanted);
		masquerade_release(&m);
		free(typed);
		free(wanted);
	}
}

static void
a_link_means_the_next_program_of_its_name(void **state)
{
	struct masquerade m;

	(void)state;
	set_path("links:real:late");
	assert_int_equal(resolve(&m, "gcc -c x.c"), OK);
	check_below(m.path, "/real/gcc");
	check_command(&m, "gcc -c x.c");
	assert_non_null(m.child_path);
	char *rest = xasprintf("%s/real:%s/late", top, top);

	assert_string_equal(m.child_path, rest);
	free(rest);
	masquerade_release(&m);
}

static void
every_link_to_ourselves_is_passed_over(void **state)
{
	struct masquerade m;

	(void)state;
	set_path("links:more:late:real");
	assert_int_equal(resolve(&m, "/some/where/gcc -c x.c"), OK);
	check_below(m.path, "/late/gcc");
	assert_int_equal(strncmp(m.child_path + strlen(top), "/late:", 6), 0);
	masquerade_release(&m);
	/* A link that stands behind the compiler is of no interest. */
	set_path("real:links");
	assert_int_equal(resolve(&m, "gcc -c x.c"), OK);
	check_below(m.path, "/real/gcc");
	assert_null(m.child_path);
	masquerade_release(&m);
}

static void
folders_without_the_program_are_passed_over(void **state)
{
	struct masquerade m;

	(void)state;
	set_path("nothing:links:nowhere:real");
	assert_int_equal(resolve(&m, "gcc -c x.c"), OK);
	check_below(m.path, "/real/gcc");
	masquerade_release(&m);
}

static void
an_empty_component_is_the_working_directory(void **state)
{
	struct masquerade m;
	char *dir = xasprintf("%s/real", top);

	(void)state;
	assert_int_equal(chdir(dir), 0);
	set_path(":late");
	assert_int_equal(resolve(&m, "dcc gcc"), OK);
	assert_string_equal(m.path, "./gcc");
	masquerade_release(&m);
	assert_int_equal(chdir("/"), 0);
	free(dir);
}

static void
no_compiler_is_missing(void **state)
{
	static const char *const paths[] = {"links:more", "nothing", ""};
	struct masquerade m;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		set_path(paths[i]);
		assert_int_equal(resolve(&m, "gcc -c x.c"), ERR_MISSING);
		assert_null(m.path);
		masquerade_release(&m);
	}
	set_path("late");
	assert_int_equal(resolve(&m, "dcc clang -c x.c"), ERR_MISSING);
	masquerade_release(&m);
	assert_int_equal(resolve(&m, "dcc /nonexistent/gcc -c x.c"), ERR_MISSING);
	masquerade_release(&m);
	assert_int_equal(resolve(&m, "dcc /tmp -c x.c"), ERR_MISSING);
	masquerade_release(&m);
}

static void
a_path_with_a_slash_is_taken_as_it_is(void **state)
{
	struct masquerade m;
	char *words = xasprintf("dcc %s/late/gcc -c x.c", top);

	(void)state;
	set_path("links:real");
	assert_int_equal(resolve(&m, words), OK);
	check_below(m.path, "/late/gcc");
	assert_null(m.child_path);
	masquerade_release(&m);
	free(words);
}

static void
a_path_to_ourselves_is_recursion(void **state)
{
	struct masquerade m;
	char *words = xasprintf("dcc %s/links/gcc -c x.c", top);

	(void)state;
	assert_int_equal(resolve(&m, words), ERR_BUG);
	masquerade_release(&m);
	free(words);
}

static void
no_words_at_all_are_no_command(void **state)
{
	struct masquerade m;

	(void)state;
	assert_int_equal(resolve(&m, "dcc"), ERR_USAGE);
	masquerade_release(&m);
}

static void
the_mark_stops_a_dcc_below_us(void **state)
{
	struct masquerade m;
	char *rest = xasprintf("%s/real", top);

	(void)state;
	set_path("links:real");
	assert_int_equal(resolve(&m, "gcc -c x.c"), OK);
	assert_null(getenv(SAFEGUARD));
	masquerade_prepare_children(&m);
	assert_non_null(getenv(SAFEGUARD));
	assert_string_equal(getenv("PATH"), rest);
	masquerade_release(&m);
	assert_int_equal(resolve(&m, "gcc -c x.c"), ERR_BUG);
	masquerade_release(&m);
	assert_int_equal(resolve(&m, "dcc gcc -c x.c"), ERR_BUG);
	masquerade_release(&m);
	unsetenv(SAFEGUARD);
	free(rest);
}

static void
path_stays_where_no_link_was_passed(void **state)
{
	struct masquerade m;

	(void)state;
	set_path("real:links");
	char *before = xstrdup(getenv("PATH"));

	assert_int_equal(resolve(&m, "dcc gcc -c x.c"), OK);
	masquerade_prepare_children(&m);
	assert_string_equal(getenv("PATH"), before);
	masquerade_release(&m);
	unsetenv(SAFEGUARD);
	free(before);
}

static void
names_with_dcc_in_them_are_dcc(void **state)
{
	(void)state;
	assert_true(masquerade_is_dcc("dcc"));
	assert_true(masquerade_is_dcc("/usr/bin/dcc"));
	assert_true(masquerade_is_dcc("/x/dcc-0.1"));
	assert_true(masquerade_is_dcc("lt-dcc"));
	assert_false(masquerade_is_dcc("gcc"));
	assert_false(masquerade_is_dcc("/usr/lib/dcc/gcc"));
	assert_false(masquerade_is_dcc("/usr/lib/dcc/x86_64-linux-gnu-gcc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_named_compiler_is_found_in_path),
		cmocka_unit_test(without_a_compiler_it_is_cc),
		cmocka_unit_test(a_link_means_the_next_program_of_its_name),
		cmocka_unit_test(every_link_to_ourselves_is_passed_over),
		cmocka_unit_test(folders_without_the_program_are_passed_over),
		cmocka_unit_test(an_empty_component_is_the_working_directory),
		cmocka_unit_test(no_compiler_is_missing),
		cmocka_unit_test(a_path_with_a_slash_is_taken_as_it_is),
		cmocka_unit_test(a_path_to_ourselves_is_recursion),
		cmocka_unit_test(no_words_at_all_are_no_command),
		cmocka_unit_test(the_mark_stops_a_dcc_below_us),
		cmocka_unit_test(path_stays_where_no_link_was_passed),
		cmocka_unit_test(names_with_dcc_in_them_are_dcc),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
