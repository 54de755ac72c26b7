/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interview.h"
#include "program.h"
#include "xalloc.h"

static enum err
parse_output(const char *text, struct interview *i, struct interview_answer *answers, size_t count)
{
	char *copy = xstrdup(text);
	enum err e = interview_parse_output(copy, i, answers, count);

	free(copy);
	return e;
}

static enum err
parse_messages(const char *text, const char *user, struct interview *i)
{
	char *copy = xstrdup(text);
	struct strv folders = {0};

	for (const char *p = user; *p != '\0';) {
		size_t n = strcspn(p, " ");

		strv_take(&folders, xstrndup(p, n));
		p += n + (p[n] == ' ' ? 1 : 0);
	}
	enum err e = interview_parse_messages(copy, &folders, i);

	strv_release(&folders);
	free(copy);
	return e;
}

/* ---- standard output ---- */

static void
what_stands_before_the_source_are_the_compilers_macros(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("# 0 \"<stdin>\"\n# 1 \"/work//\"\n# 0 \"<built-in>\"\n#define __STDC__ 1\n# 0 \"<command-line>\"\n"
	                              "#define _REENTRANT 1\n#undef X\n# 1 \"/usr/include/stdc-predef.h\" 1 3 4\n"
	                              "# 19 \"/usr/include/stdc-predef.h\" 3 4\n#define _STDC_PREDEF_H 1\n"
	                              "# 0 \"<command-line>\" 2\n# 1 \"<stdin>\"\ndcc_begin\n#define LATER\ndcc_end\n",
	                              &i, NULL, 0),
	                 OK);
	assert_string_equal(i.predefines, "#define __STDC__ 1\n#define _REENTRANT 1\n#undef X\n");
	assert_true(i.has_preinclude);
	assert_null(i.odd);
	assert_int_equal(i.mode, 0);
	interview_release(&i);
}

static void
another_header_that_comes_by_itself_is_odd(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("# 1 \"/opt/own.h\" 1\n# 0 \"<built-in>\" 2\ndcc_begin\ndcc_end\n", &i, NULL, 0), OK);
	assert_string_equal(i.odd, "the compiler includes /opt/own.h by itself");
	assert_false(i.has_preinclude);
	interview_release(&i);
}

static void
traits_become_the_bits_of_a_mode(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("dcc_begin\ndcc_trait raw-strings\ndcc_trait line-comments\ndcc_end\n", &i, NULL, 0), OK);
	assert_int_equal(i.mode, PROGRAM_RAW_STRINGS | PROGRAM_LINE_COMMENTS);
	interview_release(&i);
}

static void
microsofts_rules_are_odd(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("#define _MSC_VER 1920\ndcc_begin\ndcc_odd something\ndcc_end\n", &i, NULL, 0), OK);
	assert_string_equal(i.odd, "Microsoft's rules for including");
	interview_release(&i);
}

static void
answers_have_their_exact_values(void **state)
{
	struct interview_answer answers[5] = {{.question = (char[]){"a"}}};
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("dcc_answer 0 7\ndcc_begin\ndcc_answer 1 201907L\ndcc_answer 2 -1 \n"
	                              "dcc_answer 3 __has_x(y)\ndcc_answer 5 1\ndcc_answer 4 0\ndcc_end\n",
	                              &i, answers, 5),
	                 OK);
	assert_false(answers[0].is_known);
	assert_true(answers[1].is_known);
	assert_int_equal(answers[1].value, 201907);
	assert_int_equal(answers[2].value, -1);
	assert_false(answers[3].is_known);
	assert_true(answers[4].is_known);
	assert_int_equal(answers[4].value, 0);
	interview_release(&i);
}

static void
an_output_that_ends_too_early_is_none(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_output("dcc_begin\ndcc_trait elifdef\n", &i, NULL, 0), ERR_PROTOCOL);
	interview_release(&i);
	assert_int_equal(parse_output("dcc_end\n", &i, NULL, 0), ERR_PROTOCOL);
	interview_release(&i);
}

/* ---- messages ---- */

static void
folders_are_listed_as_the_compiler_spells_them(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_messages("ignoring nonexistent directory \"/nowhere\"\n#include \"...\" search starts here:\n"
	                                " q\n#include <...> search starts here:\n include\n /usr/include\n"
	                                "End of search list.\n # more\n",
	                                "include", &i),
	                 OK);
	assert_int_equal(i.quote.count, 1);
	assert_string_equal(i.quote.items[0], "q");
	assert_int_equal(i.bracket.count, 2);
	assert_string_equal(i.bracket.items[1], "/usr/include");
	assert_int_equal(i.user_count, 1);
	assert_int_equal(i.missing.count, 1);
	assert_string_equal(i.missing.items[0], "/nowhere");
	interview_release(&i);
}

static void
a_folder_dropped_for_a_system_folders_sake_is_no_user_folder(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_messages("ignoring duplicate directory \"/x\"\n"
	                                "  as it is a non-system directory that duplicates a system directory\n"
	                                "#include \"...\" search starts here:\n#include <...> search starts here:\n"
	                                " /a\n /x\n /usr/include\nEnd of search list.\n",
	                                "/a /x", &i),
	                 OK);
	assert_int_equal(i.user_count, 1);
	assert_int_equal(i.duplicates.count, 1);
	interview_release(&i);
}

static void
missing_and_repeated_user_folders_are_passed_over(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_messages("ignoring nonexistent directory \"gone\"\nignoring duplicate directory \"a\"\n"
	                                "#include \"...\" search starts here:\n#include <...> search starts here:\n"
	                                " a\n b\n /usr/include\nEnd of search list.\n",
	                                "a gone a b/", &i),
	                 OK);
	assert_int_equal(i.user_count, 2);
	interview_release(&i);
}

static void
a_folder_below_the_sysroot_is_known_by_its_end(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_messages("#include \"...\" search starts here:\n#include <...> search starts here:\n"
	                                " /root/y\n /p/inc\n /usr/include\nEnd of search list.\n",
	                                "=/y *inc $SYSROOT/z", &i),
	                 OK);
	assert_int_equal(i.user_count, 2);
	interview_release(&i);
}

static void
without_a_list_or_with_frameworks_there_is_no_answer(void **state)
{
	struct interview i = {0};

	(void)state;
	assert_int_equal(parse_messages("cc1: error: what?\n", "", &i), ERR_PROTOCOL);
	interview_release(&i);
	assert_int_equal(parse_messages("#include \"...\" search starts here:\n#include <...> search starts here:\n"
	                                " /F (framework directory)\nEnd of search list.\n",
	                                "", &i),
	                 ERR_PROTOCOL);
	interview_release(&i);
}

/* ---- questions ---- */

static void
what_would_break_a_line_is_no_question(void **state)
{
	char *longest = xmalloc(INTERVIEW_QUESTION_MAX + 2);

	(void)state;
	assert_true(interview_is_question("__has_attribute(noreturn)"));
	assert_false(interview_is_question(""));
	assert_false(interview_is_question("a\nb"));
	assert_false(interview_is_question("a\\"));
	memset(longest, 'a', INTERVIEW_QUESTION_MAX + 1);
	longest[INTERVIEW_QUESTION_MAX + 1] = '\0';
	assert_false(interview_is_question(longest));
	free(longest);
}

static void
each_question_is_numbered_in_the_text(void **state)
{
	struct interview_answer answers[] = {{.question = (char[]){"A(x)"}}, {.question = (char[]){"defined B"}}};
	struct buffer b = {0};

	(void)state;
	interview_format(answers, 2, ARGS_LANG_C, &b);
	char *text = buffer_take_string(&b);

	assert_non_null(strstr(text, "#elif ((A(x)) || 1)\ndcc_answer 0 A(x)\n"));
	assert_non_null(strstr(text, "#if ((defined B) == 0)\ndcc_answer 1 0\n"));
	assert_null(strstr(text, "dcc_odd no words for operators"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_before_the_source_are_the_compilers_macros),
		cmocka_unit_test(another_header_that_comes_by_itself_is_odd),
		cmocka_unit_test(traits_become_the_bits_of_a_mode),
		cmocka_unit_test(microsofts_rules_are_odd),
		cmocka_unit_test(answers_have_their_exact_values),
		cmocka_unit_test(an_output_that_ends_too_early_is_none),
		cmocka_unit_test(folders_are_listed_as_the_compiler_spells_them),
		cmocka_unit_test(a_folder_dropped_for_a_system_folders_sake_is_no_user_folder),
		cmocka_unit_test(missing_and_repeated_user_folders_are_passed_over),
		cmocka_unit_test(a_folder_below_the_sysroot_is_known_by_its_end),
		cmocka_unit_test(without_a_list_or_with_frameworks_there_is_no_answer),
		cmocka_unit_test(what_would_break_a_line_is_no_question),
		cmocka_unit_test(each_question_is_numbered_in_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
