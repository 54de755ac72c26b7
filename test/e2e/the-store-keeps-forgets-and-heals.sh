#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a volunteer keeps of its clients' files: across jobs, restarts and crashes, within its bound, each client's for itself;
# what is damaged or gone is wanted again.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"

address=127.0.0.1
mkdir "$work/back"
start_dccd one "$address"
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
write_sources
prepare_pump gcc c
list_files list gcc -O2 -M hello.c
gcc -O2 -c hello.c -o hello.o

# job EXIT STEP...: compiles hello.c.
job()
{
	code=$1
	shift
	pump "$code" list:list "$@" -- gcc -O2 -c hello.c -o hello.o
	[ "$code" -ne 0 ] || came_back hello.o
}

# again NAME: the daemon of that name, with its store.
again()
{
	start_dccd "$1" "$address"
}

blobs()
{
	find "$work"/one.store/store/*/e* -type f "$@"
}

# --- inline, and nothing is wanted; unasked, and everything is; a second time nothing is ---
job 0 inline:all client:1
never want
job 0 client:2
prints want
job 0 client:2
never want
expect_lines ' native pump gcc hello.c exit:0 ' "$work/one.log" 3

# --- each client has its own ---
job 0 client:3
prints want

# --- a proper end keeps all; so does a crash, after a look at the bytes ---
stop_daemon "$pid"
again one
job 0 client:1
never want
kill -9 "$pid"
wait_for 5 is_gone "$pid"
again one
job 0 client:1
never want

# --- damage: by size it is seen at once, by bytes after a crash; a tree that is kept is no hiding place ---
victim=$(blobs -size +20k | head -n 1)
chmod u+w "$victim"
truncate -s 100 "$victim"
job 0 client:1
job 0 client:2
job 0 client:3
[ "$(grep -c 'is damaged' "$work/one.log")" -ge 1 ] || fail "nobody saw the damage"
for victim in $(blobs -size +20k); do
	cp -p "$victim" "$work/copy"
	chmod u+w "$victim"
	printf '#error damaged\n' | dd of="$victim" conv=notrunc status=none
	chmod 444 "$victim"
	touch -r "$work/copy" "$victim"
done
kill -9 "$pid"
wait_for 5 is_gone "$pid"
again one
for client in 1 2 3; do
	job 0 "client:$client"
	prints want
	job 0 "client:$client"
	never want
done

# --- gone between Manifest and Run ---
mkfifo "$work/hold"
# shellcheck disable=SC2086  # one step a word
pumpclient "$address" "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" list:list client:1 hold:manifest \
	"out:$work/back" -- gcc -O2 -c hello.c -o hello.o <"$work/hold" >"$work/out" 2>&1 &
client=$!
exec 3>"$work/hold"
wait_for 10 grep -q holding "$work/out"
blobs -delete
# What the last job's tree still links would serve.
find "$work"/one.store/store/*/trees -name list -delete
exec 3>&-
wait "$client" || fail "evicted under a request: $(cat "$work/out")"
grep -q want "$work/out" || fail "nothing was wanted: $(cat "$work/out")"

# --- a client that does not send what is wanted, or sends something else ---
job 200 client:4 never:5
prints 'refused resource'
[ "$(grep -c '^want' "$work/out")" -eq 4 ] || fail "not four rounds: $(cat "$work/out")"
job 200 client:6 damage:5
prints 'refused protocol'
job 0 client:4
job 0 client:6
job 200 client:5 inline:all damage:0 catalogue:2
prints 'refused protocol'

# --- the bound: each client's files are 300 KB or so ---
stop_daemon "$pid"
start_dccd one "$address" --store-size 900K
for client in 11 12 13 14 15 16; do
	job 0 "client:$client"
done
wait_for 5 sh -c "[ \$(find '$work'/one.store/store/*/e* -type f -printf '%b\n' | awk '{ s += \$1 } END { print s / 2 }') -lt 1500 ]" ||
	fail "the store grows: $(du -s "$work/one.store/store")"
job 0 client:16
stop_daemon "$pid"

# --- without a store ---
start_dccd two "$address" --store-size 0
grep -q 'no pump mode: --store-size is 0' "$work/two.log" || fail "it does not say so"
job 200 client:1
prints 'features 1'
prints 'refused view'
