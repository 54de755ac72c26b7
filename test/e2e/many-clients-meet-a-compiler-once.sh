#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# When a make -j starts with a compiler that dcc has not met, one of its clients finds out what it is; the others wait.
. "$(dirname "$0")/lib.sh"
needs python3

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_FALLBACK=0
write_fast a.c
gcc -c a.c -o local.o
rm -rf "$DCC_DIR/identity"
mkdir "$DCC_DIR/identity"

# Somebody is at it, for as long as we like.
mkfifo hold
python3 -c 'import fcntl, sys
with open(sys.argv[1], "w") as f:
    fcntl.lockf(f, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()' "$DCC_DIR/identity/lock" <hold >"$work/held" &
holder=$!
helper_pids="$helper_pids $holder"
exec 8>hold
wait_for 10 grep -q held "$work/held" || fail "no lock"
clients=
for n in 1 2 3 4 5 6; do
	dcc gcc -c a.c -o $n.o 8>&- &
	clients="$clients $!"
done
helpers()
{
	# shellcheck disable=SC2009  # the folder's name is in the arguments
	ps -eo args= | grep -c "^[^ ]*dcc-identify .*$DCC_DIR" || :
}
all_wait()
{
	[ "$(helpers)" -eq 6 ]
}
wait_for 20 all_wait || fail "$(helpers) of 6 wait"
[ -z "$(find "$DCC_DIR/identity" -name 'gcc-*')" ] || fail "somebody did not wait"
# It is done: nobody does it again.
cp "$known"/client/gcc-* "$DCC_DIR/identity"
before=$(stat -c '%i %y' "$DCC_DIR"/identity/gcc-*)
exec 8>&-
for client in $clients; do
	wait "$client" || fail "a client ended with $?"
done
[ "$(stat -c '%i %y' "$DCC_DIR"/identity/gcc-*)" = "$before" ] || fail "done again"
for n in 1 2 3 4 5 6; do
	is_same $n.o local.o
done
[ "$(count ': away ' "$DCC_LOG")" -eq 6 ] || fail "something ran here"
rm hold
