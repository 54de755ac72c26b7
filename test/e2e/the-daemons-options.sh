#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each option of dccd does what its help says; a wrong one ends it with 101 and a sentence.
. "$(dirname "$0")/lib.sh"
needs curl systemd-socket-activate python3

write_fast a.c
write_slow slow.cc 20000000
export DCC_BACKOFF_PERIOD=0
mkdir -p "$work/check.store"
! is_root || chown nobody "$work/check.store"

# Wrong values, each with its option's name in the sentence.
for bad in --port=0 --port=70000 --port=x --jobs=0 --jobs=-1 --jobs=many --nice=20 --nice=-5 --job-lifetime=-1 \
	--lifetime=x --log-level=loud --allow=300.1.1.1 --allow=10.0.0.0/33 --allow=name --stats-port=0 --listen= \
	--log-file= --pid-file= --store-dir= --no-such-option; do
	expect 101 dccd --daemon $bad
	says "${bad%%=*}"
done
expect 101 dccd --daemon stray
says stray
expect 101 dccd --inetd --daemon
expect 101 dccd --daemon --user no-such-user --log-stderr --store-dir "$work/check.store"
! is_root || says no-such-user

# -n and --show-compilers serve nothing and say what would be.
expect 0 dccd -n --port 12345 --jobs 7 --store-dir "$work/check.store"
prints 12345
prints 'jobs 7'
prints '/usr/bin/gcc'
# It finds what would keep a daemon from starting, without a trace of its own.
expect 102 dccd -n --listen 192.0.2.1 --store-dir "$work/check.store"
says 192.0.2.1
for file in --log-file --pid-file; do
	expect 107 dccd -n $file "$work/no-such-folder/file" --store-dir "$work/check.store"
	says $file
	expect 0 dccd -n $file "$work/checked" --store-dir "$work/check.store"
	[ ! -e "$work/checked" ] || fail "-n makes the file of $file"
done
expect 0 dccd --show-compilers --store-dir "$work/check.store"
prints 'clang'
printf '/usr/bin/gcc\n' >"$work/commands"
DCC_CMDLIST=$work/commands expect 0 dccd --show-compilers --store-dir "$work/check.store"
prints '/usr/bin/gcc'
! grep -q clang "$work/out" || fail "clang is offered in spite of DCC_CMDLIST"
printf '/no/such/compiler\n' >"$work/commands"
DCC_CMDLIST=$work/commands expect 110 dccd --daemon --log-stderr --port 12345 --store-dir "$work/check.store" --listen 127.0.0.4

# Two addresses, one of them IPv6; one job at a time; a deadline for it; its priority; a log of everything.
choose_port 6000
stats_port=$port
second='--listen ::1'
ip -6 addr show dev lo 2>/dev/null | grep -q ::1 || second='--listen 127.0.0.3'
# shellcheck disable=SC2086  # two words
start_dccd one 127.0.0.2 $second --jobs 1 --job-lifetime 2 --nice 7 --log-level debug --stats \
	--stats-port $stats_port --allow 127.0.0.0/8 --allow ::1 --enable-tcp-insecure
one=127.0.0.2:$port
other="[::1]:$port"
[ "$second" = '--listen ::1' ] || other=127.0.0.3:$port
for host in "$one" "$other"; do
	DCC_HOSTS=$host DCC_FALLBACK=0 expect 0 dcc gcc -c a.c
done
expect_lines ' job .* exit:0 ' "$work/one.log" 2
# The line of a job, field by field.
grep -q -E '^20[0-9-]+T[0-9:]+Z dccd\[[0-9]+\]: job 127\.0\.0\.1:[0-9]+ native plain gcc a\.c exit:0 in:[0-9]+ out:[0-9]+ wait:[0-9]+ cpu:[0-9]+ wall:[0-9]+$' \
	"$work/one.log" || fail "no line of this form"
grep -q 'tcp-insecure changes nothing' "$work/one.log" || fail "nothing about --enable-tcp-insecure"
[ "$(cat "$work/one.pid")" = "$pid" ] || fail "pid file"
# The port is taken.
expect 102 dccd --daemon --log-stderr --listen 127.0.0.2 --port "$port" --store-dir "$work/check.store"
says "$port"
# shellcheck disable=SC2086  # words
DCC_HOSTS=$one setsid dcc g++ $slow_options -c slow.cc 2>"$work/slow.err" &
client=$!
wait_for 10 is_in_phase Compile || fail "not compiling there"
wait_for 10 is_compiling slow.cc || fail "no compiler"
compiler=$(compilers_of slow.cc | head -n 1)
[ "$(ps -o ni= -p "$compiler" | tr -d ' ')" -ge 7 ] || fail "priority $(ps -o ni= -p "$compiler")"
if is_root; then
	[ "$(ps -o user= -p "$compiler")" != root ] || fail "compiles as root"
fi
# Ended after 2 seconds; this machine's own compile of it is not waited for.
wait_for 8 has_lines 'refused .* lifetime ' "$work/one.log" 1 || fail "no end after --job-lifetime"
kill -TERM -$client
wait $client 2>/dev/null || :
wait_for 5 is_not_compiling slow.cc || fail "compiles on"
curl -s "http://127.0.0.2:$stats_port/" >"$work/stats" || fail "no statistics"
for line in 'dcc_compile_ok 2' 'dcc_compile_timeout 1' 'dcc_rej_bad_req 0' '<distccstats>' '</distccstats>'; do
	grep -q -x "$line" "$work/stats" || fail "no \"$line\" in $(cat "$work/stats")"
done

# SIGHUP: the log goes on in a new file, which a rotator has made, for the daemon is not root any more.
mv "$work/one.log" "$work/old.log"
: >"$work/one.log"
! is_root || chown nobody "$work/one.log"
kill -HUP "$pid"
wait_for 5 test -s "$work/one.log" || fail "the log was not opened again"
DCC_HOSTS=$one DCC_FALLBACK=0 expect 0 dcc gcc -c a.c
expect_lines ' job .* exit:0 ' "$work/one.log" 1

# SIGTERM: what runs may finish, what is new is not taken, and nothing is left.
start_dccd ending 127.0.0.2 --jobs 1
ending=127.0.0.2:$port
write_slow short.cc 600000
# shellcheck disable=SC2086  # words
DCC_HOSTS=$ending DCC_FALLBACK=0 dcc g++ $slow_options -c short.cc 2>"$work/short.err" &
client=$!
wait_for 10 is_compiling short.cc || fail "no compiler"
wait_for 10 is_in_phase Compile || fail "not compiling there"
kill "$pid"
wait $client || fail "a running job was ended by SIGTERM: $(cat "$work/short.err")"
wait_for 10 is_gone "$pid" || fail "still there after SIGTERM"
[ ! -s "$work/ending.pid" ] || fail "the pid file is left"
DCC_HOSTS=$ending DCC_FALLBACK=0 expect 116 dcc gcc -c a.c

# The foreground, errors only, on the terminal; and the end of its life.
: >"$work/front.err"
dccd --no-detach --lifetime 1 --log-level error --log-stderr --listen 127.0.0.5 --port "$port" \
	--store-dir "$work/check.store" 2>"$work/front.err" &
wait_for 10 is_gone $! || fail "lives longer than --lifetime"
wait $! || fail "exit $? at the end of --lifetime"
[ ! -s "$work/front.err" ] || fail "says $(cat "$work/front.err") at level error"

# Strangers are turned away, with a reason in our language and a closed connection in distcc's.
start_dccd private 127.0.0.2 --allow 192.0.2.0/24
DCC_HOSTS="127.0.0.2:$port" DCC_FALLBACK=0 expect 113 dcc gcc -c a.c
says 'reason=access'
rawclient 127.0.0.2 "$port" token:DIST:1 read 2>"$work/err"
says 'end=eof'
expect_lines 'refused 127.0.0.1:[0-9]* access' "$work/private.log" 2
start_dccd open 127.0.0.2 --allow-private --verbose
DCC_HOSTS="127.0.0.2:$port" DCC_FALLBACK=0 expect 0 dcc gcc -c a.c

# A service manager's sockets, and its wish to know when all is ready.
choose_port 0
systemd-socket-activate -l "127.0.0.6:$port" dccd --no-detach --log-file "$work/activated.log" \
	--store-dir "$work/check.store" 2>"$work/activate.err" &
activated=$!
helper_pids="$helper_pids $activated"
wait_for 5 grep -q Listening "$work/activate.err" || fail "nobody listens"
export DCC_HOSTS="127.0.0.6:$port"
DCC_CONNECT_TIMEOUT=10 expect 0 dcc gcc -c a.c
wait_for 5 has_lines ' job .* exit:0 ' "$work/activated.log" 1 || fail "not through the socket that was handed over: $(cat "$work/err" "$work/activate.err")"
kill $activated
wait $activated || fail "exit $? of an activated daemon"
python3 - "$work/notify" >"$work/notified" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
while True:
    text = s.recv(4096).decode()
    print(text, flush=True)
    if "STOPPING" in text:
        break
END
listener=$!
wait_for 5 test -S "$work/notify" || fail "no socket"
chmod 777 "$work/notify"
NOTIFY_SOCKET=$work/notify start_dccd notifying 127.0.0.2
wait_for 5 grep -q -x 'READY=1' "$work/notified" || fail "READY=1 was not said"
grep -q -x "MAINPID=$pid" "$work/notified" || fail "not its number: $(cat "$work/notified")"
stop_daemon "$pid"
wait_for 5 grep -q -x 'STOPPING=1' "$work/notified" || fail "STOPPING=1 was not said"
wait $listener
rm -f "$work/notify"
stores_are_empty || fail "left: $(left_in_stores)"
