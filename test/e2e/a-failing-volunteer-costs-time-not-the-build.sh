#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# However a volunteer fails, the object is the local one, and the log says why it was made elsewhere or here.
. "$(dirname "$0")/lib.sh"

write_fast a.c
gcc -c a.c -o local.o
export DCC_IO_TIMEOUT=1 DCC_CONNECT_TIMEOUT=1 DCC_BACKOFF_PERIOD=0

# survives REASON: the job, with the host list as it is; then the same without a way out.
survives()
{
	rm -f a.o
	begin=$(now_ms)
	expect 0 dcc gcc -c a.c
	took=$(($(now_ms) - begin))
	is_same a.o local.o
	ran_here a.c "$1"
	says "reason=$1"
	[ $took -lt $((5000 * patience)) ] || fail "$1 took $took ms"
	left=$(find . -newer local.o -name '*.o' ! -name a.o)
	[ -z "$left" ] || fail "left: $left"
}

# behaves BEHAVIOUR REASON EXIT [OPTION]: a job for a volunteer that does that.
behaves()
{
	start_fake 127.0.0.2 "$1" "$work/src/evil.o"
	export DCC_HOSTS="127.0.0.2:$port/2${4-}"
	survives "$2"
	DCC_FALLBACK=0 expect "$3" dcc gcc -c a.c
	says 'DCC_FALLBACK=0'
	is_same a.o local.o
	[ ! -e evil.o ] || fail "$1 wrote a file of its choice"
	stop_helper "$pid"
}

# Nobody there, and nobody of that name.
export DCC_HOSTS=127.0.0.2:1
survives connect
DCC_FALLBACK=0 expect 116 dcc gcc -c a.c
export DCC_HOSTS=no-such-host.invalid
survives connect

behaves hang timeout 118
behaves silent timeout 118
behaves close refused 100
behaves reset refused 100
behaves garbage protocol 109 ,native
behaves garbage-later protocol 109
behaves full full 114
behaves foreign-path protocol 109
behaves wrong-size protocol 109
behaves wrong-sum damaged 109
behaves half lost 107
behaves bad-data protocol 109
behaves no-object protocol 109
behaves early-result protocol 109
behaves long-message protocol 109
behaves client-message protocol 109
behaves distcc-other-version protocol 109 ,distcc
behaves distcc-long-object protocol 109 ,distcc
behaves distcc-short-object lost 107 ,distcc

# One that fails beside one that works: the job goes to the other, and the first is left alone for a while.
unset DCC_BACKOFF_PERIOD
start_dccd good 127.0.0.2
good=127.0.0.2:$port
start_fake 127.0.0.3 half
export DCC_HOSTS="127.0.0.3:$port $good"
expect 0 dcc gcc -c a.c
says 'reason=lost'
ran_away a.c
is_same a.o local.o
expect 0 dcc gcc -c a.c
is_silent
ran_away a.c
# The memory fades.
sleep 1
DCC_BACKOFF_PERIOD=0.5 expect 0 dcc gcc -c a.c
says 'reason=lost'
# All of them backed off: here, at once.
export DCC_HOSTS="127.0.0.3:$port"
expect 0 dcc gcc -c a.c
ran_here a.c backed-off
DCC_FALLBACK=0 expect 116 dcc gcc -c a.c

# A daemon that is stopped (as by a laptop's lid) and one that is killed in the middle of a job.
export DCC_HOSTS="$good" DCC_BACKOFF_PERIOD=0
daemon=$(cat "$work/good.pid")
kill -STOP "$daemon"
survives timeout
kill -CONT "$daemon"
wait_for 10 is_not_compiling a.c || fail "a compile for nobody"
write_slow slow.cc 20000000
# shellcheck disable=SC2086  # words
DCC_IO_TIMEOUT=60 dcc g++ $slow_options -c slow.cc 2>"$work/err" &
client=$!
wait_for 10 is_compiling slow.cc || fail "no compiler"
# Looked up before: the next one is the client's own, here.
there=$(compilers_of slow.cc)
make_quick slow.cc
kill -9 "$daemon"
for p in $there; do
	kill -9 "$p" 2>/dev/null || :
done
wait $client || fail "exit $? after the volunteer died"
[ -s slow.o ] || fail "no object"
case $(verdict_of slow.cc) in
*': here '*) ;;
*) fail "$(verdict_of slow.cc)" ;;
esac
