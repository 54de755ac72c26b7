/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args.h"
#include "args_line.h"
#include "args_search.h"
#include "buffer.h"
#include "reason.h"

static char *
join(const struct strv *words)
{
	struct buffer b = {0};

	for (size_t i = 0; i < words->count; i++) {
		buffer_add_string(&b, i > 0 ? " " : "");
		buffer_add_string(&b, words->items[i]);
	}
	return buffer_take_string(&b);
}

static void
assert_words(const char *line, const char *what, const struct strv *words, const char *expected)
{
	char *got = join(words);

	assert_text(line, what, got, expected);
	free(got);
}

struct parsed {
	struct args args;
	struct args_search search;
};

static void
parse(struct parsed *p, const char *line)
{
	*p = (struct parsed){0};
	set_command(&p->args, line);
	assert_text(line, "reason", reason_word(p->args.here), reason_word(REASON_NONE));
	args_search_parse(&p->args, &p->search);
}

static void
release(struct parsed *p)
{
	args_search_release(&p->search);
	args_release(&p->args);
}

/* ---- macros and files ---- */

static void
definitions_and_undefinitions_keep_their_order(void **state)
{
	const char *line = "gcc -DA -UB -D C=1=2 --define-macro=F(x)=x -U C -DEMPTY= -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_text(line, "refused", p.search.refused, NULL);
	assert_text(line, "macros", p.search.macros,
	            "#define A 1\n#undef B\n#define C 1=2\n#define F(x) x\n#undef C\n#define EMPTY \n");
	release(&p);
}

static void
words_of_wp_and_xpreprocessor_come_last(void **state)
{
	const char *line = "gcc -Wp,-DA=1,-U,C,-include,w.h -Xpreprocessor -DC -DA=2 -include d.h -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_text(line, "macros", p.search.macros, "#define A 2\n#define A 1\n#undef C\n#define C 1\n");
	assert_words(line, "includes", &p.search.includes, "d.h w.h");
	release(&p);
}

static void
files_named_on_the_command_line_are_listed_by_kind(void **state)
{
	const char *line = "gcc -include a.h -imacros m.h -includeb.h --imacros=n.h --include c.h -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_words(line, "includes", &p.search.includes, "a.h b.h c.h");
	assert_words(line, "imacros", &p.search.imacros, "m.h n.h");
	assert_words(line, "dialect", &p.search.dialect, "");
	release(&p);
}

static void
a_definition_is_cut_at_its_newline(void **state)
{
	struct parsed p = {0};

	(void)state;
	strv_add(&p.args.argv, "gcc");
	strv_add(&p.args.argv, "-DX=1\n2");
	args_search_parse(&p.args, &p.search);
	assert_null(p.search.refused);
	assert_string_equal(p.search.macros, "#define X 1\n");
	release(&p);
}

/* ---- the key ---- */

static void
what_changes_no_macro_is_not_in_the_key(void **state)
{
	const char *line = "gcc -c a.c -o a.o -MD -MF a.d -MT x -Wall -Wno-error=foo -Wl,-s -Wa,-g -lm -L. -w -pipe"
	                   " -frandom-seed=7 -ffile-prefix-map=a=b -fdiagnostics-color=always -x c -DX -Ifoo";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_words(line, "dialect", &p.search.dialect, "");
	assert_words(line, "folders", &p.search.folders, "-Ifoo");
	release(&p);
}

static void
what_may_change_a_macro_is_in_the_key(void **state)
{
	const char *line = "gcc -O2 -g -std=gnu11 -m32 -fPIC -pthread -undef -nostdinc --sysroot=/x --param a=b -A p=q -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_words(line, "dialect", &p.search.dialect,
	             "-O2 -g -std=gnu11 -m32 -fPIC -pthread -undef -nostdinc --sysroot=/x --param a=b -A p=q");
	assert_true(p.search.has_no_standard_folders);
	assert_false(p.search.has_relative_folder);
	release(&p);
}

static void
folders_are_a_key_of_their_own(void **state)
{
	const char *line = "gcc -I/a -isystem /b -I /c -iquote/d -idirafter /e -Wp,-I,/f -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_words(line, "folders", &p.search.folders,
	             "-I/a -isystem /b -I /c -iquote/d -idirafter /e -Xpreprocessor -I -Xpreprocessor /f");
	assert_words(line, "user folders", &p.search.user_folders, "/a /c /f");
	assert_words(line, "other folders", &p.search.other_folders, "/e /d /b");
	assert_words(line, "dialect", &p.search.dialect, "");
	assert_false(p.search.has_relative_folder);
	release(&p);
	line = "gcc -I/a -Ib -c a.c";
	parse(&p, line);
	assert_true(p.search.has_relative_folder);
	release(&p);
}

static void
folders_with_a_prefix_are_known_by_their_end(void **state)
{
	const char *line = "gcc -isysroot /r -isystem s -iprefix /p/ -iwithprefixbefore inc -iwithprefix late -I=/y -c a.c";
	struct parsed p;

	(void)state;
	parse(&p, line);
	assert_words(line, "user folders", &p.search.user_folders, "*inc =/y");
	assert_words(line, "folders", &p.search.folders, "-isystem s -iprefix /p/ -iwithprefixbefore inc -iwithprefix late -I=/y");
	assert_words(line, "dialect", &p.search.dialect, "-isysroot /r");
	release(&p);
}

static void
the_last_word_on_spelling_counts(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "gcc -fno-canonical-system-headers -c a.c");
	assert_true(p.search.keeps_spelling);
	release(&p);
	parse(&p, "gcc -fno-canonical-system-headers -fcanonical-system-headers -c a.c");
	assert_false(p.search.keeps_spelling);
	release(&p);
}

/* ---- which list of dependencies ---- */

static void
the_list_that_the_user_asked_for_is_known(void **state)
{
	static const struct {
		const char *line;
		enum args_dependencies gcc, clang;
	} cases[] = {
		{"gcc -c a.c", ARGS_DEPENDENCIES_NONE, ARGS_DEPENDENCIES_NONE},
		{"gcc -MD -c a.c", ARGS_DEPENDENCIES_ALL, ARGS_DEPENDENCIES_ALL},
		{"gcc -MMD -MP -MF x -c a.c", ARGS_DEPENDENCIES_USER, ARGS_DEPENDENCIES_USER},
		{"gcc -Wp,-MD,x -c a.c", ARGS_DEPENDENCIES_ALL, ARGS_DEPENDENCIES_ALL},
		{"gcc -Wp,-MMD,x -c a.c", ARGS_DEPENDENCIES_USER, ARGS_DEPENDENCIES_USER},
		{"gcc -MD -MMD -c a.c", ARGS_DEPENDENCIES_USER, ARGS_DEPENDENCIES_ALL},
		{"gcc -MMD -MD -c a.c", ARGS_DEPENDENCIES_USER, ARGS_DEPENDENCIES_ALL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;

		parse(&p, cases[i].line);
		assert_int_equal(p.search.dependencies[ARGS_GCC], cases[i].gcc);
		assert_int_equal(p.search.dependencies[ARGS_CLANG], cases[i].clang);
		release(&p);
	}
}

/* ---- what is not modelled ---- */

static void
what_is_not_modelled_is_named(void **state)
{
	static const struct {
		const char *line;
		const char *refused;
	} cases[] = {
		{"gcc -remap -c a.c", "-remap"},
		{"gcc -traditional-cpp -c a.c", "-traditional-cpp"},
		{"gcc -F dir -c a.c", "-F"},
		{"gcc -iframework dir -c a.c", "-iframework"},
		{"gcc -finput-charset=latin1 -c a.c", "-finput-charset=latin1"},
		{"gcc -finput-charset=UTF-8 -c a.c", NULL},
		{"gcc -fno-dollars-in-identifiers -c a.c", "-fno-dollars-in-identifiers"},
		{"gcc -fno-operator-names -c a.cc", "-fno-operator-names"},
		{"clang -fms-compatibility-version=19 -c a.cc", "-fms-compatibility-version=19"},
		{"gcc -DX=a\\ -c a.c", "-D"},
		{"gcc -DX=/* -c a.c", "-D"},
		{"gcc -DX=a?""?/ -c a.c", "-D"},
		{"gcc -D= -c a.c", NULL},
		{"gcc -UX/*Y -c a.c", "-U"},
		{"gcc -I\tx -c a.c", "a folder's name"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;

		parse(&p, cases[i].line);
		assert_text(cases[i].line, "refused", p.search.refused, cases[i].refused);
		release(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definitions_and_undefinitions_keep_their_order),
		cmocka_unit_test(words_of_wp_and_xpreprocessor_come_last),
		cmocka_unit_test(files_named_on_the_command_line_are_listed_by_kind),
		cmocka_unit_test(a_definition_is_cut_at_its_newline),
		cmocka_unit_test(what_changes_no_macro_is_not_in_the_key),
		cmocka_unit_test(what_may_change_a_macro_is_in_the_key),
		cmocka_unit_test(folders_are_a_key_of_their_own),
		cmocka_unit_test(folders_with_a_prefix_are_known_by_their_end),
		cmocka_unit_test(the_last_word_on_spelling_counts),
		cmocka_unit_test(the_list_that_the_user_asked_for_is_known),
		cmocka_unit_test(what_is_not_modelled_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
