#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Connections that say nothing keep nobody from compiling, and are dropped in the end.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources
expect 0 dcc gcc -c hello.c
children()
{
	ps -o pid= --ppid "$pid" | wc -l
}
has_children()
{
	[ "$(children)" -ge "$1" ]
}
has_no_children()
{
	[ "$(children)" -eq 0 ]
}

mkfifo hold
rawclient 127.0.0.2 "$port" hold:200 <hold >"$work/held" &
holder=$!
helper_pids="$helper_pids $holder"
exec 8>hold
wait_for 10 grep -q holding "$work/held" || fail "cannot open 200 connections"
wait_for 10 has_children 200 || fail "only $(children) are served"
for i in 1 2 3; do
	begin=$(now_ms)
	compare hello.o gcc -O$i -c hello.c
	took=$(($(now_ms) - begin))
	[ $took -lt $((3000 * patience)) ] || fail "a compile took $took ms beside them"
done
ran_away hello.c
# They cannot stay for ever: no read without a deadline.
wait_for 20 has_no_children || fail "$(children) idle connections are still there"
expect 0 dcc gcc -c hello.c
exec 8>&-
wait $holder || fail "the holder failed"
[ "$(find "/proc/$pid/fd" | wc -l)" -lt 30 ] || fail "the daemon kept descriptors"
rm hold
