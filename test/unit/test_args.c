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
#include "reason.h"
#include "xalloc.h"

/* ---- verdicts ---- */

struct verdict {
	const char *line;
	enum reason here;
};

static const struct verdict verdicts[] = {
	{"gcc -c a.c", REASON_NONE},
	{"gcc -S a.c", REASON_NONE},
	{"gcc -O2 -g -Wall -Wextra -std=gnu11 -fPIC -m64 -pipe -pthread -c a.c -o a.o", REASON_NONE},
	{"gcc", REASON_NO_COMPILE},
	{"gcc --version", REASON_NO_COMPILE},
	{"gcc -v", REASON_NO_COMPILE},
	{"gcc -dumpmachine", REASON_NO_COMPILE},
	{"gcc -print-search-dirs -c a.c", REASON_NO_COMPILE},
	{"gcc -### -c a.c", REASON_NO_COMPILE},
	{"gcc -fsyntax-only -c a.c", REASON_NO_COMPILE},
	{"gcc --help=target", REASON_NO_COMPILE},
	{"gcc -march=help -c a.c", REASON_NO_COMPILE},
	{"gcc a.c -o a", REASON_NO_COMPILE},
	{"gcc a.o b.o -T x.ld -o a", REASON_NO_COMPILE},
	{"gcc -E a.c", REASON_PREPROCESS_ONLY},
	{"gcc -E -c a.c -o a.i", REASON_PREPROCESS_ONLY},
	{"gcc -M a.c", REASON_PREPROCESS_ONLY},
	{"gcc -MM -MF x -c a.c", REASON_PREPROCESS_ONLY},
	{"gcc -E -strange a.c", REASON_PREPROCESS_ONLY},
	{"gcc -c", REASON_NO_SOURCE},
	{"gcc -c -o a.o", REASON_NO_SOURCE},
	{"gcc -c a.c b.c", REASON_SEVERAL_SOURCES},
	{"gcc -c a.c a.c", REASON_SEVERAL_SOURCES},
	{"gcc -c -x c -", REASON_STDIN},
	{"gcc -c - -o a.o", REASON_STDIN},
	{"gcc -c a.c b.o", REASON_LOCAL_FILE},
	{"gcc -c a.c libb.a", REASON_LOCAL_FILE},
	{"gcc -c a.c @missing", REASON_LOCAL_FILE},
	{"gcc -c a", REASON_LOCAL_FILE},
	{"gcc -c .c", REASON_LOCAL_FILE},
	{"gcc -c a.c -o -", REASON_OUTPUT},
	{"gcc -c a.c -o /dev/null", REASON_OUTPUT},
	{"gcc -c a.c -o /dev/stdout", REASON_OUTPUT},
	{"gcc -c a.c -o dir/", REASON_OUTPUT},
	{"gcc -c a.c -o a.o -o b.o", REASON_OUTPUT},
	{"gcc -c /dev/fd/3.c", REASON_NO_SOURCE},
	{"gcc -c a.c -fexec-charset=latin1", REASON_LOCAL_FILE},
	{"gcc -c a.c -fprofile-note=a.gcno", REASON_NONE},
	{"gcc -c a.c -fopt-info-vec=vec.txt", REASON_NONE},
	{"gcc -c a.c -fdump-tree-original=/dev/tty", REASON_OUTPUT},
	{"gcc -strange -specs=x -c a.c", REASON_LOCAL_FILE},
	{"gcc -c a.c -fwide-exec-charset=UTF-16", REASON_LOCAL_FILE},
	{"gcc -c a.c -o", REASON_BAD_COMMAND},
	{"gcc -c a.c -include", REASON_BAD_COMMAND},
	{"gcc -c a.c -MF x.d", REASON_BAD_COMMAND},
	{"gcc -c a.c -MT x", REASON_BAD_COMMAND},
	{"gcc -c a.c -MP", REASON_BAD_COMMAND},
	{"gcc -MD -MF - -c a.c", REASON_OUTPUT},
	{"gcc -MD -MF /dev/null -c a.c", REASON_OUTPUT},
	{"gcc -MD -MG -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-MD,q.d -MF r.d -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-MD,q.d,-MT,x -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-MMD -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-MD,q.d -Wp,-MD,r.d -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-D_FORTIFY_SOURCE=3 -O2 -c a.c", REASON_NONE},
	{"gcc -Wp,-include,x.c -c a.c", REASON_NONE},
	{"gcc -Wp,-include -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wp,-P -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Xpreprocessor -DX -c a.c", REASON_NONE},
	{"gcc -Xpreprocessor -include -Xpreprocessor b.c -c a.c", REASON_LOCAL_OPTION},
	{"gcc -march=native -c a.c", REASON_NATIVE_CPU},
	{"gcc -mtune=native -c a.c", REASON_NATIVE_CPU},
	{"clang -mcpu=native+crypto -c a.c", REASON_NATIVE_CPU},
	{"gcc -march=x86-64-v3 -mtune=generic -c a.c", REASON_NONE},
	{"gcc -fprofile-use -c a.c", REASON_NONE},
	{"gcc -fprofile-use -c a.i", REASON_LOCAL_FILE},
	{"gcc -fprofile-use -fprofile-dir=x -c a.c", REASON_LOCAL_FILE},
	{"gcc -fprofile-use -c a.c -o x", REASON_LOCAL_FILE},
	{"gcc -fauto-profile -c a.c", REASON_LOCAL_FILE},
	{"gcc -fprofile-use=a.gcda -c a.c", REASON_NONE},
	{"gcc -fauto-profile=x -c a.c", REASON_NONE},
	{"gcc -fbranch-probabilities -c a.c", REASON_NONE},
	{"clang -fprofile-instr-use=x -c a.c", REASON_NONE},
	{"clang -fsanitize-ignorelist=x -c a.c", REASON_NONE},
	{"clang -fsanitize=address -c a.c", REASON_NONE},
	{"gcc -fplugin=x.so -c a.c", REASON_LOCAL_FILE},
	{"clang -Xclang -load -Xclang x.so -c a.c", REASON_LOCAL_OPTION},
	{"clang -Xclang -disable-O0-optnone -c a.c", REASON_NONE},
	{"clang -include-pch x.pch -c a.c", REASON_LOCAL_FILE},
	{"clang -Xclang -include-pch -Xclang x.pch -c a.c", REASON_LOCAL_OPTION},
	{"gcc -specs=x -c a.c", REASON_LOCAL_FILE},
	{"gcc --specs=x -c a.c", REASON_LOCAL_FILE},
	{"gcc -wrapper gdb,--args -c a.c", REASON_LOCAL_FILE},
	{"gcc -B dir -c a.c", REASON_LOCAL_FILE},
	{"gcc -Bdir -c a.c", REASON_LOCAL_FILE},
	{"gcc -fmodules-ts -c a.cc", REASON_LOCAL_FILE},
	{"gcc -fmodulo-sched -c a.c", REASON_NONE},
	{"gcc -T x.c -c a.c", REASON_LOCAL_FILE},
	{"gcc -save-temps -c a.c", REASON_NONE},
	{"gcc --save-temps=obj -c a.c", REASON_NONE},
	{"gcc -save-temps=x -c a.c", REASON_LOCAL_FILE},
	{"gcc -aux-info x.c -c a.c", REASON_NONE},
	{"clang -MJ x.c -c a.c", REASON_NONE},
	{"gcc -fcompare-debug -c a.c", REASON_LOCAL_OPTION},
	{"gcc -dumpdir x.c -c a.c", REASON_LOCAL_OPTION},
	{"gcc -da -c a.c", REASON_LOCAL_OPTION},
	{"gcc -dA -S a.c", REASON_NONE},
	{"gcc -P -c a.c", REASON_LOCAL_OPTION},
	{"gcc -H -c a.c", REASON_NONE},
	{"gcc -v -c a.c", REASON_LOCAL_OPTION},
	{"gcc -ftime-report -c a.c", REASON_NONE},
	{"clang -ftime-trace -c a.c", REASON_NONE},
	{"clang -ftime-trace=x -c a.c", REASON_LOCAL_FILE},
	{"clang -emit-llvm -c a.c", REASON_NONE},
	{"clang -fbasic-block-sections=all -c a.c", REASON_NONE},
	{"clang -fbasic-block-sections=x -c a.c", REASON_LOCAL_FILE},
	{"clang -working-directory x -c a.c", REASON_LOCAL_FILE},
	{"clang --driver-mode=g++ -c a.c", REASON_LOCAL_OPTION},
	{"clang -arch x86_64 -c a.c", REASON_LOCAL_OPTION},
	{"gcc -fdiagnostics-format=json -c a.c", REASON_NONE},
	{"gcc -S a.S", REASON_PREPROCESS_ONLY},
	{"gcc -fdiagnostics-format=text -c a.c", REASON_NONE},
	{"gcc -fdirectives-only -c a.c", REASON_LOCAL_OPTION},
	{"gcc -fpreprocessed -c a.c", REASON_LOCAL_OPTION},
	{"gcc -fpreprocessed -c a.i", REASON_NONE},
	{"gcc -I- -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,--noexecstack -c a.c", REASON_NONE},
	{"gcc -Wa,-gdwarf-5,--defsym,X=1 -c a.S", REASON_NONE},
	{"gcc -Wa,-adhln=x.lst -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,-ahl -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,--MD,x -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,@x -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,b.s -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Wa,--defsym -c a.c", REASON_LOCAL_OPTION},
	{"gcc -Xassembler --noexecstack -c a.c", REASON_NONE},
	{"gcc -Xassembler -alh -c a.c", REASON_LOCAL_OPTION},
	{"clang -mllvm -inline-threshold=9 -c a.c", REASON_NONE},
	{"clang -mllvm -info-output-file=x -c a.c", REASON_LOCAL_FILE},
	{"clang -fdiagnostics-absolute-paths -c a.c", REASON_NONE},
	{"clang -module-file-info -c a.c", REASON_LOCAL_FILE},
	{"gcc -strange -c a.c", REASON_UNKNOWN_OPTION},
	{"gcc --output=a.o -c a.c", REASON_UNKNOWN_OPTION},
	{"gcc -frobnicate -mwhatever -Wnew -gfancy -O9 -c a.c", REASON_NONE},
	{"gcc -x f95 -c a", REASON_LANGUAGE},
	{"gcc -x c++-header -c a.h", REASON_LANGUAGE},
	{"gcc -c a.h", REASON_LANGUAGE},
	{"gfortran -c a.f90", REASON_LANGUAGE},
	{"clang -c a.cu", REASON_LANGUAGE},
	{"clang -c a.cppm", REASON_LANGUAGE},
	{"clang -ObjC -c a.c", REASON_LANGUAGE},
	{"gcc -c conftest.c", REASON_CONFTEST},
	{"gcc -c dir/tmp.conftest.cpp", REASON_CONFTEST},
	{"gcc -c conftests.c", REASON_NONE},
	/* A value in a word of its own is never the source. */
	{"gcc -c -include x.c -imacros y.c -isystem z.c -iquote q.c -idirafter d.c a.c", REASON_NONE},
	{"gcc -c -iprefix p.c -iwithprefix w.c -iwithprefixbefore b.c -isysroot s.c a.c", REASON_NONE},
	{"gcc -c -MD -MF x.c -MT y.c -MQ z.c a.c", REASON_NONE},
	{"gcc -c -D x.c -U y.c -I z.c -A q.c -L l.c -l m.c -u s.c -z k.c -G g.c a.c", REASON_NONE},
	{"gcc -c --param p.c --sysroot s.c -Xlinker l.c -e e.c a.c", REASON_NONE},
	{"clang -c -target t.c -gcc-toolchain g.c -mllvm m.c -mthread-model n.c a.c", REASON_NONE},
	{"clang -c -cxx-isystem x.c -stdlib++-isystem y.c -isystem-after z.c -F f.c a.c", REASON_NONE},
	{"clang -c -iframework x.c -ftrapv-handler y.c -fdebug-compilation-dir z.c a.c", REASON_NONE},
	{"gcc -c --include x.c --define-macro y.c --include-directory z.c a.c", REASON_NONE}
};

static void
each_command_gets_its_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		struct args a;

		set_command(&a, verdicts[i].line);
		assert_text(verdicts[i].line, "the reason", reason_word(a.here),
		            reason_word(verdicts[i].here));
		args_release(&a);
	}
}

static void
the_deciding_word_is_kept(void **state)
{
	struct args a;

	(void)state;
	set_command(&a, "gcc -O2 -strange -fplugin=x -c a.c");
	/* An unknown word is the weakest reason: whatever is known to be wrong says more. */
	assert_string_equal(a.detail, "-fplugin=x");
	args_release(&a);
	args_release(&a);
	set_command(&a, "gcc -O2 -specs=y -fplugin=x -c a.c");
	assert_string_equal(a.detail, "-specs=y");
	args_release(&a);
}

/* ---- files ---- */

struct files {
	const char *line;
	enum args_language language;
	const char *source;
	const char *object;
	const char *dep_file;
	const char *dep_target;
};

static const struct files files[] = {
	{"gcc -c a.c", ARGS_LANG_C, "a.c", "a.o", NULL, NULL},
	{"gcc -S sub/a.c", ARGS_LANG_C, "sub/a.c", "a.s", NULL, NULL},
	{"gcc -c a.c -o obj/b.o", ARGS_LANG_C, "a.c", "obj/b.o", NULL, NULL},
	{"gcc -oobj/b.o -c a.c", ARGS_LANG_C, "a.c", "obj/b.o", NULL, NULL},
	{"g++ -c a.c", ARGS_LANG_CXX, "a.c", "a.o", NULL, NULL},
	{"/usr/bin/clang++-14 -c a.i", ARGS_LANG_CXX, "a.i", "a.o", NULL, NULL},
	{"g++ -x c -c a.c", ARGS_LANG_C, "a.c", "a.o", NULL, NULL},
	{"gcc -c a.b.cc", ARGS_LANG_CXX, "a.b.cc", "a.b.o", NULL, NULL},
	{"gcc -c a.C", ARGS_LANG_CXX, "a.C", "a.o", NULL, NULL},
	{"gcc -c a.m", ARGS_LANG_OBJC, "a.m", "a.o", NULL, NULL},
	{"gcc -c a.mm", ARGS_LANG_OBJCXX, "a.mm", "a.o", NULL, NULL},
	{"gcc -c a.s", ARGS_LANG_ASM, "a.s", "a.o", NULL, NULL},
	{"gcc -c a.S", ARGS_LANG_ASM_CPP, "a.S", "a.o", NULL, NULL},
	{"gcc -c a.ii", ARGS_LANG_CXX, "a.ii", "a.o", NULL, NULL},
	{"gcc -x c++ -c a", ARGS_LANG_CXX, "a", "a.o", NULL, NULL},
	{"gcc -xc++ -c a.c", ARGS_LANG_CXX, "a.c", "a.o", NULL, NULL},
	{"gcc -c a.c -x c++", ARGS_LANG_C, "a.c", "a.o", NULL, NULL},
	{"gcc -x c++ -x none -c a.c", ARGS_LANG_C, "a.c", "a.o", NULL, NULL},
	{"gcc --language=c -c a.inc", ARGS_LANG_C, "a.inc", "a.o", NULL, NULL},
	{"gcc -x assembler-with-cpp -c a.s", ARGS_LANG_ASM_CPP, "a.s", "a.o", NULL, NULL},
	/* As gcc 12 and clang 14 did with the same words. */
	{"gcc -MD -c x.c", ARGS_LANG_C, "x.c", "x.o", "x.d", "x.o"},
	{"gcc -MD -c x.c -o obj/x.o", ARGS_LANG_C, "x.c", "obj/x.o", "obj/x.d", "obj/x.o"},
	{"gcc -MD -c sub/x.c", ARGS_LANG_C, "sub/x.c", "x.o", "x.d", "x.o"},
	{"gcc -MMD -c x.c", ARGS_LANG_C, "x.c", "x.o", "x.d", "x.o"},
	{"gcc -MD -c x.c -o obj/x", ARGS_LANG_C, "x.c", "obj/x", "obj/x.d", "obj/x"},
	{"gcc -MD -c x.c -o a.b/x", ARGS_LANG_C, "x.c", "a.b/x", "a.b/x.d", "a.b/x"},
	{"gcc -MD -c x.c -o x.tab.o", ARGS_LANG_C, "x.c", "x.tab.o", "x.tab.d", "x.tab.o"},
	{"gcc -MD -c x.c -o .foo", ARGS_LANG_C, "x.c", ".foo", ".d", ".foo"},
	{"gcc -MD -c x.c -o obj/.foo.o", ARGS_LANG_C, "x.c", "obj/.foo.o", "obj/.foo.d", "obj/.foo.o"},
	{"gcc -MD -c x.c -oobj/x.lo", ARGS_LANG_C, "x.c", "obj/x.lo", "obj/x.d", "obj/x.lo"},
	{"gcc -MD -c x.c -o obj/x.", ARGS_LANG_C, "x.c", "obj/x.", "obj/x.d", "obj/x."},
	{"gcc -MD -c x.c -o ..o", ARGS_LANG_C, "x.c", "..o", "..d", "..o"},
	{"gcc -MD -S x.c", ARGS_LANG_C, "x.c", "x.s", "x.d", "x.o"},
	{"gcc -MD -S x.c -o obj/q.s", ARGS_LANG_C, "x.c", "obj/q.s", "obj/q.d", "obj/q.s"},
	{"gcc -MD -c x.y.c", ARGS_LANG_C, "x.y.c", "x.y.o", "x.y.d", "x.y.o"},
	{"gcc -MD -x c -c noext", ARGS_LANG_C, "noext", "noext.o", "noext.d", "noext.o"},
	{"gcc -MD -MF q.d -c x.c -o obj/x", ARGS_LANG_C, "x.c", "obj/x", "q.d", "obj/x"},
	{"gcc -MFq.d -MD -MT foo -c x.c -o obj/x.o", ARGS_LANG_C, "x.c", "obj/x.o", "q.d", NULL},
	{"gcc -MD -MF q.d -MQ a$b -c x.c", ARGS_LANG_C, "x.c", "x.o", "q.d", NULL},
	{"gcc -MD -MF a.d -MF b.d -c x.c", ARGS_LANG_C, "x.c", "x.o", "b.d", "x.o"},
	{"gcc -MD -MP -c x.c -o ./obj/x.o", ARGS_LANG_C, "x.c", "./obj/x.o", "./obj/x.d", "./obj/x.o"},
	{"gcc -Wp,-MMD,.x.o.d -c sub/x.c -o sub/x.o", ARGS_LANG_C, "sub/x.c", "sub/x.o", ".x.o.d",
	 "sub/x.o"},
	{"gcc -Wp,-MD,q.d -MT r -c x.c", ARGS_LANG_C, "x.c", "x.o", "q.d", NULL},
	{"gcc -MD -MF q.d -c x.i", ARGS_LANG_C, "x.i", "x.o", NULL, NULL},
	{"gcc -MD -c x.S", ARGS_LANG_ASM_CPP, "x.S", "x.o", "x.d", "x.o"}
};

static void
files_are_the_compilers_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct files *f = &files[i];
		struct args a;

		set_command(&a, f->line);
		assert_text(f->line, "the reason", reason_word(a.here), "none");
		assert_text(f->line, "the source", a.argv.items[a.source], f->source);
		assert_text(f->line, "the object", a.object, f->object);
		assert_text(f->line, "the .d", a.dep_file, f->dep_file);
		assert_text(f->line, "the target", a.dep_target, f->dep_target);
		if (a.language != f->language)
			fail_msg("%s\nlanguage %d, not %d", f->line, (int)a.language, (int)f->language);
		args_release(&a);
	}
}

static void
preprocessed_text_is_known_by_suffix_or_language(void **state)
{
	static const struct {
		const char *line;
		bool is_preprocessed;
	} rows[] = {
		{"gcc -c a.i", true},           {"gcc -c a.ii", true},
		{"gcc -c a.mi", true},          {"gcc -c a.mii", true},
		{"gcc -c a.s", true},           {"gcc -x cpp-output -c a.c", true},
		{"gcc -x assembler -c a", true}, {"gcc -x c++-cpp-output -c a", true},
		{"gcc -x c -c a.i", false},     {"gcc -c a.S", false},
		{"gcc -c a.c", false}
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct args a;

		set_command(&a, rows[i].line);
		assert_int_equal(a.here, REASON_NONE);
		assert_int_equal(a.is_preprocessed, rows[i].is_preprocessed);
		args_release(&a);
	}
}

static void
output_points_at_the_word_with_its_value(void **state)
{
	struct args a;

	(void)state;
	set_command(&a, "gcc -c a.c -o b.o");
	assert_int_equal(a.output, 4);
	assert_false(a.output_is_joined);
	args_release(&a);
	set_command(&a, "gcc -ob.o -c a.c");
	assert_int_equal(a.output, 1);
	assert_true(a.output_is_joined);
	assert_int_equal(a.source, 3);
	args_release(&a);
	set_command(&a, "gcc -c a.c");
	assert_int_equal(a.output, 0);
	args_release(&a);
}

/* ---- marks ---- */

enum mark {
	DEBUG_INFO = 1, COLOUR = 2, SIDE = 4, FULL_CPP = 8, ASSEMBLY = 16, PLAIN_GCC = 32, PLAIN_CLANG = 64
};

static const struct {
	const char *options;
	unsigned marks;
} marks[] = {
	{"-c", 0},
	{"-c -g", DEBUG_INFO | PLAIN_CLANG},
	{"-c -g -g0", 0},
	{"-c -g0 -g1", DEBUG_INFO | PLAIN_CLANG},
	{"-c -ggdb", DEBUG_INFO | PLAIN_CLANG},
	{"-c -gdwarf-4", DEBUG_INFO},
	{"-c -gdwarf-3", DEBUG_INFO},
	{"-c -gline-tables-only", DEBUG_INFO | PLAIN_CLANG},
	{"-c -gz -gno-column-info", 0},
	{"-c -g3", DEBUG_INFO | PLAIN_GCC | PLAIN_CLANG},
	{"-c -ggdb3", DEBUG_INFO | PLAIN_GCC | PLAIN_CLANG},
	{"-c -gsplit-dwarf", DEBUG_INFO | SIDE | PLAIN_CLANG},
	{"-c -fstack-usage", SIDE},
	{"-c --coverage", SIDE | PLAIN_CLANG},
	{"-c -fprofile-arcs -ftest-coverage", SIDE | PLAIN_CLANG},
	{"-c -fdump-tree-all", SIDE},
	{"-c -fopt-info-vec=x", SIDE},
	{"-c -aux-info x", SIDE},
	{"-c -save-temps", SIDE | PLAIN_GCC | PLAIN_CLANG},
	{"-c -MJ x", SIDE | PLAIN_GCC | PLAIN_CLANG},
	{"-c -MD -MMD", PLAIN_CLANG},
	{"-c -fdiagnostics-format=json", SIDE | PLAIN_GCC | PLAIN_CLANG},
	{"-c -fdiagnostics-color=auto", 0},
	{"-c -Rpass=inline", PLAIN_CLANG},
	{"-c -imacros x", PLAIN_CLANG},
	{"-c -fcallgraph-info=su", SIDE},
	{"-c -fsave-optimization-record", SIDE},
	{"-c -fdiagnostics-color=always", COLOUR},
	{"-c -fno-color-diagnostics", COLOUR},
	{"-c -Wunused-macros", FULL_CPP},
	{"-c -Wunused-macros -Wno-unused-macros", 0},
	{"-c -g -Wunused-macros", DEBUG_INFO | FULL_CPP | PLAIN_GCC | PLAIN_CLANG},
	{"-c -Wpedantic", FULL_CPP},
	{"-c -pedantic-errors", FULL_CPP},
	{"-c -Wpedantic -Wno-pedantic", 0},
	{"-c -g -gdwarf-4 -pedantic", DEBUG_INFO | FULL_CPP | PLAIN_GCC},
	{"-c -gdwarf-4 -gdwarf-5", DEBUG_INFO | PLAIN_CLANG},
	{"-S", ASSEMBLY},
	{"-S -c", ASSEMBLY},
	{"-c -grecord-gcc-switches", PLAIN_CLANG},
	{"-c -fcoverage-mapping", PLAIN_CLANG},
	{"-c -traditional-cpp", PLAIN_GCC | PLAIN_CLANG},
	{"-c -finput-charset=latin1", PLAIN_GCC | PLAIN_CLANG},
	{"-c -fverbose-asm", PLAIN_GCC | PLAIN_CLANG},
	{"-g -x assembler-with-cpp -c", DEBUG_INFO | PLAIN_CLANG}
};

static unsigned
marks_of(const struct args *a)
{
	return (a->has_debug ? DEBUG_INFO : 0u) | (a->has_colour_option ? COLOUR : 0u) |
	       (a->has_side_outputs ? SIDE : 0u) | (a->needs_full_cpp ? FULL_CPP : 0u) |
	       (a->stops_at_assembly ? ASSEMBLY : 0u) |
	       (a->here_plain[ARGS_GCC] != REASON_NONE ? PLAIN_GCC : 0u) |
	       (a->here_plain[ARGS_CLANG] != REASON_NONE ? PLAIN_CLANG : 0u);
}

static void
options_name_files_that_are_written(void **state)
{
	struct args a;

	(void)state;
	set_command(&a, "clang -MJ x.json -foptimization-record-file=o/x.yaml -emit-llvm -S a.c");
	assert_int_equal(a.here, REASON_NONE);
	assert_int_equal(a.named_outputs.count, 2);
	assert_string_equal(a.named_outputs.items[0], "x.json");
	assert_string_equal(a.named_outputs.items[1], "o/x.yaml");
	assert_int_equal(a.grown_outputs.count, 1);
	assert_string_equal(a.object, "a.ll");
	args_release(&a);
}

static void
options_name_files_that_are_read(void **state)
{
	struct args a;

	(void)state;
	set_command(&a, "clang -fsanitize-ignorelist=x.txt -c a.c -fprofile-use -o o/b.o");
	assert_int_equal(a.here, REASON_NONE);
	assert_int_equal(a.here_plain[ARGS_GCC], REASON_LOCAL_FILE);
	assert_int_equal(a.here_plain[ARGS_CLANG], REASON_LOCAL_FILE);
	assert_int_equal(a.inputs.count, 3);
	assert_string_equal(a.inputs.items[0], "x.txt");
	assert_string_equal(a.inputs.items[1], "o/b.gcda");
	assert_string_equal(a.inputs.items[2], "default.profdata");
	args_release(&a);
}

static void
options_leave_their_marks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		char *line = xasprintf("gcc %s a.c", marks[i].options);
		struct args a;

		set_command(&a, line);
		assert_int_equal(a.here, REASON_NONE);
		if (marks_of(&a) != marks[i].marks)
			fail_msg("%s\nmarks %u, not %u", line, marks_of(&a), marks[i].marks);
		args_release(&a);
		free(line);
	}
}

static void
the_form_follows_compiler_and_version(void **state)
{
	struct args a;

	(void)state;
	set_command(&a, "gcc -c a.c");
	assert_int_equal(args_best_form(&a, ARGS_GCC, 12), ARGS_FORM_DIRECTIVES);
	assert_int_equal(args_best_form(&a, ARGS_GCC, 10), ARGS_FORM_CPP);
	assert_int_equal(args_best_form(&a, ARGS_CLANG, 14), ARGS_FORM_DIRECTIVES);
	args_release(&a);
	set_command(&a, "gcc -Wunused-macros -c a.c");
	assert_int_equal(args_best_form(&a, ARGS_GCC, 12), ARGS_FORM_CPP);
	args_release(&a);
	set_command(&a, "gcc -c a.S");
	assert_int_equal(args_best_form(&a, ARGS_GCC, 12), ARGS_FORM_DIRECTIVES);
	assert_int_equal(args_best_form(&a, ARGS_CLANG, 14), ARGS_FORM_CPP);
	args_release(&a);
	set_command(&a, "gcc -c a.i");
	assert_int_equal(args_best_form(&a, ARGS_GCC, 12), ARGS_FORM_AS_IS);
	args_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_command_gets_its_verdict),
		cmocka_unit_test(the_deciding_word_is_kept),
		cmocka_unit_test(files_are_the_compilers_own),
		cmocka_unit_test(preprocessed_text_is_known_by_suffix_or_language),
		cmocka_unit_test(output_points_at_the_word_with_its_value),
		cmocka_unit_test(options_name_files_that_are_written),
		cmocka_unit_test(options_name_files_that_are_read),
		cmocka_unit_test(options_leave_their_marks),
		cmocka_unit_test(the_form_follows_compiler_and_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
