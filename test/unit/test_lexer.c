/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lexer_events.h"

static void
directives_are_found_at_the_beginning_of_a_line(void **state)
{
	(void)state;
	assert_events("#define A\nint x; # no\n  #  if B  \n\t#endif", LEXER_GNU, "1 #[define A] 3 #[if B] 4 #[endif] ");
	assert_events("", LEXER_GNU, "");
	assert_events("#\n#x", LEXER_GNU, "1 #[] 2 #[x] ");
}

static void
a_mark_for_the_order_of_bytes_and_carriage_returns_do_not_matter(void **state)
{
	(void)state;
	assert_events("\xef\xbb\xbf#define A\r\nx\r\n #endif\r\n", LEXER_GNU, "1 #[define A] 3 #[endif] ");
	assert_events("#define A \\\r\n 1\r\n#x\r\n", LEXER_GNU, "1* #[define A 1] 3 #[x] ");
	assert_events("\f\v#define\fA\v1\f\n", LEXER_GNU, "1 #[define\fA\v1] ");
}

static void
a_nul_is_a_blank(void **state)
{
	static const char text[] = "\0#define A\0B\n";

	(void)state;
	assert_string_equal(lexer_events(text, sizeof(text) - 1, LEXER_GNU), "1 #[define A B] ");
}

static void
comments_are_blanks(void **state)
{
	(void)state;
	assert_events("/* a */ # /* b */ define /* c */ A /* d */ 1 // e\n", LEXER_GNU, "1 #[define A 1] ");
	assert_events("/* a\n# no\n*/ #x\n// y \\\n# no\n#z\n", LEXER_GNU, "3 #[x] 6 #[z] ");
	assert_events("a /* b\n */ # no\n", LEXER_GNU, "");
	assert_events("#define A /* 1\n 2 */ 3\n#x\n", LEXER_GNU, "1* #[define A 3] 3 #[x] ");
	assert_events("#define A/**/(b)\n", LEXER_GNU, "1 #[define A (b)] ");
	assert_events("/**/ /* */ #x\n/*/#no*/\n", LEXER_GNU, "1 #[x] ");
}

static void
literals_hide_comments_and_directives(void **state)
{
	(void)state;
	assert_events("char *s = \"/* \\\" // \";\n#x\n", LEXER_GNU, "2 #[x] ");
	assert_events("c = '\"'; d = '\\''; /* ' */\n#x\n", LEXER_GNU, "2 #[x] ");
	assert_events("s = \"a\\\n#no\";\n#x\n", LEXER_GNU, "3 #[x] ");
	assert_events("#define A \"/*\" '\"' b /* \" */\n#x\n", LEXER_GNU, "1 #[define A \"/*\" '\"' b] 2 #[x] ");
}

static void
a_literal_without_end_takes_its_line_alone(void **state)
{
	(void)state;
	assert_events("don't /* \n#x\n", LEXER_GNU, "2 #[x] ");
	assert_events("#error don't /*\n#x\n", LEXER_GNU, "1 #[error don't /*] 2 #[x] ");
}

static void
raw_strings_hide_everything(void **state)
{
	(void)state;
	assert_events("s = R\"(\n#no \" /* \\\n)\";\n#x\n", LEXER_GNU, "4 #[x] ");
	assert_events("s = u8R\"ab()\" )ab \n#no\n)ab\";\n#x\n", LEXER_GNU, "4 #[x] ");
	assert_events("s = xR\"(\n#x\n)\";\n#y\n", LEXER_GNU, "2 #[x] 4 #[y] ");
	assert_events("s = R\"(\n#x\n", PROGRAM_LINE_COMMENTS, "2 #[x] ");
	assert_events("s = R\"(\n#x\n", LEXER_GNU, "broken");
	assert_events("s = R\"a b(\n#x\n", LEXER_GNU, "broken");
	assert_events("#define A R\"(a\nb)\"\n", LEXER_GNU, "broken");
}

static void
separators_of_digits_are_no_quotes(void **state)
{
	(void)state;
	assert_events("int i = 1'000; /* '\n#no */\n", LEXER_GNU | PROGRAM_DIGIT_SEPARATORS, "");
	assert_events("int i = 1'000; /* '\n#x\n", LEXER_GNU, "2 #[x] ");
	assert_events("c = u8'a'; /* '\n#no */\n", LEXER_GNU | PROGRAM_DIGIT_SEPARATORS, "");
	assert_events("#if 0x1'f /* */\n", LEXER_GNU | PROGRAM_DIGIT_SEPARATORS, "1 #[if 0x1'f] ");
}

static void
line_splices_join_lines(void **state)
{
	(void)state;
	assert_events("a \\\n#no\n \\\n #x\n", LEXER_GNU, "4 #[x] ");
	assert_events("#def\\\nine \\  \n A\\\n1\n#x\n", LEXER_GNU, "1* #[define  A1] 5* #[x] ");
	assert_events("#define A 1 \\\n + 2\n#x\n", LEXER_GNU, "1* #[define A 1 + 2] 3 #[x] ");
	assert_events("#x\\", LEXER_GNU, "1* #[x] ");
}

static void
names_of_files_hide_comments_and_quotes(void **state)
{
	(void)state;
	assert_events("#include <a//b's.h>\n#include/**/\"c/*d.h\"\n#x\n", LEXER_GNU,
	              "1 #[include <a//b's.h>] 2 #[include \"c/*d.h\"] 3 #[x] ");
	assert_events("#include_next <a/*b> // c\n", LEXER_GNU, "1 #[include_next <a/*b>] ");
	assert_events("#if __has_include(<a//b>) // c\n#elif __has_include_next ( <a/*b>)\n", LEXER_GNU,
	              "1 #[if __has_include(<a//b>)] 2 #[elif __has_include_next ( <a/*b>)] ");
	assert_events("#define H __has_include(<a//b>)\n", LEXER_GNU, "1 #[define H __has_include(<a] ");
	assert_events("#include A//b\n", LEXER_GNU, "1 #[include A] ");
	assert_events("#include \"a.h\" /* b\n */\n#x\n", LEXER_GNU, "1* #[include \"a.h\"] 3 #[x] ");
}

static void
digraphs_begin_directives_too(void **state)
{
	(void)state;
	assert_events("%:define A\n a %: b\n%\n", LEXER_GNU, "1 #[define A] ");
	assert_events("%:define A\n", LEXER_GNU | PROGRAM_ASSEMBLER, "");
	assert_events("%:define A\n", LEXER_GNU | PROGRAM_ASSEMBLER | PROGRAM_CLANG, "1 #[define A] ");
	assert_events("%:define A\n", 0, "broken");
}

static void
without_line_comments_a_double_slash_is_doubtful(void **state)
{
	(void)state;
	assert_events("a // b\n#x\n", 0, "2 #[x] ");
	assert_events("a // /* b\n#x */\n", 0, "broken");
	assert_events("a //* b\n#x */\n", PROGRAM_CLANG, "");
	assert_events("a // b /*\n#x\n", PROGRAM_CLANG, "2 #[x] ");
	assert_events("#define A 1 // b\n", 0, "1 #[define A 1\x01] ");
}

static void
a_comment_without_end_breaks_the_file(void **state)
{
	(void)state;
	assert_events("#x\n/* a\n", LEXER_GNU, "1 #[x] broken");
	assert_events("#define A /*\n", LEXER_GNU, "broken");
}

static unsigned
mask_of(const char *text, unsigned mode)
{
	struct lexer l;

	lexer_init(&l, text, strlen(text), mode);
	while (lexer_next(&l) != LEXER_END)
		;
	unsigned mask = l.mask & ~(unsigned)PROGRAM_ASSEMBLER;

	lexer_release(&l);
	return mask;
}

static void
only_what_made_a_difference_is_in_the_mask(void **state)
{
	(void)state;
	assert_int_equal(mask_of("#define A /* b */ \"c\" 'd'\n", LEXER_GNU), 0);
	assert_int_equal(mask_of("// a\n", LEXER_GNU), PROGRAM_LINE_COMMENTS);
	assert_int_equal(mask_of("R\"(a)\"", 0), PROGRAM_RAW_STRINGS);
	assert_int_equal(mask_of("1'0", 0), PROGRAM_DIGIT_SEPARATORS);
	assert_int_equal(mask_of("?\?=x", 0), PROGRAM_TRIGRAPHS);
	assert_int_equal(mask_of("a\rb", 0), PROGRAM_CLANG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directives_are_found_at_the_beginning_of_a_line),
		cmocka_unit_test(a_mark_for_the_order_of_bytes_and_carriage_returns_do_not_matter),
		cmocka_unit_test(a_nul_is_a_blank),
		cmocka_unit_test(comments_are_blanks),
		cmocka_unit_test(literals_hide_comments_and_directives),
		cmocka_unit_test(a_literal_without_end_takes_its_line_alone),
		cmocka_unit_test(raw_strings_hide_everything),
		cmocka_unit_test(separators_of_digits_are_no_quotes),
		cmocka_unit_test(line_splices_join_lines),
		cmocka_unit_test(names_of_files_hide_comments_and_quotes),
		cmocka_unit_test(digraphs_begin_directives_too),
		cmocka_unit_test(without_line_comments_a_double_slash_is_doubtful),
		cmocka_unit_test(a_comment_without_end_breaks_the_file),
		cmocka_unit_test(only_what_made_a_difference_is_in_the_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
