#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Without any volunteer dcc is a compiler with one warning a command; links and the like have none.
. "$(dirname "$0")/lib.sh"

write_sources
export DCC_HOSTS=''
compare_quietly()
{
	"$@"
	is_silent
}

expect 0 dcc gcc -O1 -c hello.c -o remote.o
says 'reason=no-hosts'
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $(cat "$work/err")"
gcc -O1 -c hello.c -o local.o
is_same remote.o local.o
ran_here hello.c no-hosts
compare_quietly expect 0 dcc gcc hello.c -o hello
compare_quietly expect 0 dcc gcc -E hello.c
DCC_FALLBACK=0 expect 116 dcc gcc -c hello.c
says 'reason=no-hosts'
expect 116 dcc --show-hosts
expect 116 dcc -j
# Only this machine in the list: nothing to warn of.
DCC_HOSTS=localhost/2 expect 0 dcc gcc -c hello.c
is_silent
ran_here hello.c local-slot
# A host that is out of service counts for -j and is not used.
export DCC_HOSTS='127.0.0.2:1/7,down'
expect 0 dcc -j
prints 7
expect 0 dcc gcc -c hello.c
ran_here hello.c no-hosts
