#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dccmon-text shows where each job is and what it waits for; nobody who is gone, everybody who stays long.
. "$(dirname "$0")/lib.sh"
needs python3

start_dccd one 127.0.0.2 --jobs 1
volunteer=127.0.0.2:$port
export DCC_BACKOFF_PERIOD=0
write_slow slow.cc 20000000

expect 0 dccmon-text
[ ! -s "$work/out" ] || fail "shows something: $(cat "$work/out")"

# start HOSTS FILE: a client in the background.
start()
{
	# shellcheck disable=SC2086  # words
	DCC_HOSTS=$1 setsid dcc g++ $slow_options -c "$2" 2>/dev/null &
	client=$!
}

# shows PHASE MODE PLACE: a line of the text for it, and its object in JSON.
shows()
{
	wait_for 10 is_in_phase "$1" || fail "never in $1: $(dccmon-text)"
	dccmon-text >"$work/out"
	grep -E -q "^ *$client  $1 +[0-9]+\.[0-9]  $source +$3  $2\$" "$work/out" ||
		fail "not \"$client $1 ... $source $3 $2\": $(cat "$work/out")"
	dccmon-text --json >"$work/json"
	while read -r line; do
		printf '%s\n' "$line" | python3 -m json.tool >/dev/null || fail "no JSON: $line"
	done <"$work/json"
	grep "\"pid\":$client," "$work/json" | grep -q "\"phase\":\"$1\"" || fail "JSON: $(cat "$work/json")"
}

stop()
{
	kill -TERM "-$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

source=slow.cc
start "$volunteer/1" slow.cc
shows Compile plain '127\.0\.0\.2\[0\]'
compiling=$client
start "$volunteer/1" slow.cc
shows Blocked - "\\(a volunteer's slot\\)"
stop $client
start "127.0.0.2:$port/5,native" slow.cc
shows Queued plain '127\.0\.0\.2\[.\]'
stop $client
export DCC_PUMP=auto
start "127.0.0.2:$port/5,native" slow.cc
shows Queued pump '127\.0\.0\.2\[.\]'
stop $client
export DCC_PUMP="$PUMP_IN_TESTS"
# A job that stays in one phase is shown however long that is; its time grows.
before=$(dccmon-text | awk -v pid=$compiling '$1 == pid { print $3 }')
touch -d '1 hour ago' "$DCC_DIR"/state/*
sleep 1
after=$(dccmon-text | awk -v pid=$compiling '$1 == pid { print $3 }')
[ -n "$after" ] || fail "a long job is not shown"
awk "BEGIN { exit !($after >= $before + 0.8) }" || fail "$before, then $after seconds"
# A process that is gone is not, and its record is removed.
kill -9 $compiling
wait $compiling 2>/dev/null || :
wait_for 5 is_monitor_empty || fail "still shown: $(dccmon-text)"
[ -z "$(ls "$DCC_DIR/state")" ] || fail "its record is left"

# Work here.
start localhost slow.cc
shows Compile local localhost
stop $client
mkfifo pipe.h
printf '#include "pipe.h"\n' >waits.cc
source=waits.cc
start "$volunteer/1" waits.cc
shows Preprocess plain '127\.0\.0\.2\[0\]'
stop $client
rm pipe.h
source=slow.cc
start_fake 127.0.0.2 hang
start "127.0.0.2:$port" slow.cc
shows Send plain '127\.0\.0\.2\[0\]'
stop $client

# Repeating: a look every so often, one JSON object a line, until a signal or until nobody reads.
source='odd "name" \.cc'
cp slow.cc "$source"
DCC_HOSTS="$volunteer/1"
export DCC_HOSTS
# shellcheck disable=SC2086  # words
setsid dcc g++ $slow_options -c "$source" 2>/dev/null &
client=$!
wait_for 10 is_in_phase Compile || fail "not compiling"
dccmon-text --json 0.1 >"$work/json" &
monitor=$!
sleep 0.6
kill $monitor
wait $monitor 2>/dev/null || :
[ "$(wc -l <"$work/json")" -ge 3 ] || fail "does not repeat"
python3 -c 'import json, sys
for line in sys.stdin: assert json.loads(line)["source"] == sys.argv[1], line' "$source" <"$work/json" || fail "the name is garbled"
dccmon-text 0.05 | head -n 2 >/dev/null
stop $client
# Without jobs nothing is written that could fail.
(
	status=0
	timeout 10 dccmon-text 0.05 || status=$?
	echo $status >"$work/monitor.status"
) | head -n 0
[ "$(cat "$work/monitor.status")" -eq 0 ] || fail "goes on though nobody reads"
for bad in -1 x 1x; do
	expect 101 dccmon-text -- $bad
done
