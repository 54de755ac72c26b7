#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dcc in pump mode remembers what a volunteer has; the volunteer may lose it at any time, wholly or in part, by hand, by its bound,
# by a crash or by damage. The job goes away all the same, with the bytes of a local compile.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0 DCC_PUMP=require
write_sources
mkdir -p far/real/inc far/out
ln -s far/real link
cp hello.c far/real
echo '#include "inc/more.h"' >>far/real/hello.c
cp hello.h far/real
echo 'extern int more;' >far/real/inc/more.h
gcc -g -O2 -c hello.c -o hello.o
mv hello.o local.o
g++ -g -std=c++17 -c vector.cc -o vector.o
mv vector.o local-vector.o

store=$work/one.store/store

away()
{
	expect 0 dcc gcc -g -O2 -c hello.c -o hello.o
	is_same hello.o local.o
	rm hello.o
	travelled hello.c pump
}

away_too()
{
	expect 0 dcc g++ -g -std=c++17 -c vector.cc -o vector.o
	is_same vector.o local-vector.o
	rm vector.o
	travelled vector.cc pump
}

away
away
away_too

# --- the volunteer's files go while it runs: some, all, those of a tree too ---
find "$store"/*/e* -type f -name '*[02468ace]' -delete
find "$store"/*/trees -name list -delete
away
find "$store"/*/e* -type f -delete
find "$store"/*/trees -name list -delete
away_too
away
rm -rf "$store"/*/trees "$store"/*/e* "$store"/*/tmp
away
away_too

# --- a crash, then damage that a crash may leave ---
kill -9 "$pid"
wait_for 5 is_gone "$pid"
start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
away
for victim in $(find "$store"/*/e* -type f -size +8k | head -n 20); do
	chmod u+w "$victim"
	: >"$victim"
done
away
away_too

# --- many at once, with files that only some of them need, and a store that is too small for all ---
stop_daemon "$pid"
start_dccd one 127.0.0.2 --store-size 2M
export DCC_HOSTS="127.0.0.2:$port/4"
for n in 1 2 3 4 5 6 7 8; do
	printf '#include "own%s.h"\n#include <%s>\nint f(void) { return OWN; }\n' $n \
		"$(echo vector map string list deque set bitset array | cut -d ' ' -f $n)" >many$n.cc
	echo "#define OWN $n" >own$n.h
	g++ -c many$n.cc -o local$n.o
done
for round in 1 2; do
	clients=
	for n in 1 2 3 4 5 6 7 8; do
		dcc g++ -c many$n.cc -o many$n.o 2>"$work/many$n.err" &
		clients="$clients $!"
	done
	for client in $clients; do
		wait "$client" || fail "round $round: $(cat "$work"/many*.err)"
	done
	for n in 1 2 3 4 5 6 7 8; do
		is_same many$n.o local$n.o
		rm many$n.o
	done
done

# --- odd places: from a folder that is a link, out of the tree, by "..", by absolute names ---
while read -r folder source object; do
	(
		cd "$folder" || exit 1
		gcc -g -c "$source" -o "$object" && mv "$object" "$work/local.o" || fail "here it fails"
		expect 0 dcc gcc -g -c "$source" -o "$object"
		is_same "$object" "$work/local.o"
	) || exit 1
done <<END
link hello.c hello.o
link $PWD/link/hello.c ../out/hello.o
far/out ../real/hello.c hello.o
far/out $PWD/far/real/hello.c $PWD/far/out/hello.o
. link/../out/../real/hello.c far/out/x.o
END
