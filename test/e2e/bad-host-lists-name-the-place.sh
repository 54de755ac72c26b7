#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A mistake in the host list is shown with its entry, its place and what is wrong; the build goes on here.
. "$(dirname "$0")/lib.sh"

write_fast a.c

# bad LIST ENTRY CAUSE
bad()
{
	DCC_HOSTS=$1 expect 106 dcc --show-hosts
	says "$2"
	says "$3"
	says DCC_HOSTS
	rm -f a.o
	DCC_HOSTS=$1 expect 0 dcc gcc -c a.c
	says "$2"
	[ -s a.o ] || fail "no object with the host list $1"
	DCC_HOSTS=$1 DCC_FALLBACK=0 expect 106 dcc gcc -c a.c
}

bad 'good a/0' 'a/0' 'column 6'
bad 'a/x' 'a/x' 'slots'
bad 'a:1x' 'a:1x' 'port'
bad 'a:70000' 'a:70000' 'port'
bad 'a,nonsense' 'a,nonsense' 'nonsense'
bad 'a,cpp' 'a,cpp' 'lzo'
bad 'b c d mbp@' 'mbp@' 'column 7'
bad ':4200' ':4200' ''
bad 'angry::' 'angry::' ''
bad '[::1' '[::1' ']'
bad '--localslots=none' '--localslots=none' ''
bad '--nonsense' '--nonsense' ''
bad '@' '@' ''

# In a file the line is counted.
unset DCC_HOSTS
printf '# my farm\nred/4\n\nblue/4,oops # comment\n' >"$DCC_DIR/hosts"
expect 106 dcc --show-hosts
says "$DCC_DIR/hosts"
says 'line 4'
says 'blue/4,oops'
expect 0 dcc gcc -c a.c
