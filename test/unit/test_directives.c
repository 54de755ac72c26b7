/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program_code.h"

static void
includes_are_literal_or_computed(void **state)
{
	(void)state;
	assert_code("#include \"a.h\"\n#include <b.h> // c\n#include_next <d.h>\n#import \"e.h\"\n#include F(1)\n# include/**/<g.h>\n",
	            "0:include a.h; 1:include b.h =1; 2:include d.h =3; 3:include e.h =4; 4:computed F(1); 5:include g.h =1; ");
	assert_code("#include\n#include \"a\n#include <a\n", "0:computed; 1:computed \"a; 2:computed <a; ");
	assert_code("#include \"\"\n", "0:fail(syntax) #include of an empty name; ");
	assert_code("#include \"a\\b.h\"\n",
	            "0:clang; 1:fail(extension) a backslash in a file's name; 2:include a\\b.h; ");
	assert_code("#embed <a.bin> limit(3)\n", "0:embed <a.bin> limit(3); ");
}

static void
wrong_definitions_are_said_when_reached(void **state)
{
	(void)state;
	assert_code("#define\n#define 1\n#define defined\n#undef\n#define \"a\"\n#define a\\u00e9\n",
	            "0:fail(syntax) #define; 1:fail(syntax) #define; 2:fail(syntax) #define; 3:fail(syntax) #undef; "
	            "4:fail(syntax) #define; 5:fail(syntax) #define; ");
}

static void
an_error_is_said_when_reached_and_a_warning_never(void **state)
{
	(void)state;
	assert_code("#error no way\n#warning x\n#ident \"y\"\n#sccs \"z\"\n", "0:fail(error) no way; ");
}

static void
unknown_directives_are_errors_but_in_assembler(void **state)
{
	(void)state;
	assert_code("#foo bar\n", "0:fail(directive) foo; ");
	assert_code("#!x\n", "0:fail(directive); ");
	assert_string_equal(code_of("# a comment\n#! x\n# 1 \"a\"\n#define A\n", CODE_GNU | PROGRAM_ASSEMBLER), "0:define A; ");
}

static void
lines_and_markers_keep_their_text(void **state)
{
	(void)state;
	assert_code("#line 7 \"a.c\"\n# 33 \"b.c\" 3\n#\n", "0:line 7 \"a.c\"; 1:marker 33 \"b.c\" 3; ");
}

static void
assertions_are_not_followed(void **state)
{
	(void)state;
	assert_code("#assert cpu(x)\n#unassert cpu\n", "0:fail(assert); 1:fail(assert); ");
}

static void
macros_that_hide_effects_are_not_followed(void **state)
{
	(void)state;
	assert_code("#define A _Pragma(\"push_macro(\\\"x\\\")\")\n", "0:fail(pragma) A; ");
	assert_code("#define PUSH _Pragma(\"push_macro(\\\"x\\\")\") _Pragma(\"push_macro(\\\"y\\\")\")\n",
	            "0:define PUSH _Pragma(\"push_macro(\\\"x\\\")\") _Pragma(\"push_macro(\\\"y\\\")\"); ");
	assert_code("#define PUSH x _Pragma(\"push_macro(\\\"x\\\")\")\n", "0:fail(pragma) PUSH; ");
	assert_code("#define A _Pragma(\"GCC diagnostic push\")\n#define B(x) _Pragma(#x)\n",
	            "0:define A _Pragma(\"GCC diagnostic push\"); 1:define B(x) _Pragma(#x); ");
	assert_code("#define A _Pragma(\"GCC target(\\\"avx\\\")\")\n", "0:fail(pragma) A; ");
	assert_code("#define A(n) B(push_macro(n))\n", "0:fail(pragma) A; ");
	assert_code("#define A asm(\".incbin \\\"x\\\"\")\n", "0:fail(assembler) A; ");
}

static void
events_of_the_text_become_instructions(void **state)
{
	(void)state;
	assert_code("_Pragma(\"once\")\nLIB_PUSH\nimport <a>;\nasm(\".incbin \\\"b\\\"\");\n",
	            "0:once; 1:word LIB_PUSH; 2:import; 3:read b; ");
	assert_code("#if 0\n_Pragma(\"once\")\nLIB_PUSH\nimport <a>;\n#endif\n", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(includes_are_literal_or_computed),
		cmocka_unit_test(wrong_definitions_are_said_when_reached),
		cmocka_unit_test(an_error_is_said_when_reached_and_a_warning_never),
		cmocka_unit_test(unknown_directives_are_errors_but_in_assembler),
		cmocka_unit_test(lines_and_markers_keep_their_text),
		cmocka_unit_test(assertions_are_not_followed),
		cmocka_unit_test(macros_that_hide_effects_are_not_followed),
		cmocka_unit_test(events_of_the_text_become_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
