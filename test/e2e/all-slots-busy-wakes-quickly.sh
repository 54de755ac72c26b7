#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Clients that wait for a slot burn no processor time, are shown as Blocked, and go on as soon as a slot is free.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/1"
write_fast a.c
mkdir out
expect 0 dcc gcc -c a.c

# The only slot is held by this shell, as another client would.
slot=$(ls "$DCC_DIR"/lock/*tcp_127.0.0.2_"$port"_0)
[ -e "$slot" ] || fail "no lock file"
exec 9<"$slot"
flock -n 9 || fail "the slot is taken"
clients=
n=0
while [ $n -lt 40 ]; do
	# Without our descriptor: a file is closed when nobody has it open any more.
	dcc gcc -c a.c -o out/$n.o 9<&- &
	clients="$clients $!"
	n=$((n + 1))
done
are_all_blocked()
{
	[ "$(phases | grep -c Blocked)" -eq 40 ]
}
wait_for 15 are_all_blocked || fail "not all are blocked: $(dccmon-text)"
dccmon-text | grep -q "a volunteer's slot" || fail "the monitor does not say what they wait for"

# Ticks (1/100 s) of processor time of all of them.
ticks()
{
	total=0
	for client in $clients; do
		used=$(sed 's/.*) //' "/proc/$client/stat" | awk '{ print $12 + $13 }')
		total=$((total + used))
	done
	echo $total
}
before=$(ticks)
sleep 1
used=$(($(ticks) - before))
[ $used -le 3 ] || fail "40 waiting clients used $used/100 s of processor time in a second"

# The first of them leaves Blocked within moments: looking takes most of the time, sleeping would take a second.
begin=$(now_ms)
flock -u 9
exec 9<&-
while are_all_blocked; do
	:
done
took=$(($(now_ms) - begin))
[ $took -lt $((900 * patience)) ] || fail "nobody went on for $took ms"
for client in $clients; do
	wait "$client" || fail "a client ended with $?"
done
[ "$(find out -name '*.o' | wc -l)" -eq 40 ] || fail "objects are missing"

# A waiter that is killed is no obstacle for those behind it.
exec 9<"$slot"
flock -n 9
dcc gcc -c a.c -o out/x.o 9<&- &
first=$!
wait_for 5 is_in_phase Blocked
dcc gcc -c a.c -o out/y.o 9<&- &
second=$!
sleep 0.3
kill -9 $first
flock -u 9
exec 9<&-
wait $second || fail "the second ended with $?"
[ -s out/y.o ] || fail "no object of the second"
# Its record goes when somebody looks.
wait_for 2 is_monitor_empty || fail "still shown: $(dccmon-text)"
