/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "textfilter.h"

/* Filters the first bytes at once and the rest in pieces of step. */
static void
filter(const char *source, const char *text, size_t first, size_t step, struct buffer *out)
{
	struct textfilter f = {0};
	size_t len = strlen(text);

	textfilter_init(&f, source);
	textfilter_add(&f, text, first, out);
	for (size_t at = first; at < len; at += step)
		textfilter_add(&f, text + at, len - at < step ? len - at : step, out);
	textfilter_finish(&f, out);
	textfilter_release(&f);
	textfilter_release(&f);
}

static void
check_one(const char *source, const char *text, const char *wanted, const size_t cut[2])
{
	struct buffer out = {0};

	filter(source, text, cut[0], cut[1], &out);
	assert_int_equal(out.len, strlen(wanted));
	if (out.len != 0)
		assert_memory_equal(out.data, wanted, out.len);
	buffer_release(&out);
}

/* Cut in two at every byte, and in single bytes, the result is the same. */
static void
check(const char *source, const char *text, const char *wanted)
{
	size_t len = strlen(text);

	for (size_t first = 0; first <= len; first++)
		check_one(source, text, wanted, (const size_t[2]){first, len + 1});
	check_one(source, text, wanted, (const size_t[2]){0, 1});
}

static void
predefined_macros_and_those_of_the_command_are_dropped(void **state)
{
	(void)state;
	check("x.c",
	      "# 0 \"x.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "#define __STDC__ 1\n"
	      "#define __VERSION__ \"12.2.0\"\n"
	      "# 0 \"<command-line>\"\n"
	      "#define FOO 1\n"
	      "#undef BAR\n"
	      "# 1 \"/usr/include/stdc-predef.h\" 1 3 4\n"
	      "# 0 \"<command-line>\" 2\n"
	      "# 1 \"x.c\"\n"
	      "#define MINE 2\n"
	      "int x = MINE;\n",
	      "# 0 \"x.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "# 0 \"<command-line>\"\n"
	      "# 1 \"/usr/include/stdc-predef.h\" 1 3 4\n"
	      "# 0 \"<command-line>\" 2\n"
	      "# 1 \"x.c\"\n"
	      "#define MINE 2\n"
	      "int x = MINE;\n");
}

static void
macros_of_included_files_pass(void **state)
{
	(void)state;
	check("x.c",
	      "# 0 \"x.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "#define A 1\n"
	      "# 0 \"<command-line>\"\n"
	      "# 1 \"./k.h\" 1\n"
	      "#define K 1\n"
	      "# 1 \"sub/deep.h\" 1\n"
	      "#undef K\n"
	      "# 3 \"./k.h\" 2\n"
	      "#define L 1\n"
	      "# 0 \"<command-line>\" 2\n"
	      "#define DROPPED 1\n"
	      "# 1 \"x.c\"\n",
	      "# 0 \"x.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "# 0 \"<command-line>\"\n"
	      "# 1 \"./k.h\" 1\n"
	      "#define K 1\n"
	      "# 1 \"sub/deep.h\" 1\n"
	      "#undef K\n"
	      "# 3 \"./k.h\" 2\n"
	      "#define L 1\n"
	      "# 0 \"<command-line>\" 2\n"
	      "# 1 \"x.c\"\n");
}

/* What stands there and is no definition belongs to somebody: -imacros leaves such lines. */
static void
only_definitions_are_dropped(void **state)
{
	(void)state;
	check("x.c",
	      "# 0 \"<command-line>\"\n"
	      "\n"
	      "#pragma GCC x\n"
	      "#defined\n"
	      " #define INDENTED\n"
	      "#define GONE\n"
	      "#undef GONE\n"
	      "int a;\n",
	      "# 0 \"<command-line>\"\n"
	      "\n"
	      "#pragma GCC x\n"
	      "#defined\n"
	      " #define INDENTED\n"
	      "int a;\n");
}

static void
after_the_source_begins_everything_passes(void **state)
{
	(void)state;
	check("x.c",
	      "# 1 \"x.c\"\n"
	      "# 1 \"<built-in>\"\n"
	      "#define A 1\n"
	      "# 1 \"x.c\"\n"
	      "#line 1 \"<built-in>\"\n"
	      "# 1 \"<built-in>\"\n"
	      "#define KEPT 1\n",
	      "# 1 \"x.c\"\n"
	      "# 1 \"<built-in>\"\n"
	      "# 1 \"x.c\"\n"
	      "#line 1 \"<built-in>\"\n"
	      "# 1 \"<built-in>\"\n"
	      "#define KEPT 1\n");
}

static void
a_name_with_quotes_and_backslashes_is_known_in_its_marker(void **state)
{
	(void)state;
	check("a\"b\\c.c",
	      "# 0 \"a\\\"b\\\\c.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "#define A 1\n"
	      "# 1 \"a\\\"b\\\\c.c\"\n"
	      "# 1 \"<built-in>\"\n"
	      "#define KEPT 1\n",
	      "# 0 \"a\\\"b\\\\c.c\"\n"
	      "# 0 \"<built-in>\"\n"
	      "# 1 \"a\\\"b\\\\c.c\"\n"
	      "# 1 \"<built-in>\"\n"
	      "#define KEPT 1\n");
}

static void
a_name_that_begins_like_the_source_is_another_file(void **state)
{
	(void)state;
	check("x.c",
	      "# 0 \"x.c\"\n"
	      "# 0 \"x.cc\"\n"
	      "# 0 \"<built-in>\"\n"
	      "#define A 1\n",
	      "# 0 \"x.c\"\n"
	      "# 0 \"x.cc\"\n"
	      "# 0 \"<built-in>\"\n");
}

static void
what_only_looks_like_a_marker_passes(void **state)
{
	static const char text[] = "# \"<built-in>\"\n"
	                           "#0 \"<built-in>\"\n"
	                           "# 0 <built-in>\n"
	                           "# x \"<built-in>\"\n"
	                           "# 12\n"
	                           "# 1 \"\n"
	                           "#\n"
	                           "#define KEPT 1\n";

	(void)state;
	check("x.c", text, text);
}

static void
the_last_line_needs_no_newline(void **state)
{
	(void)state;
	check("x.c", "# 0 \"<built-in>\"\n#define A", "# 0 \"<built-in>\"\n");
	check("x.c", "# 0 \"<built-in>\"\nint a;", "# 0 \"<built-in>\"\nint a;");
	check("x.c", "int a;", "int a;");
}

static void
an_empty_text_is_empty(void **state)
{
	(void)state;
	check("x.c", "", "");
	check("", "\n", "\n");
}

static void
long_lines_are_held_together(void **state)
{
	struct buffer out = {0};
	char line[20000];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "# 0 \"<built-in>\"\n#define ", 25);
	line[sizeof(line) - 1] = '\0';
	filter("x.c", line, 0, 100, &out);
	assert_int_equal(out.len, 17);
	buffer_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(predefined_macros_and_those_of_the_command_are_dropped),
		cmocka_unit_test(macros_of_included_files_pass),
		cmocka_unit_test(only_definitions_are_dropped),
		cmocka_unit_test(after_the_source_begins_everything_passes),
		cmocka_unit_test(a_name_with_quotes_and_backslashes_is_known_in_its_marker),
		cmocka_unit_test(a_name_that_begins_like_the_source_is_another_file),
		cmocka_unit_test(what_only_looks_like_a_marker_passes),
		cmocka_unit_test(the_last_line_needs_no_newline),
		cmocka_unit_test(an_empty_text_is_empty),
		cmocka_unit_test(long_lines_are_held_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
