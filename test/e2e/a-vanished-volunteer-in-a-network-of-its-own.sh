#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A volunteer behind a real network, which goes away in three ways: the link, the port, and all but a trickle of speed.
. "$(dirname "$0")/lib.sh"
needs ip tc
needs_root "network namespaces"

namespace=dcc-$$
near=dccn$$
far=dccf$$
address=10.213.$(($$ / 256 % 256)).$(($$ % 256 / 4 * 4 + 1))
volunteer=${address%.*}.$((${address##*.} + 1))
network=${address%.*}.$((${address##*.} - 1))
clean_up()
{
	ip route del unreachable "$network/30" metric 9999 2>/dev/null || :
	ip link del "$near" 2>/dev/null || :
	ip netns del "$namespace" 2>/dev/null || :
}
ip netns add "$namespace" 2>/dev/null || skip "this kernel makes no network namespaces"
ip link add "$near" type veth peer name "$far" netns "$namespace" || skip "this kernel has no veth"
ip addr add "$address/30" dev "$near"
# Without the link no other way shall lead there.
ip route add unreachable "$network/30" metric 9999
ip link set "$near" up
ip -n "$namespace" addr add "$volunteer/30" dev "$far"
ip -n "$namespace" link set "$far" up
ip -n "$namespace" link set lo up

mkdir -p "$work/far.store"
chown nobody "$work/far.store"
choose_port 0
ip netns exec "$namespace" dccd --daemon --listen "$volunteer" --port "$port" --log-file "$work/far.log" \
	--store-dir "$work/far.store" --pid-file "$work/far.pid" --jobs 4
pid=$(cat "$work/far.pid")
daemon_pids=" $pid"
export DCC_HOSTS="$volunteer:$port/4" DCC_IO_TIMEOUT=1 DCC_CONNECT_TIMEOUT=1 DCC_BACKOFF_PERIOD=0
write_sources
write_slow slow.cc 800000
gcc -c hello.c -o local.o

wait_for 5 ip netns exec "$namespace" sh -c "ip addr show $far | grep -q -v tentative"
expect 0 dcc gcc -c hello.c
ran_away hello.c

# The link goes down while the compiler runs: nothing comes any more, no reset, no end.
# shellcheck disable=SC2086  # words
dcc g++ $slow_options -c slow.cc 2>"$work/err" &
client=$!
wait_for 10 is_compiling slow.cc || fail "no compiler"
make_quick slow.cc
ip link set "$near" down
wait $client || fail "exit $? when the link went down"
[ -s slow.o ] || fail "no object"
ran_here slow.cc timeout
# Before the next job: no route at all.
expect 0 dcc gcc -c hello.c
ran_here hello.c connect
ip link set "$near" up
# The volunteer notices the client's end by itself: by its absence, or when it answers.
wait_for 15 is_not_compiling slow.cc || fail "the compiler runs on"

# A port that swallows what is sent to it: connecting does not end.
ip -n "$namespace" addr del "$volunteer/30" dev "$far"
ip neigh replace "$volunteer" lladdr 02:00:00:00:00:01 dev "$near"
begin=$(now_ms)
expect 0 dcc gcc -c hello.c
took=$(($(now_ms) - begin))
ran_here hello.c connect
[ $took -ge 1000 ] || fail "gave up after $took ms already"
[ $took -lt $((4000 * patience)) ] || fail "needed $took ms"
ip neigh del "$volunteer" dev "$near"
ip -n "$namespace" addr add "$volunteer/30" dev "$far"

# A slow network is no dead one: more time than the timeout, but never silent for so long. The volunteer
# speaks every 5 seconds, however long the compiler needs on a busy machine.
tc qdisc add dev "$near" root tbf rate 80kbit burst 16kb latency 30s 2>/dev/null ||
	skip "this kernel cannot slow a link down; the rest passed"
begin=$(now_ms)
DCC_IO_TIMEOUT=8 expect 0 dcc g++ -O1 -c vector.cc
took=$(($(now_ms) - begin))
ran_away vector.cc
g++ -O1 -c vector.cc -o local.o
is_same vector.o local.o
[ $took -ge 8000 ] || fail "the link was not slow: $took ms"
