#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dcc sends jobs to Debian's distccd, in protocols 1 and 2, and remembers what such a host speaks. What that
# language cannot carry stays away from it, and an error is looked at again here.
. "$(dirname "$0")/lib.sh"
needs /usr/bin/distccd
needs_root "distccd changes its user"

start_distccd old 127.0.0.2
write_sources
mkdir out
export DCC_FALLBACK=0

for options in '' ,lzo; do
	export DCC_HOSTS="127.0.0.2:$port/4$options"
	for compiler in gcc clang; do
		compare hello.o "$compiler" -O2 -c hello.c
		ran_away hello.c
		# With a warning, which stands in preprocessed text: only the message counts.
		expect 0 dcc "$compiler" -O2 -Wall -c hello.c
		says "unused variable 'unused'"
	done
	compare out/v.o g++ -O2 -MD -c vector.cc -o out/v.o
	is_same out/v.d out/v.d
	ran_away vector.cc
done
grep -q 'language=distcc ' "$DCC_LOG" || fail "not in distcc's language"
# One greeting in our language, one request in its own; from then on only the latter.
[ "$(count 'trying distcc' "$DCC_LOG")" -eq 1 ] || fail "not remembered as a host of distcc's"
[ "$(count 'REJ_BAD_REQ\|OTHER' "$work/old.log")" -eq 1 ] || fail "greeted more than once: $(cat "$work/old.log")"

# An error there proves nothing: the compiler here says it, once.
echo 'int broken(void) { return nothing; }' >broken.c
compare broken.o gcc -c broken.c
ran_here broken.c remote-error
grep -q 'COMPILE_ERROR' "$work/old.log" || fail "the error was not found there"

# What it would lose.
unset DCC_FALLBACK
jobs=$(count 'COMPILE_OK' "$work/old.log")
expect 0 dcc gcc -g -gsplit-dwarf -c hello.c
[ -s hello.dwo ] || fail "no hello.dwo"
echo 'nop' >a.s
expect 0 dcc gcc -c a.s
ran_here a.s view
echo 'nop' >b.S
expect 0 dcc gcc -c b.S
ran_here b.S view
# What this machine's processor is called goes to it, but not where gcc would record that otherwise.
if [ "$(uname -m)" = x86_64 ]; then
	expect 0 dcc gcc -g -march=native -c hello.c
	ran_here hello.c native-cpu
fi
[ "$(count 'COMPILE_OK' "$work/old.log")" -eq "$jobs" ] || fail "sent what distcc's language cannot carry"
