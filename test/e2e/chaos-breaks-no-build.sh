#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Under faults of every kind, hundreds of them, no compile fails and every object is the local one, in both modes.
# test/real/chaos does the same for longer, with LevelDB and the kernel.
# shellcheck disable=SC2016  # make's dollars
. "$(dirname "$0")/lib.sh"

faults=drop:8%,truncate:8%,flip:4%,kill:8%,full:6%,delay:2ms,slow:1.5x
# On a busy machine it takes longer.
wanted=110
least_seconds=20
most_seconds=100

# --- only for tests: never where others can come ---
expect 101 dccd --daemon --port 1 --store-dir "$work/no.store" --chaos "$faults"
says 'loopback addresses only'
expect 101 dccd --check --listen 0.0.0.0 --store-dir "$work/no.store" --chaos "$faults"
says 'loopback addresses only'
expect 101 dccd --inetd --chaos "$faults"
says '--inetd'
expect 101 dccd --daemon --listen 127.0.0.2 --chaos flip:2
says '--chaos "flip:2"'
rm -rf "$work/no.store"

start_dccd one 127.0.0.2 --jobs 3 --chaos "$faults"
hosts="127.0.0.2:$port/6"
start_dccd two 127.0.0.3 --jobs 3 --chaos "$faults"
export DCC_HOSTS="$hosts 127.0.0.3:$port/6" DCC_BACKOFF_PERIOD=0 DCC_IO_TIMEOUT=4
cp -r "$top_srcdir/src" "$top_srcdir/include" .
cp "$top_builddir/autoconf.h" include/
{
	echo 'objects := $(patsubst %.c,%.o,$(wildcard src/shared/[a-i]*.c src/client/[a-l]*.c))'
	echo 'CFLAGS = -std=c11 -O1 $(DEBUG) -Wall -D_POSIX_C_SOURCE=200809L -Iinclude -MMD'
	echo 'all: $(objects)'
} >Makefile

# build COMPILER DEBUG: its objects are left in place.
build()
{
	find src -name '*.[od]' -exec rm {} +
	make -s -j8 CC="$1" DEBUG="$2" >"$work/make.out" 2>&1 || fail "make: $(tail -n 20 "$work/make.out")"
	built=$(($(find src -name '*.o' | wc -l) + built))
}

# keep FOLDER
keep()
{
	mkdir "$work/$1"
	find src -name '*.[od]' -exec cp --parents -t "$work/$1" {} +
}

# check FOLDER
check()
{
	find src -name '*.[od]' | sort >"$work/files"
	[ -s "$work/files" ] || fail "no objects"
	while read -r file; do
		is_same "$file" "$work/$1/$file"
	done <"$work/files"
}

built=0
build gcc ''
keep without-g
build gcc -g
keep with-g
# faults_of KIND: in both logs.
faults_of()
{
	cat "$work/one.log" "$work/two.log" | grep -c " chaos [^ ]* $1: " || :
}

# Which language a volunteer speaks is found out at the first meeting; trouble in that very moment makes it look like a distccd.
meet()
{
	rm -f "$DCC_DIR"/lock/speaks-*
	for host in $DCC_HOSTS; do
		DCC_HOSTS="$host" DCC_PUMP=never dcc gcc -Iinclude -c src/shared/err.c -o err.o || fail "the first job failed"
	done
	[ "$(find "$DCC_DIR/lock" -name 'speaks-dcc_*' | wc -l)" -eq 2 ]
}

wait_for 20 meet || fail "the volunteers do not speak dcc's language"
: >"$DCC_LOG"
built=0
begin=$(now_ms)
is_enough()
{
	took=$((($(now_ms) - begin) / 1000))
	[ $took -ge $most_seconds ] || { [ $took -ge $least_seconds ] && [ "$(faults_of '\(drop\|truncate\|flip\|kill\|full\)')" -ge $wanted ]; }
}
until is_enough; do
	DCC_PUMP=never
	build 'dcc gcc' ''
	check without-g
	DCC_PUMP=auto
	build 'dcc gcc' -g
	check with-g
done

total=0
echo "fault     injected"
for kind in drop truncate flip kill full; do
	n=$(faults_of $kind)
	printf '%-9s %8d\n' $kind "$n"
	total=$((total + n))
	[ "$n" -gt 0 ] || fail "no fault of the kind $kind in $built compiles"
done
echo "survived  $total, by $built compiles: $(count ': away ' "$DCC_LOG") away, $(count ': here ' "$DCC_LOG") here:"
sed -n 's/.*: here .* reason=\([a-z-]*\) .*/\1/p' "$DCC_LOG" | sort | uniq -c | sort -rn
[ $total -ge $wanted ] || fail "only $total faults"
[ "$(count ': away ' "$DCC_LOG")" -gt $((built / 4)) ] || fail "hardly anything went away"
