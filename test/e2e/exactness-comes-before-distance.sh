#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where text on a volunteer would not give the bytes or the messages of a local compile, the job stays here.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
cat >quiet.c <<'END'
#include <stddef.h>
#include <stdio.h>

int
main(void)
{
	return printf("%zu\n", sizeof(size_t)) < 0;
}
END
cat >loud.c <<'END'
#include <stdio.h>
struct empty {};
int main(void) { return puts("x") < 0; }
END

# gcc's pedantry would find fault with every line marker.
for options in -Wpedantic -pedantic-errors '-Wpedantic -Werror' '-std=c11 -Wall -pedantic'; do
	# shellcheck disable=SC2086  # words
	compare quiet.o gcc $options -c quiet.c
	ran_away quiet.c
done
# Its own findings are looked at again here.
compare loud.o gcc -pedantic -c loud.c
ran_here loud.c diagnostics
status=0
dcc gcc -pedantic-errors -c loud.c 2>"$work/loud.err" || status=$?
[ "$status" -eq 1 ] || fail "an error of pedantry gave exit $status"
ran_here loud.c remote-error

# Debug information that would differ.
compare quiet.o gcc -g -pedantic -c quiet.c
ran_here quiet.c plain
compare quiet.o gcc -g3 -c quiet.c
ran_here quiet.c plain
compare quiet.o clang -g -c quiet.c
ran_here quiet.c plain
compare quiet.o clang -gdwarf-4 -c quiet.c
ran_away quiet.c

# gcc carries these pragmas out while it preprocesses, and would not tell the volunteer.
cat >macro.c <<'END'
#define V 1
#pragma push_macro("V")
#undef V
#define V 2
int a = V;
#pragma pop_macro("V")
int b = V;
       
END
compare macro.o gcc -O1 -c macro.c
ran_here macro.c cpp-failed
printf '#pragma once\n#pragma GCC system_header\n       \nextern int z;\n' >plain.h
printf '#include "plain.h"\n        \nint z;\n' >plain.c
compare plain.o gcc -O1 -c plain.c
ran_away plain.c

# A message that only quotes the source says nothing against the volunteer.
printf 'int puts(const char *);\nint f(void) { puts("out of memory") return 0; }\n' >quoted.c
for cc in gcc clang; do
	compare quoted.o $cc -c quoted.c
	ran_away quoted.c
done

# About a file that was preprocessed before, gcc quotes what the file names.
printf 'static int g(void) { return 1; }\nint f(void)\n{\n\treturn 2; }\n' >early.c
gcc -E early.c -o early.i
compare early.o gcc -c early.i
ran_away early.i
compare early.o gcc -Wall -c early.i
ran_here early.i diagnostics
compare early.o gcc -Wall -Werror -c early.i
ran_here early.i diagnostics
compare early.o clang -Wall -c early.i
ran_away early.i

# The spelling of the folder is in the debug information.
mkdir -p "$work/src/.hidden/real"
ln -s "$work/src/.hidden/real" "$work/src/.hidden/link"
cp quiet.c .hidden/real/
cd .hidden/link
compare quiet.o gcc -g -c quiet.c
ran_away quiet.c
cd "$work/src"
# shellcheck disable=SC2030,SC2031  # for this one command
(PWD="/$PWD/" && export PWD && compare quiet.o gcc -g -c quiet.c)
ran_here quiet.c plain
# shellcheck disable=SC2030,SC2031
(PWD="/$PWD/" && export PWD && compare quiet.o gcc -c quiet.c)
ran_away quiet.c

# Who does not mind can say so.
DCC_EXACT=0 dcc clang -g -c quiet.c
ran_away quiet.c
DCC_EXACT=0 dcc gcc -g -pedantic -c quiet.c
ran_away quiet.c
