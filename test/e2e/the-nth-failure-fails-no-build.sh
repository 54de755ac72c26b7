#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The nth read, write, open, rename, fork... of dcc, then of dccd, then of the include server, fails, for each n there is. Each time the
# object is the local one, the exit status 0, and nothing is left. (When memory is refused, dcc may end with 105: then nothing is there.)
# Of functions that are called thousands of times every so many are taken; with FAILNTH_STEP=1 each.
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

# An include server in which calls fail, and its pid in server.
start_include_server()
{
	stop_include_server
	: >"$FAILNTH"
	LD_PRELOAD="$work/failnth.so" dcc-include-server || fail "the include server does not start"
	server=$(include_server_pid)
}

# What a server may leave: its lock and its notes, all of them whole.
check_notes()
{
	left=$(find "$DCC_DIR"/include-server-* "$DCC_DIR/oracle" -type f ! -name '*.lock' ! -name '*.starting' ! -name '*.failed' \
		! -name log ! -name client ! -name audited ! -name 'audit-*.d' 2>/dev/null |
		grep -v '/oracle/[0-9a-f]\{64\}$' || :)
	[ -z "$left" ] || fail "$1: left by the include server: $left"
	for file in "$DCC_DIR"/oracle/*; do
		[ ! -e "$file" ] || [ "$(head -n 1 "$file")" = "dcc oracle 1 $(tail -n +2 "$file" | wc -c)" ] || fail "$1: $file is cut"
	done
	[ "$(wc -c <"$(echo "$DCC_DIR"/include-server-*/client)")" -eq 16 ] || fail "$1: the secret is cut"
}

# job PRELOAD: the exit code in status.
job()
{
	status=0
	LD_PRELOAD=$1 dcc gcc -c a.c >"$work/out" 2>"$work/err" || status=$?
}

# prepare PROGRAM WHEN: what runs before the call that fails.
prepare()
{
	rm -f a.o
	: >"$FAILNTH"
	case $1,$2 in
	dcc-include-server,running)
		[ "$(include_server_pid 2>/dev/null)" = "$server" ] || start_include_server
		;;
	dcc-include-server,starting)
		stop_include_server
		wait_for 5 flock -n "$(echo "$DCC_DIR"/include-server-*/*.lock)" true || fail "the include server does not end"
		# It would not be started again so soon; and it asks the compilers.
		rm -rf "$DCC_DIR"/include-server-*/*.failed "$DCC_DIR/oracle"
		;;
	esac
}

# fail_each PROGRAM FUNCTION MOST [WHEN [STEP]]: n counts up until the call is no longer reached.
fail_each()
{
	n=1
	step=${FAILNTH_STEP:-${5:-1}}
	while [ $n -le "$3" ]; do
		prepare "$1" "${4:-}"
		echo "$1 $2 $n" >"$FAILNTH"
		case $1,${4:-} in
		dcc, | *,starting) job "$work/failnth.so" ;;
		*) job '' ;;
		esac
		grep -q fired "$FAILNTH" || break
		total=$((total + 1))
		if [ $status -ne 0 ]; then
			[ "$1 $2 $status" = 'dcc malloc 105' ] || fail "$1 $2 $n: exit $status: $(cat "$work/err")"
			[ ! -e a.o ] || fail "$1 $2 $n: an object in spite of the exit status"
			# Whoever looks next removes a dead one's record.
			dccmon-text >/dev/null
		else
			cmp -s a.o local.o || fail "$1 $2 $n: a.o differs, or is not there: $(cat "$work/err")"
		fi
		left=$(find . "$work/tmp" "$DCC_DIR/state" -type f ! -name '*.o' ! -name a.c)
		[ -z "$left" ] || fail "$1 $2 $n: left: $left"
		[ "$1" != dcc-include-server ] || check_notes "$1 $2 $n"
		n=$((n + step))
	done
	: >"$FAILNTH"
	echo "$1${4:+, $4}: $(((n - 1) / step)) times $2"
}

for mode in never auto; do
	export DCC_PUMP=$mode
	dcc gcc -c a.c || fail "the first job in mode $mode failed"
	for function in read write send open rename mkdir stat clone malloc; do
		fail_each dcc $function 150
	done
	for function in read write send recvmsg open rename mkdir stat fork clone syscall malloc; do
		fail_each dccd $function 60
	done
	# Many, and much alike.
	fail_each dcc look 150 '' 3
	fail_each dccd look 150 '' 3
done

# In pump mode. While it runs it has everything in memory; at its start it asks the compilers.
start_include_server
for function in read write send recvmsg open rename mkdir stat look accept; do
	fail_each dcc-include-server $function 150 running
done
for function in read write send recvmsg open rename mkdir stat accept fork clone; do
	fail_each dcc-include-server $function 150 starting
done
fail_each dcc-include-server look 300 starting
# Whoever started it waits for it: it ends at once, and says why.
prepare dcc-include-server starting
echo 'dcc-include-server fork 1' >"$FAILNTH"
job "$work/failnth.so"
says 'cannot go to the background'
# Without memory it ends.
fail_each dcc-include-server malloc 150 running 7
fail_each dcc-include-server malloc 6000 starting 397
# The one that met all of these and lives has nothing open that it needs not.
start_include_server
for n in 1 2 3 4 5 6; do
	for function in read open send accept; do
		echo "dcc-include-server $function $n" >"$FAILNTH"
		job ''
		[ $status -eq 0 ] || fail "$function $n: exit $status"
	done
done
: >"$FAILNTH"
[ "$(include_server_pid)" = "$server" ] || fail "the include server did not live"
[ "$(find "/proc/$server/fd" | wc -l)" -lt 30 ] || fail "the include server kept descriptors"
prepare dcc-include-server starting
expect 0 dcc gcc -c a.c
travelled a.c pump
[ $total -ge 600 ] || fail "only $total failures"
wait_for 10 stores_are_empty || fail "left: $(left_in_stores)"
[ "$(find "/proc/$pid/fd" | wc -l)" -lt 30 ] || fail "the daemon kept descriptors"
expect 0 dcc gcc -c a.c
ran_away a.c
echo "$total failures, all survived"
