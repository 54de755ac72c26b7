#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An interrupted client ends by that signal, its compiler on the volunteer ends, and nothing half-made stays.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 1
export DCC_HOSTS="127.0.0.2:$port/4"
write_slow slow.cc 20000000
: >slow.o

for signal in INT:130 TERM:143 HUP:129; do
	# A background command of a script ignores SIGINT: python puts that right, as a terminal's shell would.
	# shellcheck disable=SC2086  # words
	python3 -c 'import os, signal, sys
for s in signal.SIGINT, signal.SIGQUIT: signal.signal(s, signal.SIG_DFL)
os.setsid()
os.execvp(sys.argv[1], sys.argv[1:])' dcc g++ $slow_options -c slow.cc 2>"$work/err" &
	client=$!
	wait_for 15 is_compiling slow.cc || fail "no compiler"
	begin=$(now_ms)
	# To the whole group, as a terminal does.
	kill "-${signal%:*}" "-$client"
	status=0
	wait $client || status=$?
	took=$(($(now_ms) - begin))
	[ $status -eq "${signal#*:}" ] || fail "exit $status after SIG${signal%:*}"
	[ $took -lt $((2000 * patience)) ] || fail "needed $took ms to end"
	wait_for 3 is_not_compiling slow.cc || fail "the compiler runs on after SIG${signal%:*}"
	is_silent
done
[ -e slow.o ] || fail "the old object was removed"
[ ! -s slow.o ] || fail "an object from nowhere"
expect_lines 'cancelled ' "$work/one.log" 3
[ "$(count ': here ' "$DCC_LOG")" -eq 0 ] || fail "compiled here after all"

# In the queue, and while this machine compiles.
# shellcheck disable=SC2086  # words
dcc g++ $slow_options -c slow.cc 2>/dev/null &
first=$!
wait_for 15 is_in_phase Compile || fail "not compiling"
# shellcheck disable=SC2086  # words
dcc g++ $slow_options -c slow.cc 2>/dev/null &
second=$!
wait_for 15 is_in_phase Queued || fail "not queued"
for client in $second $first; do
	kill -TERM "$client"
	status=0
	wait "$client" || status=$?
	[ $status -eq 143 ] || fail "exit $status instead of 143"
done
wait_for 3 is_not_compiling slow.cc || fail "a compiler runs on"
# shellcheck disable=SC2086  # words
DCC_HOSTS=localhost setsid dcc g++ $slow_options -c slow.cc 2>/dev/null &
client=$!
wait_for 15 is_compiling slow.cc || fail "no compiler here"
kill -TERM -$client
status=0
wait $client || status=$?
[ $status -eq 143 ] || fail "exit $status instead of 143 here"
wait_for 3 is_not_compiling slow.cc || fail "the compiler here runs on"
rm -f slow.o
