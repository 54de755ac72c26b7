#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The nth read, write, open, rename... of dcc, then of a job's process of dccd, fails, for each n there is. Each time the
# object is the local one, the exit status 0, and nothing is left. (When memory is refused, dcc may end with 105: then nothing is there.)
. "$(dirname "$0")/lib.sh"
[ -z "$SANITIZERS" ] || skip "nothing can be loaded before a sanitizer"

gcc -shared -fPIC -O1 -o "$work/failnth.so" "$top_srcdir/test/e2e/failnth.c" -ldl || fail "failnth.c does not compile"
write_fast a.c
gcc -c a.c -o local.o
export FAILNTH="$work/plan"
: >"$FAILNTH"
chmod 666 "$FAILNTH"
LD_PRELOAD="$work/failnth.so" start_dccd one 127.0.0.2 --jobs 2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_BACKOFF_PERIOD=0 DCC_IO_TIMEOUT=5
dcc gcc -c a.c || fail "the first job failed"
ran_away a.c
total=0

# fail_each PROGRAM FUNCTION MOST: n counts up until the call is no longer reached.
fail_each()
{
	n=0
	while [ $n -lt "$3" ]; do
		n=$((n + 1))
		rm -f a.o
		echo "$1 $2 $n" >"$FAILNTH"
		status=0
		if [ "$1" = dcc ]; then
			LD_PRELOAD="$work/failnth.so" dcc gcc -c a.c >"$work/out" 2>"$work/err" || status=$?
		else
			dcc gcc -c a.c >"$work/out" 2>"$work/err" || status=$?
		fi
		grep -q fired "$FAILNTH" || break
		total=$((total + 1))
		if [ $status -ne 0 ]; then
			[ "$2 $status" = 'malloc 105' ] || fail "$1 $2 $n: exit $status: $(cat "$work/err")"
			[ ! -e a.o ] || fail "$1 $2 $n: an object in spite of the exit status"
			# Whoever looks next removes a dead one's record.
			dccmon-text >/dev/null
		else
			cmp -s a.o local.o || fail "$1 $2 $n: a.o differs, or is not there: $(cat "$work/err")"
		fi
		left=$(find . "$work/tmp" "$DCC_DIR/state" -type f ! -name '*.o' ! -name a.c)
		[ -z "$left" ] || fail "$1 $2 $n: left: $left"
	done
	: >"$FAILNTH"
	echo "$1: $((n - 1)) times $2"
}

for mode in never auto; do
	export DCC_PUMP=$mode
	dcc gcc -c a.c || fail "the first job in mode $mode failed"
	for function in read write send open rename mkdir stat malloc; do
		fail_each dcc $function 150
	done
	for function in read write send recvmsg open rename mkdir stat malloc; do
		fail_each dccd $function 60
	done
done
[ $total -ge 150 ] || fail "only $total failures"
wait_for 10 stores_are_empty || fail "left: $(left_in_stores)"
[ "$(find "/proc/$pid/fd" | wc -l)" -lt 30 ] || fail "the daemon kept descriptors"
expect 0 dcc gcc -c a.c
ran_away a.c
echo "$total failures, all survived"
