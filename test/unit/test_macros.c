/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "macros.h"
#include "unmodelled.h"

struct fixture {
	struct symbols *symbols;
	struct macro macro;
};

static struct fixture
begin(const char *text)
{
	return (struct fixture){symbols_new(), {.text = text}};
}

static void
end(struct fixture *f)
{
	macros_release(f->symbols, &f->macro);
	macros_release(f->symbols, &f->macro);
	symbols_free(f->symbols);
}

static void
a_body_is_its_tokens_without_space_in_front(void **state)
{
	struct fixture f = begin(" 1 + x");
	const struct definition *d = macros_define(f.symbols, &f.macro, 0);

	(void)state;
	assert_false(d->is_function);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->tokens[0].flags, 0);
	assert_int_equal(d->tokens[1].flags, TOKEN_WHITE);
	assert_ptr_equal(macros_define(f.symbols, &f.macro, 0), d);
	end(&f);
}

static void
parameters_become_numbers(void **state)
{
	struct fixture f = begin("(a, b) b ## a #a");
	const struct definition *d = macros_define(f.symbols, &f.macro, 0);

	(void)state;
	assert_true(d->is_function && d->has_paste && !d->is_variadic);
	assert_int_equal(d->parameter_count, 2);
	assert_int_equal(d->count, 3);
	assert_int_equal(d->tokens[0].kind, TOKEN_PARAMETER);
	assert_int_equal(d->tokens[0].number, 1);
	assert_int_equal(d->tokens[0].flags, TOKEN_PASTED);
	assert_int_equal(d->tokens[2].flags, TOKEN_WHITE | TOKEN_STRINGIFY);
	end(&f);
}

static void
variable_arguments_have_a_name_or_not(void **state)
{
	struct fixture f = begin("(a, ...) __VA_ARGS__ __VA_OPT__(,)"), g = begin("(rest...) rest"), h = begin("(...)"), i = begin("()");
	const struct definition *d = macros_define(f.symbols, &f.macro, 0);

	(void)state;
	assert_true(d->is_variadic && d->has_va_opt);
	assert_int_equal(d->tokens[0].number, 1);
	d = macros_define(g.symbols, &g.macro, 0);
	assert_true(d->is_variadic);
	assert_int_equal(d->parameter_count, 1);
	d = macros_define(h.symbols, &h.macro, 0);
	assert_true(d->is_variadic);
	assert_int_equal(d->count, 0);
	d = macros_define(i.symbols, &i.macro, 0);
	assert_true(d->is_function);
	assert_int_equal(d->parameter_count, 0);
	end(&f);
	end(&g);
	end(&h);
	end(&i);
}

static void
wrong_definitions_say_so_when_they_are_used(void **state)
{
	static const char *const texts[] = {"(a", "(a,", "(a,)", "(a b) a", "(..., a) a", "(a, a) a", "(1) 1",
	                                    " ## a", " a ##", "(a) #b", "(a) #", "(__VA_ARGS__)", "(a...b)"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct fixture f = begin(texts[i]);

		if (macros_define(f.symbols, &f.macro, 0)->why != UNMODELLED_SYNTAX)
			fail_msg("%s", texts[i]);
		end(&f);
	}
}

static void
memory_is_accounted_for_until_it_is_released(void **state)
{
	struct fixture f = begin(" 1 2 3");
	size_t before = symbols_memory(f.symbols);

	(void)state;
	macros_define(f.symbols, &f.macro, 0);
	assert_true(symbols_memory(f.symbols) >= before + 3 * sizeof(struct token));
	macros_release(f.symbols, &f.macro);
	assert_int_equal(symbols_memory(f.symbols), before);
	end(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_its_tokens_without_space_in_front),
		cmocka_unit_test(parameters_become_numbers),
		cmocka_unit_test(variable_arguments_have_a_name_or_not),
		cmocka_unit_test(wrong_definitions_say_so_when_they_are_used),
		cmocka_unit_test(memory_is_accounted_for_until_it_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
