#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A hundred clients for four slots: each gets its own object, and no more than four compilers run at a time.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 4 --stats --stats-port $((20000 + ($$ * 13 + 77) % 12000))
export DCC_HOSTS="127.0.0.2:$port/100,native" DCC_FALLBACK=0
mkdir local remote
n=0
while [ $n -lt 100 ]; do
	echo "int number(void) { return $n; } const char name[] = \"file $n\";" >$n.c
	n=$((n + 1))
done
gcc -O2 -c ./*.c
mv ./*.o local/
# Once alone, so that the compiler is known.
expect 0 dcc gcc -c 0.c
rm 0.o
clients=
for source in *.c; do
	dcc gcc -O2 -c "$source" -o "remote/${source%.c}.o" 2>>"$work/clients.err" &
	clients="$clients $!"
done
phases_seen=
most=0
while ! is_monitor_empty; do
	phases >"$work/phases"
	grep -q Queued "$work/phases" && phases_seen=queued
	# A job of the daemon has a child of its own once it has a slot.
	running=$(ps -o pid= --ppid "$(ps -o pid= --ppid "$pid" | paste -sd, -)" 2>/dev/null | wc -l)
	[ "$running" -le "$most" ] || most=$running
	sleep 0.2
done
for client in $clients; do
	wait "$client" || fail "a client ended with $?: $(cat "$work/clients.err")"
done
[ ! -s "$work/clients.err" ] || fail "$(cat "$work/clients.err")"
diff -r local remote || fail "objects differ"
[ "$(find remote -name '*.o' | wc -l)" -eq 100 ] || fail "objects are missing"
[ "$phases_seen" = queued ] || fail "nobody was ever queued"
expect_lines 'exit:0' "$work/one.log" 101
[ "$most" -gt 0 ] || fail "no job was seen to run"
[ "$most" -le 4 ] || fail "$most compilers ran at once"
grep -q 'wait:[1-9]' "$work/one.log" || fail "nobody waited"
