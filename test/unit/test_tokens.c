/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mode.h"
#include "tokens.h"
#include "unmodelled.h"

/* Kinds and spellings, "kind:spelling" with "_" for white space before, separated by one space. */
static void
check(unsigned mode, const char *text, const char *expected)
{
	struct symbols *s = symbols_new();
	struct tokeniser t = {s, text, text + strlen(text), mode, false};
	struct token_list list = {0};
	char out[1000] = "";

	token_list_read(&list, &t);
	for (size_t i = 0; i < list.count; i++) {
		static const char *const names[] = {
			[TOKEN_NAME] = "name", [TOKEN_NUMBER] = "number", [TOKEN_CHARACTER] = "char", [TOKEN_STRING] = "string",
			[TOKEN_ODD_STRING] = "odd", [TOKEN_HEADER] = "header", [TOKEN_UNMODELLED] = "unmodelled",
		};
		size_t n = strlen(out), length;
		const char *spelling = tokens_spelling(&list.items[i], &length);
		int kind = list.items[i].kind;
		const char *name = kind <= TOKEN_UNMODELLED ? names[kind] : "op";

		snprintf(out + n, sizeof(out) - n, "%s%s%s:%.*s", n > 0 ? " " : "", (list.items[i].flags & TOKEN_WHITE) != 0 ? "_" : "",
		         name, (int)length, spelling);
	}
	assert_string_equal(out, expected);
	token_list_release(&list);
	symbols_free(s);
}

static void
names_numbers_and_punctuators_are_told_apart(void **state)
{
	(void)state;
	check(0, "a+b1", "name:a op:+ name:b1");
	check(0, " 12 .5 .a 1.2e+3x", "_number:12 _number:.5 _op:. name:a _number:1.2e+3x");
	check(0, "0x1p-3+1", "number:0x1p-3 op:+ number:1");
	check(0, "a<<=b->*c", "name:a op:<<= name:b op:->* name:c");
	check(0, "...##%:%:#", "op:... op:## op:%:%: op:#");
	check(0, "@`", "op:@ op:`");
	check(0, "", "");
}

static void
literals_keep_their_quotes_and_prefixes(void **state)
{
	(void)state;
	check(0, "\"a\\\"b\" 'c' L'd' u8\"e\"", "string:\"a\\\"b\" _char:'c' _char:L'd' _odd:u8\"e\"");
	check(0, "x\"a\"", "name:x string:\"a\"");
	check(0, "'abc", "op:'abc");
	check(PROGRAM_RAW_STRINGS, "R\"x(a\"b)x\" LR\"(c)\"", "odd:R\"x(a\"b)x\" _odd:LR\"(c)\"");
	check(0, "R\"(a)\"", "name:R string:\"(a)\"");
}

static void
digits_are_separated_where_the_language_has_that(void **state)
{
	(void)state;
	check(PROGRAM_DIGIT_SEPARATORS, "1'000'0", "number:1'000'0");
	check(0, "1'0'", "number:1 char:'0'");
}

static void
a_header_is_one_token_where_it_is_expected(void **state)
{
	(void)state;
	check(0, "__has_include(<a/b.h>)", "name:__has_include op:( header:<a/b.h> op:)");
	check(0, "__has_include_next ( <a b> )", "name:__has_include_next _op:( _header:<a b> _op:)");
	check(0, "f(<a>)", "name:f op:( op:< name:a op:> op:)");
	check(0, "__has_include(<a", "name:__has_include op:( op:< name:a");
}

static void
a_dollar_is_a_letter_but_in_assembler(void **state)
{
	(void)state;
	check(0, "$a$", "name:$a$");
	check(PROGRAM_ASSEMBLER, "$a", "op:$ name:a");
}

static void
bytes_outside_ascii_are_letters_and_universal_names_are_not_followed(void **state)
{
	(void)state;
	check(0, "\xc3\xa9t", "name:\xc3\xa9t");
	check(0, "a\\ue", "unmodelled:a\\u name:e");
	check(0, "\\Ue", "unmodelled:\\U name:e");
}

static void
a_doubtful_comment_ends_the_text(void **state)
{
	(void)state;
	check(0, "1 \x01", "number:1 _unmodelled:\x01");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_numbers_and_punctuators_are_told_apart),
		cmocka_unit_test(literals_keep_their_quotes_and_prefixes),
		cmocka_unit_test(digits_are_separated_where_the_language_has_that),
		cmocka_unit_test(a_header_is_one_token_where_it_is_expected),
		cmocka_unit_test(a_dollar_is_a_letter_but_in_assembler),
		cmocka_unit_test(bytes_outside_ascii_are_letters_and_universal_names_are_not_followed),
		cmocka_unit_test(a_doubtful_comment_ends_the_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
