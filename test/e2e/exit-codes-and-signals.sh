#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dcc ends as the compiler ends. A program's error is found once, on the volunteer, and printed once.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
write_sources
printf 'int f(void)\n{\n\treturn nothing;\n}\n' >broken.c
printf 'int f(void) { return 1 }\n#include "missing.h"\n' >missing.c
printf '#warning from the preprocessor\nint f(void) { int unused; return 0; }\n' >warned.c
printf '#error no way\n' >error.c

# An error: exit code 1, the same message as a local compile, and exactly one compile anywhere.
for cc in gcc clang; do
	for options in '' '-gdwarf-4 -Wall' '-Werror'; do
		# shellcheck disable=SC2086  # words
		compare broken.o $cc $options -c broken.c
	done
	compare hello.o $cc -Wall -Werror -c hello.c
done
expect_lines ' broken.c exit:1 ' "$work/one.log" 6
expect_lines ' hello.c exit:1 ' "$work/one.log" 2
[ "$(count ': here ' "$DCC_LOG")" -eq 0 ] || fail "compiled again here"
expect 1 dcc gcc -c broken.c
[ "$(count 'nothing.* undeclared' "$work/err")" -eq 1 ] || fail "not printed once: $(cat "$work/err")"
# With an old object: it goes where the compiler that writes it failed (clang), and stays where the assembler has not begun (gcc).
: >broken.o
expect 1 dcc clang -c broken.c
[ ! -e broken.o ] || fail "the old object is still there"
: >broken.o
expect 1 dcc gcc -c broken.c
[ -e broken.o ] || fail "the old object is gone"
rm broken.o

# What the preprocessor finds is final too, or done again here: never two times on the screen.
for cc in gcc clang; do
	compare missing.o $cc -c missing.c
	compare error.o $cc -c error.c
	compare warned.o $cc -Wall -c warned.c
	compare warned.o $cc -Wall -Werror -c warned.c
done

# Commands that the compiler refuses, and what has no source.
compare x.o gcc -c no-such-file.c
compare x.o gcc --no-such-option -c hello.c
compare x.o gcc -c
compare x.o gcc

# Our own.
expect 101 dcc
says usage
expect 110 dcc no-such-compiler -c hello.c
DCC_FALLBACK=0 DCC_HOSTS=127.0.0.2:1 expect 116 dcc gcc -c hello.c
DCC_FALLBACK=0 DCC_HOSTS=127.0.0.2:x expect 106 dcc gcc -c hello.c

# A local compiler that dies by a signal: so does dcc.
printf '#!/bin/sh\nkill -SEGV $$\n' >dying
chmod 755 dying
for signal in SEGV:139 KILL:137; do
	printf '#!/bin/sh\nkill -%s $$\n' "${signal%:*}" >dying
	expect "${signal#*:}" dcc ./dying -c hello.c
done
printf '#!/bin/sh\nexit 42\n' >dying
expect 42 dcc ./dying -c hello.c

# One that is killed on the volunteer (out of memory, say) says nothing about the program: done elsewhere, here,
# where the source is a quick one by then. There it would take minutes.
write_slow killed.cc 20000000
# shellcheck disable=SC2086  # words
dcc g++ $slow_options -c killed.cc 2>"$work/err" &
client=$!
wait_for 20 is_in_phase Compile || fail "not compiling there"
wait_for 20 is_compiling killed.cc || fail "no compiler"
there=$(compilers_of killed.cc)
make_quick killed.cc
for p in $there; do
	kill -9 "$p"
done
wait $client || fail "exit $? after its compiler was killed"
[ -s killed.o ] || fail "no object"
wait_for 5 has_lines 'refused .* \(resource\|killed\) ' "$work/one.log" 1 || fail "the volunteer did not refuse"
grep -q ': here killed.cc reason=\(resource\|killed\) ' "$DCC_LOG" || fail "not compiled here: $(verdict_of killed.cc)"
