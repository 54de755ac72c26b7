#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# While jobs run, the include server is killed, stopped and told to end, and the volunteer's files are removed.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 8
export DCC_HOSTS="127.0.0.2:$port/16" DCC_FALLBACK=0 DCC_PUMP=auto
i=0
while [ $i -lt 48 ]; do
	printf '#include <stdio.h>\n#include <stdlib.h>\n#include "h%d.h"\nint f%d(void) { return X; }\n' $((i % 7)) $i >"f$i.c"
	echo "#define X $i" >"h$((i % 7)).h"
	i=$((i + 1))
done
i=0
while [ $i -lt 48 ]; do
	gcc -c "f$i.c" -o "f$i.local"
	i=$((i + 1))
done

(
	while :; do
		pid=$(include_server_pid 2>/dev/null) || :
		[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || :
		sleep 0.1
		pid=$(include_server_pid 2>/dev/null) || :
		echo "$pid" >"$work/stopped"
		[ -z "$pid" ] || kill -STOP "$pid" 2>/dev/null || :
		find "$work/one.store/store" -type f -path '*/e*/*' -delete 2>/dev/null || :
		sleep 0.3
		[ -z "$pid" ] || kill -CONT "$pid" 2>/dev/null || :
		dcc-include-server --stop 2>/dev/null || :
		find "$work/one.store/store" -type f -path '*/e*/*' -delete 2>/dev/null || :
	done
) &
havoc=$!
helper_pids="$helper_pids $havoc"
pids=
i=0
while [ $i -lt 48 ]; do
	dcc gcc -c "f$i.c" 2>"$work/err.$i" &
	pids="$pids $!"
	[ $((i % 12)) -ne 11 ] || sleep 0.4
	i=$((i + 1))
done
for p in $pids; do
	wait "$p" || fail "a job failed: $(cat "$work"/err.*)"
done
stop_helper "$havoc"
[ ! -s "$work/stopped" ] || kill -CONT "$(cat "$work/stopped")" 2>/dev/null || :
i=0
while [ $i -lt 48 ]; do
	is_same "f$i.o" "f$i.local"
	[ ! -s "$work/err.$i" ] || fail "f$i.c: $(cat "$work/err.$i")"
	i=$((i + 1))
done
[ "$(count 'language=pump' "$DCC_LOG")" -ge 1 ] || fail "nothing went in pump mode"
[ "$(count 'language=distcc' "$DCC_LOG")" -eq 0 ] || fail "it was taken for a stock distccd"
