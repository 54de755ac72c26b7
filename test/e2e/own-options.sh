#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dcc's own options, which are only those of a dcc that is called by its name.
. "$(dirname "$0")/lib.sh"

expect 0 dcc --help
prints 'usage: dcc'
is_silent
expect 0 dcc --version
prints 'dcc '
export DCC_HOSTS='127.0.0.1:42556/2,lzo localhost/3 @foo/5:/opt/distccd,lzo [::1]:3632/7,lzo # a comment'
expect 0 dcc -j
[ "$(cat "$work/out")" = 17 ] || fail "-j prints $(cat "$work/out")"
expect 0 dcc --show-hosts
printf '%s\n' 127.0.0.1:42556/2,lzo localhost/3 @foo/5:/opt/distccd,lzo '[::1]:3632/7,lzo' >hosts
is_same "$work/out" hosts
# Everything else is for the compiler; and after a compiler's name all is.
DCC_HOSTS='' expect 0 dcc gcc --version
prints 'gcc'
gcc --help >local 2>&1
DCC_HOSTS='' expect 0 dcc gcc --help
is_same "$work/out" local
# Without a compiler's name: cc.
write_fast a.c
DCC_HOSTS=localhost expect 0 dcc -c a.c
cc -c a.c -o local.o
is_same a.o local.o
DCC_HOSTS=localhost expect 0 dcc a.c -c -o b.o
is_same b.o local.o
# A monitor's and a daemon's.
for program in dccd dccmon-text; do
	expect 0 $program --version
	prints "$program "
	expect 0 $program --help
	expect 101 $program --nonsense
	says nonsense
done
