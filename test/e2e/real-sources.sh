#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# This project's own sources, with make -j8 and two volunteers: every object equals that of a local build.
# shellcheck disable=SC2016  # make's dollars
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 2
hosts="127.0.0.2:$port/4"
start_dccd two 127.0.0.3 --jobs 2
export DCC_HOSTS="$hosts 127.0.0.3:$port/4"
# No objects, which are there too where it was configured in place.
(cd "$top_srcdir" && find src include -name '*.[ch]' -exec cp --parents -t "$work/src" {} +)
cp "$top_builddir/autoconf.h" include/
{
	echo 'objects := $(patsubst %.c,%.o,$(wildcard src/shared/*.c src/client/*.c))'
	echo 'CFLAGS = -std=c11 -O1 -g -Wall -D_POSIX_C_SOURCE=200809L -DBINDIR=\"/usr/bin\" -Iinclude -MMD'
	echo 'all: $(objects)'
	echo '-include $(objects:.o=.d)'
} >Makefile

# build WHERE COMPILER
build()
{
	make -j8 CC="$2" >"$work/make.out" 2>&1 || fail "make: $(tail -n 20 "$work/make.out")"
	mkdir "$work/$1"
	find src -name '*.[od]' | sort >"$work/$1.list"
	while read -r file; do
		cp --parents "$file" "$work/$1"
		rm "$file"
	done <"$work/$1.list"
}
build remote 'dcc gcc'
build local gcc
is_same "$work/remote.list" "$work/local.list"
diff -r "$work/remote" "$work/local" || fail "objects or dependencies differ"
objects=$(grep -c '\.o$' "$work/remote.list")
[ "$objects" -gt 30 ] || fail "only $objects objects"
[ "$(count ': away ' "$DCC_LOG")" -eq "$objects" ] || fail "some were compiled here: $(grep ': here ' "$DCC_LOG")"
for name in one two; do
	grep -q ' exit:0 ' "$work/$name.log" || fail "volunteer $name had nothing to do"
done
