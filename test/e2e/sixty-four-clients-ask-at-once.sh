#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many jobs start together on a volunteer that has nothing yet: each file travels once, hardly anybody gives up.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/64" DCC_FALLBACK=0 DCC_PUMP=auto
write_sources
i=0
while [ $i -lt 64 ]; do
	printf '#include <stdio.h>\n#include <stdlib.h>\n#include "hello.h"\nint f%d(void) { return twice(%d); }\n' \
		$i $i >"f$i.c"
	i=$((i + 1))
done
pids=
i=0
while [ $i -lt 64 ]; do
	dcc gcc -g -c "f$i.c" 2>"$work/err.$i" &
	pids="$pids $!"
	i=$((i + 1))
done
for p in $pids; do
	wait "$p" || fail "a job failed: $(cat "$work"/err.*)"
done
i=0
while [ $i -lt 64 ]; do
	gcc -g -c "f$i.c" -o local.o
	is_same "f$i.o" local.o
	i=$((i + 1))
done
# On a machine that is busy with others, some may have waited for the server in vain.
[ "$(count 'language=pump' "$DCC_LOG")" -ge 60 ] ||
	fail "only $(count 'language=pump' "$DCC_LOG") went in pump mode"
[ "$(statistic 'most at once')" -ge 8 ] || fail "at most $(statistic 'most at once') at once"
# 64 sources, their headers, and the list of what recurs, perhaps twice.
sent=$(statistic 'blobs sent') known=$(statistic 'blobs known')
[ "$sent" -le $((known + 4)) ] || fail "$sent blobs were sent, there are only $known"
