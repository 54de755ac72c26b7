#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each construct that decides what a compiler reads: in pump mode where it is followed, else named and done another way;
# and always with the bytes of a local compile.
. "$(dirname "$0")/lib.sh"
needs clang

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_PUMP=auto
mkdir one two one/sub
echo 'int h_one = __LINE__;' >one/h.h
echo 'int h_two;' >two/h.h
printf '#include_next <h.h>\nint next_one;\n' >one/next.h
printf 'int next_two;\n' >two/next.h
echo '#pragma once' >once.h
echo 'int once;' >>once.h
touch -d '2001-02-03 04:05:06' once.h
cp -p once.h two/once.h
cp -p once.h one/sub/b.h
printf '#ifndef G\n#define G\nint guarded;\n#endif\n' >guard.h
echo '#define FROM_MACROS 7' >macros.h
printf 'abc' >bytes
unreadable=
is_root || { echo 'int u;' >unreadable.h && chmod 0 unreadable.h && unreadable=yes; }

# row WAY COMMAND...: the source, row.*, is standard input. WAY: pump; plain:WORD or here:WORD, as in
# dcc-include-server(1); stays:REASON, as in dcc(1).
row()
{
	way=$1
	shift
	for source; do :; done
	cat >"$source"
	rm -f row.o
	status=0
	"$@" >/dev/null 2>&1 || status=$?
	rm -f "$work/local.o"
	[ $status -ne 0 ] || mv row.o "$work/local.o"
	: >"$DCC_LOG"
	expect $status dcc "$@"
	[ $status -ne 0 ] || is_same row.o "$work/local.o"
	case $way in
	pump) travelled "$source" pump ;;
	stays:*) ran_here "$source" "${way#stays:}" ;;
	*)
		grep -q "no pump mode for $source: .*: ${way#*:} (" "$DCC_LOG" || fail "$*: $way, but $(cat "$DCC_LOG" "$source")"
		case $way in
		here:*) ran_here "$source" unmodelled ;;
		*) grep -E ': (away .* language=native|here .* reason=cpp-failed)' "$DCC_LOG" >/dev/null ||
			fail "$*: $way, but $(cat "$DCC_LOG")" ;;
		esac
		;;
	esac
}

# both WAY [OPTION...]: of C, by gcc and clang
both()
{
	both_way=$1
	shift
	cat >"$work/row"
	row "$both_way" gcc -w "$@" -c row.c <"$work/row"
	row "$both_way" clang -w "$@" -c row.c <"$work/row"
}

# --- conditions ---
both pump -Ione -Itwo -DA=3 -UB <<'END'
#if A == 3 && !defined(B) && (1 ? -1 : 2u) > 0
#include <h.h>
#elif 1
#error
#else
#error
#endif
#ifndef A
#include "none.h"
#endif
END
row pump gcc -Ione -c row.c <<'END'
#ifdef A
#include "none.h"
#elifdef __GNUC__
#include <h.h>
#endif
END
both plain:error -Ione -Itwo <<'END'
#ifndef NOT_GIVEN
#error reached
#endif
END
both plain:syntax -Ione -Itwo <<'END'
#if 1.0
#include "guard.h"
#endif
END
both plain:directive -Ione -Itwo <<'END'
#nonsense
END

# --- names of includes ---
both pump -Ione -Itwo <<'END'
#define NAME <h.h>
#define STRING "once.h"
#include NAME
#include STRING
#include <next.h>
#ifndef SELF
#define SELF
#include __FILE__
int self;
#endif
%:include "guard.h"
#/**/include /* twice */ "guard.h"
#include <sub//b.h>
#inc\
lude "one/\
sub/b.h"
END
both pump -Ione -Itwo -imacros macros.h <<'END'
int from = FROM_MACROS;
END
both pump -include guard.h -iquotetwo -isystemone <<'END'
#include "h.h"
#include <h.h>
END
both pump -iprefix "$PWD/" -iwithprefixtwo -iwithprefixbeforeone -nostdinc <<'END'
#include <h.h>
END
both pump -isysroot / --sysroot=/ -idirafter one <<'END'
#include <h.h>
END
row plain:option clang -iframework one -c row.c <<'END'
int f;
END

# --- once, and what is only looked for ---
both pump -Ione -Itwo <<'END'
#include "once.h"
#include "two/once.h"
#include "once.h"
#import "guard.h"
#import "guard.h"
#if __has_include("macros.h") && !__has_include("none.h") && __has_include(<h.h>)
int has = 1;
#endif
#if defined __has_include_next
int has_next;
#endif
#ifdef __has_embed
#if __has_embed("bytes")
int embed;
#endif
#endif
END

# --- what the compiler makes up ---
both pump -Ione -Itwo <<'END'
#if __LINE__ == 1 && __INCLUDE_LEVEL__ == 0
#include "guard.h"
#endif
#line 40 "other.c"
#if __LINE__ == 40
#include "once.h"
#endif
int line = __LINE__, counter = __COUNTER__;
const char *base = __BASE_FILE__, *file = __FILE__, *when = __TIMESTAMP__;
#if __COUNTER__ + 1 == __COUNTER__ + 0
#include "macros.h"
#endif
#if __has_attribute(aligned) && __has_builtin(__builtin_abs)
#include "one/h.h"
#endif
END
both here:counter <<'END'
#if __COUNTER__ == 0
#include "guard.h"
#endif
END
both here:date -Ione -Itwo <<'END'
#define STRING(x) #x
#include __DATE__
END

# --- pragmas ---
both pump -Ione -Itwo <<'END'
#define M "guard.h"
#pragma push_macro("M")
#undef M
#define M "once.h"
#include M
#pragma pop_macro("M")
#include M
#define QUIET _Pragma("GCC diagnostic ignored \"-Wunused\"")
QUIET
_Pragma("GCC diagnostic pop") int after;
#pragma GCC dependency "macros.h"
END
both plain:pragma -Ione -Itwo <<'END'
#define POP int x; _Pragma("pop_macro(\"M\")") int y;
#define M 1
POP
#if M
#include "guard.h"
#endif
END
both plain:poison -Ione -Itwo <<'END'
#pragma GCC poison bad
#if bad
#include "guard.h"
#endif
END
row here:target gcc -Ione -c row.c <<'END'
#pragma GCC push_options
#pragma GCC target("avx2")
#ifdef __AVX2__
#include "guard.h"
#endif
#pragma GCC pop_options
END
both pump <<'END'
#include <immintrin.h>
#ifdef __SSE2__
#include "guard.h"
#endif
END
row here:module clang -w -c row.c <<'END'
#pragma clang module import x
END
row here:precompiled clang -w -c row.c <<'END'
#pragma hdrstop
END
row plain:extension clang -w -c row.c <<'END'
#pragma include_alias("h.h", "guard.h")
END
row pump gcc -w -c row.c <<'END'
#pragma clang module import x
#pragma hdrstop
#pragma include_alias("guard.h", "once.h")
#include "guard.h"
END
row here:module g++ -std=c++20 -D__cpp_modules=1 -c row.cc <<'END'
int n;
import nothing;
END
row stays:local-file g++ -std=c++20 -fmodules-ts -c row.cc <<'END'
int n;
END
both here:assert <<'END'
#assert machine(x)
#if #machine(x)
#include "guard.h"
#endif
END

# --- characters ---
row pump gcc -std=c99 -c row.c <<'END'
??=include "guard.h"
#define S R"x(
#include "once.h"
int a; /\
/ comment
END
row pump gcc -std=gnu99 -c row.c <<'END'
const char *raw = R"x(
#include "none.h"
)x";
END
row pump g++ -std=c++14 -c row.cc <<'END'
#if 1'000 == 1000 and not false
#include "guard.h"
#endif
int n = 1'0; // '
END
row plain:line-comment gcc -std=c89 -w -c row.c <<'END'
int a = 4 //* not a comment in C89 */ 2
;
END
printf '\357\273\277#include "guard.h"\r\n\f#if 1 \\ \r\n+ 0\r\nint bom;\r\n#endif\r\n' | row pump gcc -w -c row.c
# shellcheck disable=SC2016  # names of identifiers
printf '#define a$b 1\n#if a$b\n#include "guard.h"\n#endif\n#define \303\244 1\n#if \303\244\n#include "once.h"\n#endif\n' | row pump gcc -w -c row.c
both plain:character -Ione -Itwo <<'END'
#if \u00e4
#include "guard.h"
#endif
END

# --- assembler, and what it reads ---
row pump gcc -c row.S <<'END'
# a comment, isn't it
#include "macros.h"
	.long FROM_MACROS /* " */
END
row pump gcc -c row.S <<'END'
	.incbin "bytes"
END
row pump gcc -c row.c <<'END'
__asm__(".data\n.incbin \"bytes\"\n.text");
END
both here:assembler -Ione -Itwo <<'END'
#define NAME "bytes"
__asm__(".data\n.incbin " "\"by" "tes\"\n.text");
END

# --- files of other kinds ---
mkdir -p one/folder.h
echo 'int in_two;' >two/folder.h
both pump -Ione -Itwo <<'END'
#include <folder.h>
END
ln -s loop.h loop.h
both here:denied -Ione -Itwo <<'END'
#include "loop.h"
END
rm loop.h
[ -z "$unreadable" ] || both here:denied -Ione -Itwo <<'END'
#include "unreadable.h"
END
both plain:missing -Ione -Itwo <<'END'
#include "none.h"
END
printf '#include "deep.h"\n' >deep.h
both plain:depth -Ione -Itwo <<'END'
#include "deep.h"
END
gcc -x c-header macros.h -o pre.h.gch
cp macros.h pre.h
row here:precompiled gcc -c row.c <<'END'
#include "pre.h"
END
rm pre.h.gch

# --- commands ---
echo 'int c = 1;' >plain.c
echo '-DX=1 -c' >arguments
row pump gcc @arguments row.c <plain.c
row stays:local-option gcc -fpreprocessed -c row.c <plain.c
row stays:local-option gcc -fdirectives-only -c row.c <plain.c
row stays:local-option gcc -I- -c row.c <plain.c
row pump gcc -save-temps=obj -c row.c <plain.c
row stays:local-file gcc -B/usr/lib -c row.c <plain.c
row stays:local-file clang -fmodules -c row.c <plain.c
row stays:local-file clang -ivfsoverlay none.yaml -c row.c <plain.c
row pump gcc -march=native -c row.c <<'END'
#ifdef __SSSE3__
#include "guard.h"
#endif
END
export DEPENDENCIES_OUTPUT="$PWD/out.d"
row here:environment gcc -c row.c <plain.c
