#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Nobody has to start the include server, and nobody has to stop it; one is enough.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_FALLBACK=0 DCC_PUMP=auto
write_sources

expect 100 dcc-include-server --statistics
says 'no include server runs'
expect 0 dcc-include-server --stop

# Five at once: all in pump mode, with one server.
pids=
for i in 1 2 3 4 5; do
	dcc gcc -o "$i.o" -c hello.c 2>"$work/err.$i" &
	pids="$pids $!"
done
for p in $pids; do
	wait "$p" || fail "a job failed: $(cat "$work"/err.*)"
done
[ "$(statistic asked)" -eq 5 ] || fail "$(statistic asked) of 5 jobs asked the server that runs"
first=$(include_server_pid)
expect 0 dcc-include-server
says 'runs already'
[ "$(include_server_pid)" = "$first" ] || fail "a second server runs"

# It keeps nothing of the first job open: no descriptor, no terminal, no folder.
for fd in /proc/"$first"/fd/*; do
	case $(readlink "$fd") in
	/dev/null | socket:* | anon_inode:* | /proc/*/mountinfo | "$DCC_DIR"/include-server-*) ;;
	*) fail "it has $(readlink "$fd") open" ;;
	esac
done
[ "$(readlink /proc/"$first"/cwd)" = / ] || fail "it stands in $(readlink /proc/"$first"/cwd)"

# What is told to stop stops; then it ends by itself.
expect 0 dcc-include-server --stop
wait_for 2 is_gone "$first" || fail "it was told to stop and runs"
expect 0 dcc-include-server --idle 1
[ "$(stat -c %a "$DCC_DIR"/include-server-*)" = 700 ] || fail "others can look into its folder"
wait_for 5 no_include_server || fail "it does not end"
[ -z "$(find "$DCC_DIR"/include-server-* -type s)" ] || fail "it leaves its socket"

# A socket and a lock file that nobody holds are no obstacle.
dcc-include-server
pid=$(include_server_pid)
kill -9 "$pid"
wait_for 5 is_gone "$pid"
expect 0 dcc gcc -c hello.c
travelled hello.c pump
[ "$(include_server_pid)" != "$pid" ] || fail "no new server"

# An installation replaces the program: the next job but one gets the new one.
mkdir "$work/bin"
cp "$(command -v dcc-include-server)" "$work/bin/"
dcc-include-server --stop
"$work/bin/dcc-include-server"
pid=$(include_server_pid)
cp "$work/bin/dcc-include-server" "$work/bin/new"
mv "$work/bin/new" "$work/bin/dcc-include-server"
expect 0 dcc gcc -c hello.c
travelled hello.c pump
wait_for 5 is_gone "$pid" || fail "the old program still serves"
expect 0 dcc gcc -c hello.c
travelled hello.c pump
expect 101 dcc-include-server nonsense
expect 101 dcc-include-server --idle=-1
