/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "terminal.h"

static void
what_compilers_print_passes(void **state)
{
	static const char *const texts[] = {
		"",
		"x.c:1:5: warning: unused variable 'x'\n\tint x;\n",
		"\033[01m\033[Kx.c:\033[m\033[K In function '\033[01m\033[Kf\033[m\033[K':\n",
		"[\033[01;35m\033[K\033]8;;https://gcc.gnu.org/onlinedocs/gcc/Warning-Options.html#index-Wunused\a-Wunused\033]8;;\a\033[m\033[K]",
		"\033]8;;https://example.org\033\\text\033]8;;\033\\",
		"\033[38;5;1mclang\033[0m",
		"\xe2\x80\x98x\xe2\x80\x99 \xc3\xa4 \xf0\x9f\x98\x80 na\xefve\n",
		"line\r\nform\ffeed\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(terminal_is_compilers(texts[i], strlen(texts[i])));
}

static void
other_control_sequences_do_not(void **state)
{
	static const char *const texts[] = {
		"\033]0;title\a", "\033[2J", "\033[1;1H", "\033[6n", "\033[5i", "\033[?1049h", "\033c", "\033P+q\033\\", "\033]52;c;cm0=\a",
		"\033[1K", "\033]8;;http://x\n\a", "\033]8;;no end", "\033", "\033[", "\033[1", "hidden\rshown", "end\r", "\a", "\b", "\x7f",
		"\x9b" "2J", "\xc2\x9b" "2J", "\x85", "\016", "\033[31;q", "\033]8;;x\033", "\v",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(terminal_is_compilers(texts[i], strlen(texts[i])));
	assert_false(terminal_is_compilers("a\0b", 3));
}

static void
characters_have_their_length(void **state)
{
	(void)state;
	assert_int_equal(terminal_character("a", 1), 1);
	assert_int_equal(terminal_character("\xc3\xa4", 2), 2);
	assert_int_equal(terminal_character("\xe2\x80\x98", 3), 3);
	assert_int_equal(terminal_character("\xf0\x9f\x98\x80", 4), 4);
	/* Cut off, so of another character set. */
	assert_int_equal(terminal_character("\xe2\x80", 2), 1);
	assert_int_equal(terminal_character("\xc2\x85", 2), 0);
	assert_int_equal(terminal_character("\x80", 1), 0);
	assert_int_equal(terminal_character("\n", 1), 0);
	assert_int_equal(terminal_character("\x7f", 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_compilers_print_passes),
		cmocka_unit_test(other_control_sequences_do_not),
		cmocka_unit_test(characters_have_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
