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
#include "buffer.h"
#include "xalloc.h"

static char *
join(const struct strv *words)
{
	struct buffer b = {0};

	for (size_t i = 0; i < words->count; i++) {
		if (i > 0)
			buffer_add(&b, " ", 1);
		buffer_add_string(&b, words->items[i]);
	}
	return buffer_take_string(&b);
}

/* ---- commands ---- */

struct command {
	const char *line;
	int how; /* compiler or form */
	const char *expected;
};

#define CLANG_E "-E -frewrite-includes -Qunused-arguments -Wno-unknown-warning-option"
#define GCC_E "-E -fdirectives-only -fno-working-directory"

static const struct command cpp_commands[] = {
	{"gcc -O2 -g -c a.c -o a.o", ARGS_GCC, "gcc -O2 -g a.c " GCC_E},
	{"clang -O2 -g -S a.c -oa.s", ARGS_CLANG, "clang -O2 -g a.c " CLANG_E},
	{"clang++ -c a.c", ARGS_CLANG, "clang++ -x c++ a.c " CLANG_E},
	{"g++ -c a.c", ARGS_GCC, "g++ a.c " GCC_E},
	{"gcc -Iinc -DX -include h.h -c a.c", ARGS_GCC, "gcc -Iinc -DX -include h.h a.c " GCC_E},
	{"gcc -x c++ -c a", ARGS_GCC, "gcc -x c++ a " GCC_E},
	{"gcc -c a.c -Wa,-x -Xassembler -y -lm -L d -Wl,-z", ARGS_GCC, "gcc a.c " GCC_E},
	{"gcc -Wp,-DX -Xpreprocessor -DY -c a.c", ARGS_GCC, "gcc -Wp,-DX -Xpreprocessor -DY a.c " GCC_E},
	{"gcc -MD -c a.c -o obj/a.o", ARGS_GCC, "gcc -MD a.c -MF tmp.d -MQ obj/a.o " GCC_E},
	{"gcc -MMD -MP -MF x.d -c a.c", ARGS_GCC, "gcc -MMD -MP a.c -MF tmp.d -MQ a.o " GCC_E},
	{"gcc -MMD -MFx.d -MT t -c a.c", ARGS_GCC, "gcc -MMD -MT t a.c -MF tmp.d " GCC_E},
	{"gcc -Wp,-MMD,q.d -c d/a.c -o d/b.o", ARGS_GCC, "gcc d/a.c -MMD -MF tmp.d -MQ a.o " GCC_E},
	{"clang -Wp,-MD,q.d -c d/a.c -o d/b.o", ARGS_CLANG, "clang d/a.c -MD -MF tmp.d -MQ d/b.o " CLANG_E},
	{"gcc -Wp,-MD,q.d -MQ t -c a.c", ARGS_GCC, "gcc -MQ t a.c -MD -MF tmp.d " GCC_E}
};

static void
cpp_command_writes_text_and_dependencies(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cpp_commands) / sizeof(cpp_commands[0]); i++) {
		const struct command *c = &cpp_commands[i];
		struct args a;
		struct strv out = {0};

		set_command(&a, c->line);
		args_cpp_command(&a, (enum args_compiler)c->how, ARGS_FORM_DIRECTIVES, "tmp.d", &out);
		char *got = join(&out);

		assert_text(c->line, "the command", got, c->expected);
		free(got);
		strv_release(&out);
		args_release(&a);
	}
}

static void
cpp_command_without_a_path_keeps_the_users(void **state)
{
	struct args a;
	struct strv out = {0};

	(void)state;
	set_command(&a, "gcc -MD -c a.c -o obj/a.o");
	args_cpp_command(&a, ARGS_GCC, ARGS_FORM_CPP, NULL, &out);
	char *got = join(&out);

	assert_string_equal(got, "gcc -MD a.c -MF obj/a.d -MQ obj/a.o -E");
	free(got);
	strv_release(&out);
	args_release(&a);
}

static const struct command remote_commands[] = {
	{"gcc -O2 -g -c a.c -o b.o", ARGS_FORM_CPP, "gcc -O2 -g -c -x cpp-output a.c -o b.o"},
	{"gcc -O2 -g -c a.c -o b.o", ARGS_FORM_DIRECTIVES, "gcc -O2 -g -c a.c -o b.o"},
	{"gcc -x c++ -c a -ob.o", ARGS_FORM_CPP, "gcc -c -x c++-cpp-output a -ob.o"},
	{"gcc -x c++ -c a -ob.o", ARGS_FORM_DIRECTIVES, "gcc -x c++ -c a -ob.o"},
	{"gcc -c a.S", ARGS_FORM_CPP, "gcc -c -x assembler a.S"},
	{"g++ -c a.c", ARGS_FORM_CPP, "g++ -c -x c++-cpp-output a.c"},
	{"gcc -Ia -I b -iquotec -isystem d -idirafter e -include f.h -imacros g.h -c a.c",
	 ARGS_FORM_DIRECTIVES, "gcc -c a.c"},
	{"gcc -DA=1 -D B -UC -U D -A e=f -undef -c a.c", ARGS_FORM_CPP, "gcc -c -x cpp-output a.c"},
	{"gcc -DA=1 -D B -UC -U D -undef -c a.c", ARGS_FORM_DIRECTIVES,
	 "gcc -DA=1 -D B -UC -U D -undef -c a.c"},
	{"gcc -MD -MP -MF x -MT y -MQz -MMD -c a.c", ARGS_FORM_DIRECTIVES, "gcc -c a.c"},
	{"gcc -Wp,-MD,x.d -c a.c", ARGS_FORM_DIRECTIVES, "gcc -c a.c"},
	{"gcc -Wp,-DX,-Iy,-UZ,-include,h -c a.c", ARGS_FORM_DIRECTIVES, "gcc -Wp,-DX,-UZ -c a.c"},
	{"gcc -Wp,-DX -c a.c", ARGS_FORM_CPP, "gcc -c -x cpp-output a.c"},
	{"gcc -Xpreprocessor -DX -Xpreprocessor -Iy -c a.c", ARGS_FORM_DIRECTIVES,
	 "gcc -Xpreprocessor -DX -c a.c"},
	{"gcc -Xpreprocessor -DX -c a.c", ARGS_FORM_CPP, "gcc -c -x cpp-output a.c"},
	{"gcc -nostdinc -Wa,-x -lm -Werror -c a.c", ARGS_FORM_DIRECTIVES,
	 "gcc -nostdinc -Wa,-x -lm -Werror -c a.c"},
	{"clang -stdlib=libc++ -isysroot s -c a.cc", ARGS_FORM_CPP, "clang -c -x c++-cpp-output a.cc"},
	{"clang -stdlib=libc++ -isysroot s -c a.cc", ARGS_FORM_DIRECTIVES,
	 "clang -stdlib=libc++ -isysroot s -c a.cc"},
	{"clang --include=x --define-macro=Y -fworking-directory -c a.c", ARGS_FORM_DIRECTIVES,
	 "clang --define-macro=Y -c a.c"},
	{"clang -Ix -DY -MD -c a.i -o a.o", ARGS_FORM_AS_IS, "clang -Ix -DY -MD -c a.i -o a.o"}
};

static void
remote_command_has_what_the_compiler_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(remote_commands) / sizeof(remote_commands[0]); i++) {
		const struct command *c = &remote_commands[i];
		struct args a;
		struct strv out = {0};
		size_t source;
		size_t output;

		set_command(&a, c->line);
		args_remote_command(&a, (enum args_form)c->how, &out, &source, &output);
		char *got = join(&out);

		assert_text(c->line, "the command", got, c->expected);
		assert_string_equal(out.items[source], a.argv.items[a.source]);
		assert_int_equal(output == 0, a.output == 0);
		if (output != 0)
			assert_string_equal(out.items[output], a.argv.items[a.output]);
		free(got);
		strv_release(&out);
		args_release(&a);
	}
}

static const struct command distcc_commands[] = {
	{"gcc -g -O1 -Iinc -DX -MD -MF t.d -c t.c -o t.o", true, "gcc t.c -g -O1 -c -o t.o"},
	{"gcc -c sub/t.c", true, "gcc sub/t.c -c -o t.o"},
	{"gcc -S t.c", true, "gcc t.c -S -o t.s"},
	{"gcc -frandom-seed=x.c -c t.c", true, "gcc t.c -frandom-seed=x.c -c -o t.o"},
	{"gcc -L d -lm -Wl,-z -c t.c", true, "gcc t.c -c -o t.o"},
	{"gcc -x c++ -c t.c", true, "gcc -x c++-cpp-output t.c -c -o t.o"},
	{"gcc -x c++ -c t.cc", true, "gcc t.cc -c -o t.o"},
	{"gcc -Wp,-MD,x.d -Wa,--noexecstack -c t.c", true, "gcc t.c -Wa,--noexecstack -c -o t.o"},
	{"gcc -x c -c t.inc", false, ""},
	{"gcc -c t.s", false, ""},
	{"gcc -c t.S", false, ""},
	{"gcc -gsplit-dwarf -c t.c", false, ""},
	{"gcc --coverage -c t.c", false, ""},
	{"gcc -flto -c t.c", false, ""},
	{"gcc -c t.c -o x.c", false, ""},
	{"clang -mllvm x.c -c t.c", false, ""}
};

static void
distcc_command_suits_its_scanner(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(distcc_commands) / sizeof(distcc_commands[0]); i++) {
		const struct command *c = &distcc_commands[i];
		struct args a;
		struct strv out = {0};

		set_command(&a, c->line);
		if (args_distcc_command(&a, &out) != (c->how != 0))
			fail_msg("%s: the wrong answer", c->line);
		char *got = join(&out);

		assert_text(c->line, "the command", got, c->expected);
		free(got);
		strv_release(&out);
		args_release(&a);
	}
}

static void
check_command_reads_and_writes_nothing_else(void **state)
{
	static const char *const lines[][2] = {
		{"gcc -O2 -I i -DA -c t.c -o t.o", "gcc -O2 -I i -DA t.c -fsyntax-only -MD -MF d"},
		{"gcc -MMD -MP -MF x.d -MT y -S t.c", "gcc t.c -fsyntax-only -MD -MF d"},
		{"gcc -Wp,-MMD,x.d,-DB,-I,j -include h -c t.c",
		 "gcc -Wp,-I,j -Wp,-DB -include h t.c -fsyntax-only -MD -MF d"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct args a;
		struct strv out = {0};

		set_command(&a, lines[i][0]);
		args_check_command(&a, "d", &out);
		char *got = join(&out);

		assert_text(lines[i][0], "the command", got, lines[i][1]);
		free(got);
		strv_release(&out);
		args_release(&a);
	}
}

static void
languages_have_names_and_suffixes(void **state)
{
	(void)state;
	assert_string_equal(args_language_name(ARGS_LANG_CXX), "c++-cpp-output");
	assert_string_equal(args_preprocessed_suffix(ARGS_LANG_OBJCXX), ".mii");
	assert_string_equal(args_preprocessed_suffix(ARGS_LANG_ASM_CPP), ".s");
	assert_string_equal(args_language_name(ARGS_LANG_NONE), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpp_command_writes_text_and_dependencies),
		cmocka_unit_test(cpp_command_without_a_path_keeps_the_users),
		cmocka_unit_test(remote_command_has_what_the_compiler_needs),
		cmocka_unit_test(distcc_command_suits_its_scanner),
		cmocka_unit_test(check_command_reads_and_writes_nothing_else),
		cmocka_unit_test(languages_have_names_and_suffixes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
