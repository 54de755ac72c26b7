#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# CCACHE_PREFIX=dcc: round by round ccache counts the same hits and misses as with the bare compilers, in each of its modes,
# and gives the same files; only its misses reach dcc.
. "$(dirname "$0")/lib.sh"
needs ccache gcc g++ clang

start_dccd one 127.0.0.2 --jobs 4
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
# The files are younger than ccache's trust.
export CCACHE_SLOPPINESS=include_file_ctime,include_file_mtime
write_sources
printf 'int f(int x) { return x\n' >wrong.c
printf '.globl g\ng:\tret\n' >small.S

# One command a line; eight of them make something that can be kept.
cat >commands <<'END'
gcc -O2 -Wall -c hello.c -o out/a.o
gcc -O2 -g -MD -MF out/b.d -c hello.c -o out/b.o
clang -O2 -g -gdwarf-4 -gsplit-dwarf -c hello.c -o out/c.o
gcc -O2 -fstack-usage -MMD -c hello.c -o out/d.o
gcc -O2 -S hello.c -o out/e.s
gcc -c small.S -o out/f.o
g++ -O1 -g -MD -MP -MT target -c vector.cc -o out/g.o
clang -O2 -Wall -c hello.c -o out/h.o
gcc -c wrong.c -o out/j.o
gcc -O2 -E hello.c -o out/k.i
END
objects=8

# round NAME CACHE: all commands through ccache; its counts in NAME.stats, files and messages in NAME/.
round()
{
	export CCACHE_DIR="$work/ccache.$2"
	rm -rf out "$1"
	mkdir out
	ccache -z >"$work/zeroed" 2>&1
	while read -r command; do
		status=0
		# shellcheck disable=SC2086  # words
		ccache $command 2>>out/messages || status=$?
		echo "$status: $command" >>out/messages
	done <commands
	mv out "$1"
	ccache --print-stats | grep -v -e timestamp -e size_kibibyte >"$1.stats"
}

counter()
{
	sed -n "s/^$1[[:space:]]*//p" "$2.stats"
}

# both NAME: a round with bare compilers, one with dcc behind ccache, compared.
both()
{
	(unset CCACHE_PREFIX && round bare bare)
	CCACHE_PREFIX=dcc round away away
	diff bare.stats away.stats || fail "$mode, $1: other hits (<: without dcc)"
	diff -r bare away || fail "$mode, $1: other files (<: without dcc)"
}

for mode in direct preprocessed depend nocpp2; do
	unset CCACHE_NODIRECT CCACHE_DEPEND CCACHE_NOCPP2
	export DCC_PUMP=auto
	case $mode in
	preprocessed) export CCACHE_NODIRECT=1 DCC_PUMP=never ;;
	depend) export CCACHE_DEPEND=1 ;;
	nocpp2) export CCACHE_NOCPP2=1 ;;
	esac
	rm -rf "$work"/ccache.*
	both "empty cache"
	before=$(count ' exit:0 ' "$work/one.log")
	both "full cache"
	hits=$(($(counter direct_cache_hit away) + $(counter preprocessed_cache_hit away)))
	[ $hits -eq $objects ] || fail "$mode: only $hits hits"
	[ "$(count ' exit:0 ' "$work/one.log")" -eq "$before" ] || fail "$mode: a hit was compiled all the same"
	# What ccache has from a bare compiler it uses with dcc behind it, and the other way round.
	mv "$work/ccache.bare" "$work/ccache.other"
	mv "$work/ccache.away" "$work/ccache.bare"
	mv "$work/ccache.other" "$work/ccache.away"
	echo '/* a comment */' >>hello.h
	both "caches exchanged, another comment"
	echo 'static inline int thrice(int x) { return 3 * x; }' >>hello.h
	both "another function"
	write_sources
done
[ "$(count ': away ' "$DCC_LOG")" -ge $((objects * 8)) ] || fail "dcc was called $(count ': away ' "$DCC_LOG") times"
