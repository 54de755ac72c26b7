#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --job-processors bounds what all processes of a job use together, by the kernel's own account; a daemon that cannot keep it
# does not start.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/escapeelib.sh"
needs_root "to start the daemon as root and as somebody else"

address=127.0.0.2
plant_escapee
: >attempt-busy.i
echo 'int fine;' >fine.c

mkdir "$work/user.store"
chown nobody "$work/user.store"
choose_port 5
setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$work/user.store" dccd --no-detach --jobs 2 --job-processors 1 \
	--listen "$address" --port "$port" --store-dir "$work/user.store" --log-stderr 2>"$work/user.err" &&
	fail "a daemon without cgroups serves: $(cat "$work/user.err")"
grep -q -e '--job-processors needs the cgroup controller cpu, and cannot have it' "$work/user.err" ||
	fail "it does not say why: $(cat "$work/user.err")"

# On this machine even root may have no such controller.
dccd --no-detach --lifetime 1 --jobs 2 --job-processors 1 --listen "$address" --port "$port" --store-dir "$work/probe.store" \
	--log-stderr 2>"$work/probe.err" || skip "$(grep -e --job-processors "$work/probe.err")"
start_dccd root "$address" --jobs 2 --job-processors 1 --log-level info
bounds=$(grep 'what bounds a job' "$work/root.log")
case $bounds in
*' and processors, below '*) ;;
*) fail "$bounds" ;;
esac
export DCC_HOSTS="$address:$port/2"
DCC_FALLBACK=0 expect 0 dcc gcc -c fine.c -o fine.o
ran_away fine.c

dcc "$evil" -S attempt-busy.i -o busy.s 2>"$work/busy.err" &
client=$!
helper_pids="$helper_pids $client"
# Four processes that never rest: the kernel holds them back as soon as two run at once.
is_held_back()
{
	find /sys/fs/cgroup -path "*/${bounds##*/}/job-*/cpu.stat" -exec cat {} + 2>/dev/null | grep -q '^nr_throttled [1-9]'
}
wait_for 60 is_held_back || fail "never: $(find /sys/fs/cgroup -path "*/${bounds##*/}/job-*/cpu.stat" -exec cat {} +)"
kill "$client"
stop_daemon "$pid" || fail "it does not stop"
