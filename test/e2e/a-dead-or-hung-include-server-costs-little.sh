#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever becomes of the include server, the job is done, and waits 200 ms at most.
. "$(dirname "$0")/lib.sh"
needs python3

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_FALLBACK=0 DCC_PUMP=auto
write_fast a.c
gcc -c a.c -o local.o

# takes_less MS: one job, in plain mode.
takes_less()
{
	rm -f a.o
	begin=$(now_ms)
	expect 0 dcc gcc -c a.c
	took=$(($(now_ms) - begin))
	is_same a.o local.o
	travelled a.c native
	[ $took -lt $(($1 * patience)) ] || fail "it took $took ms"
}

# Stopped in the middle: silence.
dcc-include-server
pid=$(include_server_pid)
kill -STOP "$pid"
takes_less 1500
kill -CONT "$pid"
expect 0 dcc gcc -c a.c
travelled a.c pump
dcc-include-server --stop

# Another program at its socket: silent, talking nonsense, closing.
socket=$(find "$DCC_DIR"/include-server-* -name '*.lock' | sed 's/\.lock$//')
for behaviour in silent nonsense closing; do
	rm -f "$socket"
	python3 - "$socket" $behaviour <<'END' &
import os, socket, sys, time
path, behaviour = sys.argv[1:]
if os.path.exists(path):
    os.unlink(path)
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
while True:
    c, _ = s.accept()
    if behaviour == "nonsense":
        c.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    if behaviour != "closing":
        time.sleep(5)
    c.close()
END
	helper=$!
	helper_pids="$helper_pids $helper"
	wait_for 5 test -S "$socket"
	takes_less 1500
	DCC_PUMP=require expect 100 dcc gcc -c a.c
	says 'reason=no-server'
	DCC_PUMP=require DCC_FALLBACK=1 expect 0 dcc gcc -c a.c
	ran_here a.c no-server
	stop_helper "$helper"
done

# A server that cannot be started is not tried again for each job.
mkdir "$work/bin"
cp "$(command -v dcc)" "$work/bin/"
printf '#!/bin/sh\necho started >>%s\nexit 1\n' "$work/starts" >"$work/bin/dcc-include-server"
chmod +x "$work/bin/dcc-include-server"
for _ in 1 2 3; do
	expect 0 "$work/bin/dcc" gcc -c a.c
	is_silent
	travelled a.c native
done
[ "$(wc -l <"$work/starts")" -eq 1 ] || fail "started $(wc -l <"$work/starts") times"
rm "$DCC_DIR"/include-server-*/*.failed

# A folder that is not this user's alone is not used.
chmod 755 "$DCC_DIR"/include-server-*
expect 0 dcc gcc -c a.c
travelled a.c native
chmod 700 "$DCC_DIR"/include-server-*
expect 0 dcc gcc -c a.c
travelled a.c pump
