#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where slow clients have all the connections that a daemon lets in, or do not read answers that it keeps in memory, the longest
# of them makes way.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"
. "$top_srcdir/test/e2e/escapeelib.sh"
needs python3

address=127.0.0.2
plant_escapee
mkdir "$work/back"
start_dccd one $address --jobs 1 --job-disk 50M
export DCC_HOSTS="$address:$port/4" DCC_FALLBACK=0
write_fast a.c

connections()
{
	ps -o pid= --ppid "$pid" | wc -l
}

are_connected()
{
	[ "$(connections)" -eq "$1" ]
}

# --- two addresses send their requests, a byte now and then ---
cat >"$work/drip.py" <<'END'
import resource, socket, sys, time
address, port, clients = sys.argv[1], int(sys.argv[2]), []
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
for source in "127.0.0.3", "127.0.0.4":
    for _ in range(512):
        c = socket.create_connection((address, port), source_address=(source, 0))
        c.send(b"DIST00000001ARGC00000001ARGV00000fff")
        clients.append(c)
print("holding", flush=True)
while True:
    time.sleep(5)
    for c in clients:
        try:
            c.send(b"x")
        except OSError:
            pass  # it made way
END
mkfifo never
sleep 1000 >never &
helper_pids="$helper_pids $!"
python3 "$work/drip.py" "$address" "$port" >"$work/held" &
holders=$!
helper_pids="$helper_pids $!"
wait_for 60 grep -q -s holding "$work/held" || fail "cannot open the connections"
wait_for 20 are_connected 1024 || fail "$(connections) connections are served"
for n in 1 2 3; do
	expect 0 dcc gcc -c a.c
	ran_away a.c
	# Its place is another slow one's.
	rawclient "$address" "$port" text:D hold:0 <never >"$work/held.$n" &
	holders="$holders $!"
	helper_pids="$helper_pids $!"
	wait_for 20 grep -q -s holding "$work/held.$n" || fail "another one does not get in"
done
[ "$(count 'whose client sends its request the longest of 1024' "$work/one.log")" -ge 1 ] || fail "nobody made way"
for holder in $holders; do
	stop_helper "$holder"
done
wait_for 60 are_connected 0 || fail "$(connections) connections are left"

# --- answers of 20 MiB, of which two are within --jobs times --job-disk ---
if grep -q 'no pump mode' "$work/one.log"; then
	echo "no answers: $(grep 'no pump mode' "$work/one.log")"
	exit 0
fi
prepare_pump "$evil" c
echo '/* of no interest */' >attempt-noise.c
echo "$PWD/attempt-noise.c" >names
for n in 1 2 3; do
	pumpclient "$address" "$port" "digest:$pump_digest" "hidden:${cc1%/*}/include" "cwd:$PWD" "out:$work/back" list:names \
		inline:all hold:run -- "$evil" -S -c "$PWD/attempt-noise.c" -o noise.s <never >"$work/read.$n" 2>&1 &
	helper_pids="$helper_pids $!"
	wait_for 20 grep -q -s holding "$work/read.$n" || fail "no client waits: $(cat "$work/read.$n")"
	# The only slot is free again, and the answer is there.
	expect 0 dcc gcc -c a.c
	wait_for 5 are_connected $((n < 3 ? n : 2)) || fail "$(connections) answers wait, of $n"
done
expect_lines 'whose client reads its answer the longest of 3' "$work/one.log" 1
