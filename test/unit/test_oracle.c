/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "args_line.h"
#include "home.h"
#include "oracle.h"
#include "path.h"
#include "xalloc.h"

/* The double of module program: the text. */
struct program {
	char *text;
};

struct program *
program_new(struct symbols *symbols, const char *text, size_t len, unsigned mode)
{
	struct program *p = xmalloc(sizeof(*p));

	(void)symbols;
	(void)mode;
	p->text = xstrndup(text, len);
	return p;
}

void
program_free(struct program *p)
{
	free(p->text);
	free(p);
}

struct fixture {
	struct home home;
	struct oracle *oracle;
};

static int
set_up_home(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	home_make(&f->home);
	*state = f;
	return 0;
}

static int
tear_down_home(void **state)
{
	struct fixture *f = *state;
	int status = home_remove(&f->home);

	free(f);
	return status;
}

/* Each test begins with what nobody has asked. */
static int
set_up(void **state)
{
	struct fixture *h = *state;
	char *kept = path_join(h->home.dir, "oracle");
	int status = scratch_remove(kept);

	free(kept);
	assert_int_equal(chdir(h->home.dir), 0);
	h->oracle = oracle_new(NULL, h->home.dir);
	return status;
}

static int
tear_down(void **state)
{
	struct fixture *h = *state;

	oracle_free(h->oracle);
	return 0;
}

struct asked {
	struct args args;
	struct args_search search;
	struct strv env;
	struct oracle_request request;
	struct oracle_view view;
	enum unmodelled why;
	char *detail;
};

/* The line begins with a compiler's name, which path is to be run for. */
static void
consult(struct asked *a, struct fixture *h, const char *path, const char *line, const char *variable)
{
	*a = (struct asked){0};
	set_command(&a->args, line);
	args_search_parse(&a->args, &a->search);
	if (variable != NULL)
		strv_add(&a->env, variable);
	a->request = (struct oracle_request){.compiler = path, .cwd = h->home.dir, .env = &a->env,
	                                     .language = a->args.language, .search = &a->search};
	a->why = oracle_consult(h->oracle, &a->request, &a->view, &a->detail);
}

static void
release(struct asked *a)
{
	free(a->detail);
	strv_release(&a->env);
	args_search_release(&a->search);
	args_release(&a->args);
}

static uint64_t
runs(const struct fixture *h)
{
	struct oracle_counts c;

	oracle_count(h->oracle, &c);
	return c.runs;
}

/* Consults and lets go. */
static enum unmodelled
consult_once(struct fixture *h, const char *path, const char *line, const char *variable)
{
	struct asked a;

	consult(&a, h, path, line, variable);
	release(&a);
	return a.why;
}

static bool
has_macro(const struct oracle_view *v, const char *line)
{
	return strstr(v->predefines->text, line) != NULL;
}

static void
gcc_tells_its_macros_and_folders(void **state)
{
	struct fixture *h = *state;
	struct asked a;

	consult(&a, h, h->home.gcc, "gcc -O2 -Dmine -c a.c", NULL);
	assert_int_equal(a.why, UNMODELLED_NONE);
	assert_true(has_macro(&a.view, "#define __OPTIMIZE__ 1\n"));
	assert_true(has_macro(&a.view, "#define __GNUC__ "));
	assert_false(has_macro(&a.view, "mine"));
	assert_false(has_macro(&a.view, "_STDC_PREDEF_H"));
	assert_int_equal(a.view.compiler, ARGS_GCC);
	assert_true(a.view.mode & PROGRAM_LINE_COMMENTS);
	assert_false(a.view.mode & (PROGRAM_CLANG | PROGRAM_CXX | PROGRAM_TRIGRAPHS));
	assert_string_equal(a.view.search->folders[a.view.search->count - 1].path, "/usr/include");
	assert_true(a.view.search->folders[0].is_system);
	assert_true(strv_has(a.view.hidden, "/usr/local/include"));
	release(&a);
}

static void
options_decide_the_traits_of_the_language(void **state)
{
	static const struct {
		const char *line;
		unsigned mode;
	} cases[] = {
		{"gcc -std=c89 -c a.c", PROGRAM_TRIGRAPHS},
		{"gcc -std=gnu89 -c a.c", PROGRAM_LINE_COMMENTS},
		{"gcc -std=c99 -c a.c", PROGRAM_LINE_COMMENTS | PROGRAM_TRIGRAPHS},
		{"gcc -std=gnu99 -trigraphs -c a.c", PROGRAM_LINE_COMMENTS | PROGRAM_TRIGRAPHS | PROGRAM_RAW_STRINGS},
		{"gcc -std=c++98 -c a.cc", PROGRAM_CXX | PROGRAM_LINE_COMMENTS | PROGRAM_TRIGRAPHS},
		{"gcc -std=gnu++11 -c a.cc", PROGRAM_CXX | PROGRAM_LINE_COMMENTS | PROGRAM_RAW_STRINGS},
		{"gcc -std=c++14 -c a.cc", PROGRAM_CXX | PROGRAM_LINE_COMMENTS | PROGRAM_TRIGRAPHS | PROGRAM_RAW_STRINGS |
		                               PROGRAM_DIGIT_SEPARATORS},
		{"gcc -c a.S", PROGRAM_ASSEMBLER | PROGRAM_LINE_COMMENTS},
	};
	struct fixture *h = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asked a;

		consult(&a, h, h->home.gcc, cases[i].line, NULL);
		assert_int_equal(a.why, UNMODELLED_NONE);
		assert_int_equal(a.view.mode & ~(unsigned)PROGRAM_ELIFDEF, cases[i].mode);
		release(&a);
	}
}

static void
what_was_asked_once_is_known(void **state)
{
	struct fixture *h = *state;
	struct asked a, b;

	consult(&a, h, h->home.gcc, "gcc -c a.c", NULL);
	assert_int_equal(runs(h), 1);
	consult(&b, h, h->home.gcc, "gcc -Wall -DX -c b.c -o b.o", NULL);
	assert_int_equal(runs(h), 1);
	assert_ptr_equal(a.view.search, b.view.search);
	assert_ptr_equal(a.view.predefines, b.view.predefines);
	release(&b);
	/* Another list for the same folders. */
	consult(&b, h, h->home.gcc, "gcc -I/no/such/folder -c b.c", NULL);
	assert_int_equal(runs(h), 2);
	assert_ptr_equal(a.view.search, b.view.search);
	release(&b);
	release(&a);
}

static void
the_next_oracle_knows_what_one_was_told(void **state)
{
	struct fixture *h = *state;
	struct asked a;

	assert_int_equal(consult_once(h, h->home.gcc, "gcc -I. -c a.c", NULL), UNMODELLED_NONE);
	oracle_free(h->oracle);
	h->oracle = oracle_new(NULL, h->home.dir);
	consult(&a, h, h->home.gcc, "gcc -I. -c a.c", NULL);
	assert_int_equal(a.why, UNMODELLED_NONE);
	assert_true(has_macro(&a.view, "#define __GNUC__ "));
	assert_string_equal(a.view.search->folders[0].path, ".");
	assert_false(a.view.search->folders[0].is_system);
	assert_true(a.view.has_preinclude);
	assert_int_equal(runs(h), 0);
	release(&a);
}

static void
a_folder_that_appears_is_searched(void **state)
{
	struct fixture *h = *state;
	struct asked a;

	consult(&a, h, h->home.gcc, "gcc -Ilater -c a.c", NULL);
	assert_true(a.view.search->folders[0].is_system);
	assert_true(oracle_is_current(h->oracle));
	release(&a);
	assert_int_equal(mkdir("later", 0755), 0);
	assert_false(oracle_is_current(h->oracle));
	consult(&a, h, h->home.gcc, "gcc -Ilater -c a.c", NULL);
	assert_string_equal(a.view.search->folders[0].path, "later");
	assert_false(a.view.search->folders[0].is_system);
	release(&a);
	assert_int_equal(rmdir("later"), 0);
	consult(&a, h, h->home.gcc, "gcc -Ilater -c a.c", NULL);
	assert_true(a.view.search->folders[0].is_system);
	release(&a);
}

static void
cpath_comes_behind_the_commands_folders(void **state)
{
	struct fixture *h = *state;
	struct asked a;

	assert_int_equal(mkdir("c", 0755) | mkdir("i", 0755) | mkdir("s", 0755), 0);
	consult(&a, h, h->home.gcc, "gcc -Ii -isystem s -c a.c", "CPATH=c:");
	assert_int_equal(a.why, UNMODELLED_NONE);
	assert_string_equal(a.view.search->folders[0].path, "i");
	assert_string_equal(a.view.search->folders[1].path, "c");
	assert_string_equal(a.view.search->folders[2].path, ".");
	assert_false(a.view.search->folders[2].is_system);
	assert_string_equal(a.view.search->folders[3].path, "s");
	assert_true(a.view.search->folders[3].is_system);
	release(&a);
	consult(&a, h, h->home.gcc, "gcc -Ii -c a.c", "C_INCLUDE_PATH=c");
	assert_string_equal(a.view.search->folders[1].path, "c");
	assert_true(a.view.search->folders[1].is_system);
	release(&a);
	assert_int_equal(rmdir("c") | rmdir("i") | rmdir("s"), 0);
}

static void
questions_are_answered_exactly_and_asked_together(void **state)
{
	static const struct {
		const char *question;
		int64_t value;
		enum err e;
	} cases[] = {
		{"__has_cpp_attribute(nodiscard)", 201907, OK}, {"__has_attribute(no_such_thing)", 0, OK},
		{"defined __has_feature", 0, OK},               {"defined __has_attribute", 1, OK},
		{"__has_builtin(__builtin_memcpy)", 1, OK},     {"__is_nothing(x)", 0, ERR_DENIED},
	};
	struct fixture *h = *state;
	struct asked a;
	int64_t value;

	consult(&a, h, h->home.gxx, "g++ -std=c++20 -c a.cc", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(oracle_answer(h->oracle, cases[i].question, &value), ERR_MISSING);
	assert_int_equal(oracle_ask_noted(h->oracle, &a.request, &a.detail), UNMODELLED_NONE);
	assert_int_equal(runs(h), 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(oracle_answer(h->oracle, cases[i].question, &value), cases[i].e);
		if (cases[i].e == OK)
			assert_int_equal(value, cases[i].value);
	}
	release(&a);
	/* A new dialect is asked the same at once. */
	consult(&a, h, h->home.gxx, "g++ -std=c++98 -c a.cc", NULL);
	assert_int_equal(runs(h), 3);
	assert_int_equal(oracle_answer(h->oracle, "__has_builtin(__builtin_memcpy)", &value), OK);
	release(&a);
	/* And the next oracle has the answers. */
	oracle_free(h->oracle);
	h->oracle = oracle_new(NULL, h->home.dir);
	consult(&a, h, h->home.gxx, "g++ -std=c++20 -c a.cc", NULL);
	assert_int_equal(oracle_answer(h->oracle, "__has_cpp_attribute(nodiscard)", &value), OK);
	assert_int_equal(value, 201907);
	assert_int_equal(runs(h), 0);
	release(&a);
}

static void
clang_tells_the_same_in_its_own_way(void **state)
{
	struct fixture *h = *state;
	struct asked a;
	int64_t value = 7;

	consult(&a, h, h->home.clang, "clang -I. -I/no/such/folder -c a.c", NULL);
	assert_int_equal(a.why, UNMODELLED_NONE);
	assert_int_equal(a.view.compiler, ARGS_CLANG);
	assert_true(a.view.mode & PROGRAM_CLANG);
	assert_false(a.view.has_preinclude);
	assert_true(has_macro(&a.view, "#define __clang__ 1\n"));
	assert_string_equal(a.view.search->folders[0].path, ".");
	assert_false(a.view.search->folders[0].is_system);
	assert_true(a.view.search->folders[1].is_system);
	assert_true(strv_has(a.view.hidden, "/no/such/folder"));
	assert_int_equal(oracle_answer(h->oracle, "__has_feature(c_alignas)", &value), ERR_MISSING);
	assert_int_equal(oracle_answer(h->oracle, "__is_identifier(int)", &value), ERR_MISSING);
	assert_int_equal(oracle_ask_noted(h->oracle, &a.request, &a.detail), UNMODELLED_NONE);
	assert_int_equal(oracle_answer(h->oracle, "__has_feature(c_alignas)", &value), OK);
	assert_int_equal(oracle_answer(h->oracle, "__is_identifier(int)", &value), OK);
	assert_int_equal(value, 0);
	release(&a);
}

static void
a_command_that_fails_is_not_tried_for_every_file(void **state)
{
	struct fixture *h = *state;
	struct asked a;

	for (int i = 0; i < 3; i++) {
		consult(&a, h, h->home.gcc, "gcc -std=nonsense -c a.c", NULL);
		assert_int_equal(a.why, UNMODELLED_COMPILER);
		assert_non_null(strstr(a.detail, "nonsense"));
		release(&a);
	}
	assert_int_equal(runs(h), 1);
}

static void
what_is_not_modelled_is_named(void **state)
{
	struct fixture *h = *state;

	assert_int_equal(consult_once(h, h->home.gcc, "gcc -c a.c", "DEPENDENCIES_OUTPUT=x"), UNMODELLED_ENVIRONMENT);
	assert_int_equal(consult_once(h, "/bin/true", "gcc -c a.c", NULL), UNMODELLED_COMPILER);
	assert_int_equal(consult_once(h, h->home.gcc, "gcc -I/etc/passwd -c a.c", NULL), UNMODELLED_FOLDER);
	assert_int_equal(consult_once(h, h->home.gcc, "gcc -I/usr -c a.c", NULL), UNMODELLED_FOLDER);
	assert_int_equal(consult_once(h, h->home.gcc, "gcc -I/usr -c b.c", NULL), UNMODELLED_FOLDER);
	assert_int_equal(consult_once(h, h->home.clang, "clang --target=x86_64-pc-windows-msvc -c a.c", NULL), UNMODELLED_LANGUAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gcc_tells_its_macros_and_folders),
		TEST(options_decide_the_traits_of_the_language),
		TEST(what_was_asked_once_is_known),
		TEST(the_next_oracle_knows_what_one_was_told),
		TEST(a_folder_that_appears_is_searched),
		TEST(cpath_comes_behind_the_commands_folders),
		TEST(questions_are_answered_exactly_and_asked_together),
		TEST(clang_tells_the_same_in_its_own_way),
		TEST(a_command_that_fails_is_not_tried_for_every_file),
		TEST(what_is_not_modelled_is_named),
	};

	return cmocka_run_group_tests(tests, set_up_home, tear_down_home);
}
