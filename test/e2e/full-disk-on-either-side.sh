#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Small file systems that are full: the volunteer's store, the client's temporary folder, the place of the output.
. "$(dirname "$0")/lib.sh"
needs_root "mounts"

clean_up()
{
	for folder in "$work/one.store" "$work/small" "$work/dcc"; do
		umount -l "$folder" 2>/dev/null || :
	done
}
mkdir -p "$work/one.store" "$work/small"
mount -t tmpfs -o size=1m,mode=755 dcc-test "$work/one.store" || skip "this kernel forbids mounts"
mount -t tmpfs -o size=256k,mode=1777 dcc-test "$work/small"
write_sources
export DCC_BACKOFF_PERIOD=0
start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
g++ -O1 -c vector.cc -o local.o

expect 0 dcc gcc -c hello.c
ran_away hello.c
is_silent

# The volunteer's: it says so, and the job is done here.
head -c 600000 /dev/zero >"$work/one.store/identity/fill"
expect 0 dcc g++ -O1 -c vector.cc
is_same vector.o local.o
ran_here vector.cc resource
says 'reason=resource'
expect_lines 'refused .* resource ' "$work/one.log" 1
rm "$work/one.store/identity/fill"
# No lasting harm: the next one goes there again.
head -c 20000 /dev/zero >"$work/one.store/identity/fill"
expect 0 dcc gcc -c hello.c
ran_away hello.c
rm "$work/one.store/identity/fill"

# Requests leave a twentieth to others, by whatever way they come.
no_job()
{
	[ -z "$(ps -o pid= --ppid "$pid")" ]
}
leave()
{
	# Its files have no names, and take room as long as it is there.
	wait_for 10 no_job || fail "the last job does not end"
	head -c $(($(df --output=avail -B1 "$work/one.store" | tail -n 1) - $1)) /dev/zero >"$work/one.store/identity/fill"
}
write_fast a.c
leave 24576
expect 0 dcc gcc -c a.c
ran_here a.c resource
expect_lines 'refused .* resource ' "$work/one.log" 2
offers_pump=yes
! grep -q 'no pump mode' "$work/one.log" || offers_pump=no
if [ $offers_pump = yes ]; then
	rawclient 127.0.0.2 "$port" token:DIST:3 "string:CDIR:$PWD" token:ARGC:3 string:ARGV:gcc string:ARGV:-c \
		string:ARGV:a.c token:NFIL:1 "string:NAME:$PWD/a.c" lzo:FILE:a.c read >"$work/out" 2>"$work/err"
	[ ! -s "$work/out" ] || fail "an answer: $(head -c 300 "$work/out")"
	expect_lines 'refused .* resource ' "$work/one.log" 3
fi
rm "$work/one.store/identity/fill"
expect 0 dcc gcc -c a.c
ran_away a.c
if [ $offers_pump = yes ]; then
	mount -o remount,size=8m "$work/one.store"
	head -c 1000000 /dev/urandom | od -A n -t x1 -v | sed 's#^#//#' >large.h
	printf '#include "large.h"\nint large;\n' >large.c
	# All of large.h, and not a twentieth.
	leave $(($(stat -c %s large.h) + 200000))
	DCC_PUMP=auto expect 0 dcc gcc -c large.c
	expect_lines 'refused .* resource ' "$work/one.log" 4
	rm "$work/one.store/identity/fill"
	DCC_PUMP=auto expect 0 dcc gcc -c large.c
	travelled large.c pump
	stop_include_server
fi

# And one client's have no more than half of it together. The second of these two is too much; the first gives way.
mount -o remount,size=32m "$work/one.store"
hold_request()
{
	rawclient 127.0.0.2 "$port" token:DIST:1 token:ARGC:5 string:ARGV:gcc string:ARGV:-c string:ARGV:big.c \
		string:ARGV:-o string:ARGV:big.o token:DOTI:e00000 zeros:13631488 hold:0 <never >"$work/held.$1" 2>&1 &
	helper_pids="$helper_pids $!"
	wait_for 20 grep -q -s holding "$work/held.$1" || fail "it does not take the request"
}
mkfifo never
sleep 1000 >never &
helper_pids="$helper_pids $!"
hold_request 1
[ "$(count 'too much of the disk' "$work/one.log")" -eq 0 ] || fail "one is too much"
hold_request 2
expect_lines 'has too much of the disk, and sends this request the longest of 2' "$work/one.log" 1
expect 0 dcc gcc -c a.c
ran_away a.c
rm never

# Where the object goes: the compiler would fail here as well; no half file, and an exit code that make sees.
fill_small()
{
	head -c 262144 /dev/zero >"$work/small/fill" 2>/dev/null || :
}
fill_small
status=0
dcc g++ -O1 -c vector.cc -o "$work/small/v.o" 2>"$work/err" || status=$?
[ $status -ne 0 ] || fail "no failure with a full disk"
says 'No space left'
[ ! -s "$work/small/v.o" ] || fail "half an object"
rm -f "$work/small/fill" "$work/small/v.o"
expect 0 dcc gcc -c hello.c -o "$work/small/h.o"
ran_away hello.c

# The temporary folder: messages have no place, so the job stays here, where it needs none.
fill_small
TMPDIR=$work/small expect 0 dcc clang -Wall -c hello.c
says "unused variable 'unused'"
ran_here hello.c output-place
[ -s hello.o ] || fail "no object"
rm -f "$work/small/fill"

# The user's folder: no record, no note of what was learnt, but a compile.
rm -rf "$work/dcc"/*
mount -t tmpfs -o size=64k dcc-test "$work/dcc"
head -c 65536 /dev/zero >"$work/dcc/fill" 2>/dev/null || :
rm -f hello.o
expect 0 dcc gcc -c hello.c
gcc -c hello.c -o local.o
is_same hello.o local.o
