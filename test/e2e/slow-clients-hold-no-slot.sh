#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Clients that stop in the middle of their request, or do not read their answer, keep nobody from compiling, also not where there is
# one slot; and they are dropped by a deadline.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"

address=127.0.0.2
mkdir "$work/back"
start_dccd one $address --jobs 1
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
export DCC_HOSTS="$address:$port/4" DCC_FALLBACK=0
write_fast a.c
echo 'char big[20000000] = { 1 };' >big.c
prepare_pump gcc c
echo big.c >list

# stops PHASE: a client that goes no further, until its standard input ends.
stops()
{
	mkfifo "$work/$1.$2"
	# shellcheck disable=SC2086  # one step a word
	pumpclient $address "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" list:list inline:all "hold:$1" -- \
		gcc -c big.c -o "big$2.o" <"$work/$1.$2" >"$work/$1.$2.out" 2>&1 &
	helper_pids="$helper_pids $!"
}

is_holding()
{
	grep -q holding "$work/$1.$2.out"
}

# quickly COUNT: a compile beside them.
quickly()
{
	begin=$(now_ms)
	expect 0 dcc gcc -c a.c
	took=$(($(now_ms) - begin))
	[ $took -lt $((4000 * patience)) ] || fail "$1: a compile took $took ms"
}

children()
{
	ps -o pid= --ppid "$pid" | wc -l
}

no_children()
{
	[ "$(children)" -eq 0 ]
}

for n in 1 2 3 4 5; do
	for phase in job file run; do
		stops $phase $n
		# The other end: kept open, and silent.
		sleep 1000 >"$work/$phase.$n" &
		helper_pids="$helper_pids $!"
		wait_for 20 is_holding $phase $n || fail "no client waits in $phase"
		quickly "$phase $n"
	done
done
ran_away a.c
wait_for 60 no_children || fail "$(children) slow clients are still there"
quickly after
[ "$(count 'refused .* timeout' "$work/one.log")" -ge 5 ] || fail "who was dropped? $(grep refused "$work/one.log")"
