#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A hundred clients for four slots: all queue up, each gets its own object, and no more than four compilers run at a time.
. "$(dirname "$0")/lib.sh"

choose_port 6000
start_dccd one 127.0.0.2 --jobs 4 --stats --stats-port "$port"
export DCC_HOSTS="127.0.0.2:$port/110,native" DCC_FALLBACK=0
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

are_in_phase()
{
	[ "$(phases | grep -c -x "$1")" -eq "$2" ]
}

# The four slots are taken until all others stand in the queue.
write_slow slow.cc 20000000
slow=
for n in 1 2 3 4; do
	# shellcheck disable=SC2086  # words
	setsid dcc g++ $slow_options -c slow.cc 2>/dev/null &
	slow="$slow $!"
done
wait_for 20 are_in_phase Compile 4 || fail "not four compile: $(dccmon-text)"
clients=
for source in [0-9]*.c; do
	dcc gcc -O2 -c "$source" -o "remote/${source%.c}.o" 2>>"$work/clients.err" &
	clients="$clients $!"
done
wait_for 60 are_in_phase Queued 100 || fail "not a hundred in the queue: $(dccmon-text)"
are_in_phase Compile 4 || fail "the queue did not hold: $(dccmon-text)"

# A job of the daemon has a child of its own once it has a slot. ps takes no list with the blanks it prints.
running()
{
	jobs_there=$(ps -o pid= --ppid "$pid" | tr -d ' ' | paste -sd, -)
	[ -z "$jobs_there" ] || ps -o pid= --ppid "$jobs_there"
}
four_run()
{
	[ "$(running | wc -l)" -eq 4 ]
}
wait_for 5 four_run || fail "not four run: $(running)"
most=4
for client in $slow; do
	kill -TERM "-$client"
	wait "$client" 2>/dev/null || :
done
while ! is_monitor_empty; do
	now=$(running | wc -l)
	[ "$now" -le "$most" ] || most=$now
done
for client in $clients; do
	wait "$client" || fail "a client ended with $?: $(cat "$work/clients.err")"
done
[ ! -s "$work/clients.err" ] || fail "$(cat "$work/clients.err")"
diff -r local remote || fail "objects differ"
[ "$(find remote -name '*.o' | wc -l)" -eq 100 ] || fail "objects are missing"
expect_lines ' job .* exit:0' "$work/one.log" 101
[ "$most" -le 4 ] || fail "$most compilers ran at once"
[ "$(count 'wait:[1-9]' "$work/one.log")" -ge 100 ] || fail "not all waited"
