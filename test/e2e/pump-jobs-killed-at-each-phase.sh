#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever dies in the middle of a pump-mode job, client or job or daemon, leaves no process, no half file, no lock; what was kept
# before serves the next job.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"

address=127.0.0.1
mkdir "$work/back"
start_dccd one "$address"
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
write_sources
write_slow slow.cc 40000000
prepare_pump gcc c
list_files list gcc -O2 -M hello.c
gcc -O2 -c hello.c -o hello.o
mkfifo "$work/hold"

works()
{
	pump 0 list:list client:"$1" -- gcc -O2 -c hello.c -o hello.o
	prints 'proof 1 equal'
	came_back hello.o
}

uploads()
{
	find "$work"/one.store/store/*/tmp -type f 2>/dev/null
}

has_no_upload()
{
	[ -z "$(uploads)" ]
}

# Children of the daemon: jobs.
jobs_of()
{
	ps -o pid= --ppid "$pid" | tr -d ' '
}

has_no_job()
{
	[ -z "$(jobs_of)" ]
}

has_job()
{
	! has_no_job
}

# hold_at PHASE CLIENT: sets client, which waits there.
hold_at()
{
	# shellcheck disable=SC2086  # one step a word
	pumpclient "$address" "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" list:list "client:$2" "hold:$1" \
		"out:$work/back" -- gcc -O2 -c hello.c -o hello.o <"$work/hold" >"$work/held" 2>&1 &
	client=$!
	exec 3>"$work/hold"
	wait_for 10 grep -q holding "$work/held" || fail "it does not come to $1: $(cat "$work/held")"
	# The connection may still wait to be accepted.
	wait_for 10 has_job || fail "no job at $1"
}

number=20
for phase in job manifest file want; do
	# The client dies.
	number=$((number + 1))
	hold_at "$phase" "$number"
	kill -9 "$client"
	wait "$client" 2>/dev/null || :
	exec 3>&-
	wait_for 10 has_no_job || fail "a job outlives its client at $phase"
	wait_for 5 has_no_upload || fail "left at $phase: $(uploads)"
	works "$number"
	# The job dies.
	number=$((number + 1))
	hold_at "$phase" "$number"
	for job in $(jobs_of); do
		kill -9 "$job"
	done
	exec 3>&-
	wait "$client" && fail "it goes on without its job at $phase"
	wait_for 5 has_no_upload || fail "left by the job at $phase: $(uploads)"
	works "$number"
	# The daemon dies, and the job with it or after it.
	number=$((number + 1))
	hold_at "$phase" "$number"
	orphans=$(jobs_of)
	kill -9 "$pid"
	for job in $orphans; do
		kill -9 "$job" 2>/dev/null || :
	done
	exec 3>&-
	wait "$client" && fail "it goes on without a daemon at $phase"
	start_dccd one "$address"
	wait_for 5 has_no_upload || fail "left by the daemon at $phase: $(uploads)"
	works "$number"
done

# While the compiler runs: the client's death stops it, and its tree serves the next job.
prepare_pump g++ c++
echo slow.cc >slow
echo /usr/include/stdc-predef.h >>slow
# shellcheck disable=SC2086  # one step a word
pumpclient "$address" "$port" "digest:$pump_digest" language:1 $pump_hidden "cwd:$PWD" "env:PWD=$PWD" list:slow client:1 \
	"out:$work/back" -- g++ $slow_options -c slow.cc -o slow.o </dev/null >"$work/held" 2>&1 &
client=$!
wait_for 20 is_compiling slow.cc || fail "it does not compile: $(cat "$work/held")"
kill -9 "$client"
wait "$client" 2>/dev/null || :
wait_for 10 is_not_compiling slow.cc || fail "the compiler goes on"
prepare_pump gcc c
works 1
trees=$(find "$work"/one.store/store/*/trees -maxdepth 1 -mindepth 1 | wc -l)
for _ in 1 2 3; do
	works 1
done
[ "$(find "$work"/one.store/store/*/trees -maxdepth 1 -mindepth 1 | wc -l)" -eq "$trees" ] || fail "trees are not used again"
