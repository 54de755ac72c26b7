#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon that root started puts each job into a cgroup: --job-memory bounds its processes together, the client goes on here,
# and no folder stays behind. An ordinary user's daemon has rlimits, for each process, and says so.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/escapeelib.sh"
needs_root "to start the daemon as root and as somebody else"

address=127.0.0.2
plant_escapee
export DCC_BACKOFF_PERIOD=0
: >attempt-share.i
: >attempt-endless.i
echo 'int fine;' >fine.c

start_dccd root "$address" --jobs 2 --job-memory 96M --log-level info
bounds=$(grep 'what bounds a job' "$work/root.log")
case $bounds in
*"for memory and the number of processes, below "*) ;;
*) skip "$bounds" ;;
esac
base=${bounds##*below }
root_pid=$pid
export DCC_HOSTS="$address:$port/2"
[ -d "$base" ] || fail "no $base"
# The other hierarchy of v1.
twin=$(find /sys/fs/cgroup -type d -name "${base##*/}" ! -path "$base" 2>/dev/null)

no_job_is_left()
{
	[ -z "$(find "$base" ${twin:+"$twin"} -name 'job-*' 2>/dev/null)" ]
}

# An ordinary job is none the worse for it.
DCC_FALLBACK=0 expect 0 dcc gcc -c fine.c -o fine.o
ran_away fine.c
no_job_is_left || fail "left: $(find "$base" ${twin:+"$twin"})"

# Four of 40 MiB each are too many for 96 MiB; none alone is.
DCC_FALLBACK=0 expect 100 dcc "$evil" -S attempt-share.i -o share.s
says reason=resource
grep -q 'processes took more memory' "$work/root.log" || fail "the daemon does not say why"
no_job_is_left || fail "left: $(find "$base" ${twin:+"$twin"})"
# The same, and the client does it itself.
expect 0 dcc "$evil" -S attempt-share.i -o share.s
[ "$(cat share.s)" = 'done' ] || fail "it was not done here"
ran_here attempt-share.i resource

# What a running job is in.
dcc "$evil" -S attempt-endless.i -o endless.s 2>"$work/endless.err" &
client=$!
helper_pids="$helper_pids $client"
job_runs()
{
	job=$(find "$base" -name 'job-*') && [ -n "$job" ] || return 1
	while read -r worker; do
		[ "$(cat "/proc/$worker/comm" 2>/dev/null)" != cc1 ] || return 0
	done <"$job/cgroup.procs"
	return 1
}
wait_for 10 job_runs || fail "no cgroup of a running job in $base"
worker_in()
{
	grep -q "memory:.*/${base##*/}/job-" "/proc/$worker/cgroup" && grep -q "pids:.*/${base##*/}/job-" "/proc/$worker/cgroup"
}
if [ -n "$twin" ]; then
	worker_in || fail "the compiler is in $(cat "/proc/$worker/cgroup")"
	[ "$(cat "$job/memory.limit_in_bytes")" -eq $((96 << 20)) ] || fail "memory: $(cat "$job/memory.limit_in_bytes")"
	[ "$(cat "$twin/${job##*/}/pids.max")" -eq 1024 ] || fail "processes: $(cat "$twin/${job##*/}/pids.max")"
else
	grep -q "^0::.*/${base##*/}/job-" "/proc/$worker/cgroup" || fail "the compiler is in $(cat "/proc/$worker/cgroup")"
	[ "$(cat "$job/memory.max")" -eq $((96 << 20)) ] || fail "memory: $(cat "$job/memory.max")"
	[ "$(cat "$job/pids.max")" -eq 1024 ] || fail "processes: $(cat "$job/pids.max")"
fi
# Its limits are not for it to see, and address space is not what counts.
grep -q '^Max address space *unlimited' "/proc/$worker/limits" || fail "$(cat "/proc/$worker/limits")"
kill "$client"
wait_for 10 no_job_is_left || fail "left when the client has gone: $(find "$base" ${twin:+"$twin"})"

# A daemon that dies without a word leaves nothing for long: its keeper sees to it, or the next daemon.
kill -9 "$root_pid"
wait_for 10 is_gone "$root_pid" || fail "the daemon does not die"
start_dccd next "$address" --jobs 2
is_removed()
{
	[ ! -e "$1" ] && { [ -z "$twin" ] || [ ! -e "$twin" ]; }
}
wait_for 10 is_removed "$base" || fail "left by a dead daemon: $(find "$base" ${twin:+"$twin"})"
next=$(sed -n 's/.*what bounds a job.*below //p' "$work/next.log")
[ -d "$next" ] || fail "no $next"
stop_daemon "$pid" || fail "it does not stop"
case $bounds in
*'cgroup v1'*) wait_for 10 test ! -e "$next" || fail "left by a daemon that stopped: $next" ;;
esac

mkdir "$work/user.store"
chown nobody "$work/user.store"
choose_port 5
setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$work/user.store" dccd --daemon --jobs 2 --job-memory 96M \
	--listen "$address" --port "$port" --store-dir "$work/user.store" --log-file "$work/user.store/identity.log" \
	--pid-file "$work/user.store/identity.pid" 2>"$work/user.err" || fail "dccd: $(cat "$work/user.err")"
pid=$(cat "$work/user.store/identity.pid")
daemon_pids="$daemon_pids $pid"
grep -q 'what bounds a job: rlimits for each process (' "$work/user.store/identity.log" || fail "$(cat "$work/user.store/identity.log")"
if [ -z "$SANITIZERS" ]; then
	DCC_HOSTS="$address:$port/2" DCC_FALLBACK=0 expect 0 dcc "$evil" -S attempt-share.i -o share.s
	[ "$(cat share.s)" = 'done' ] || fail "each of its processes takes less than the limit"
fi
stop_daemon "$pid" || fail "it does not stop"
