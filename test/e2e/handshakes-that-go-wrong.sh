#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whoever cannot, or will not, complete a handshake of TLS is dropped in time, holds no slot, and stops nobody.
. "$(dirname "$0")/lib.sh"

needs python3
for n in 1 2 3; do
	write_fast "f$n.c"
done
expect 0 dccctl keygen
start_dccd red 127.0.0.1 --jobs 1 --require-auth --farm-key "$DCC_DIR/farm.key"
export DCC_FALLBACK=0 DCC_HOSTS="127.0.0.1:$port,tls"
expect 0 dcc gcc -c f1.c

# Silent in the middle of it: a hundred of them, while jobs go on, until each is dropped.
python3 - "$port" >"$work/slow.times" <<'END' &
import select, socket, sys, time
port = int(sys.argv[1])
# The beginning of a ClientHello, which announces more.
hello = bytes.fromhex("16030100f5010000f10303") + bytes(32)
begin = time.monotonic()
waiting = {}
dripping = None
for i in range(100):
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall(hello[:1 + i % len(hello)])
    dripping = s if i == len(hello) - 1 else dripping
    waiting[s.fileno()] = s
print("connected", flush=True)
drips = begin + 1
while waiting and time.monotonic() < begin + 60:
    for fd in select.select(list(waiting), [], [], 0.2)[0]:
        try:
            data = waiting[fd].recv(1000)
        except ConnectionResetError:
            data = b""
        if not data:
            del waiting[fd]
    # One of them has always one more byte ready: that does not help it.
    if time.monotonic() > drips and waiting:
        drips += 1
        try:
            dripping.sendall(b"\0")
        except OSError:
            pass
print("left", len(waiting), "seconds", round(time.monotonic() - begin), flush=True)
END
slow=$!
helper_pids="$helper_pids $slow"
wait_for 20 grep -q connected "$work/slow.times" || fail "no hundred connections"
begin=$(now_ms)
expect 0 dcc gcc -c f2.c
ran_away f2.c
took=$(($(now_ms) - begin))
[ "$took" -lt $((5000 * patience)) ] || fail "a job waited $took ms for those who say nothing"
wait "$slow" || fail "the slow clients failed"
read -r _ left _ seconds <<END
$(grep left "$work/slow.times")
END
[ "$left" -eq 0 ] || fail "$left of them are still connected"
if [ "$seconds" -lt 8 ] || [ "$seconds" -gt $((20 * patience)) ]; then
	fail "dropped after $seconds seconds"
fi
expect_lines ' timeout - -: the handshake was not complete in time' "$work/red.log" 100

# Garbage of every length, and handshakes that break off.
before=$(count ' refused ' "$work/red.log")
python3 - "$port" <<'END' || fail "the volunteer takes no more connections"
import random, socket, sys
random.seed(5)
for i in range(300):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    s.settimeout(20)
    try:
        s.sendall(b"\x16" + random.randbytes(random.choice((0, 1, 4, 100, 5000, 70000))))
        s.shutdown(socket.SHUT_WR)
        while s.recv(1000):
            pass
    except (BrokenPipeError, ConnectionResetError):
        pass
    s.close()
END
expect_lines ' refused ' "$work/red.log" $((before + 300))
! grep -q 'ended by signal\|failed with code' "$work/red.log" || fail "a process crashed"
expect 0 dcc gcc -c f3.c
ran_away f3.c

# What follows a good handshake is held to the same rules as in the clear.
status=0
python3 - "$port" "$DCC_DIR" >"$work/answer" <<'END' || status=$?
import socket, subprocess, sys
ours, its = socket.socketpair()
tcp = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
p = subprocess.Popen(["dcc-tls", "127.0.0.1", "x", sys.argv[2]], stdin=tcp, stdout=its)
its.close()
print(ours.recv(1000).decode(), end="")
ours.sendall(b"NONE of your languages")
print(ours.recv(1000))
ours.close()
sys.exit(p.wait())
END
[ "$status" -eq 0 ] || fail "dcc-tls: exit $status"
grep -q '^ok key$' "$work/answer" || fail "no handshake: $(cat "$work/answer")"
expect_lines " protocol - -: neither dcc's language nor distcc's" "$work/red.log" 1
