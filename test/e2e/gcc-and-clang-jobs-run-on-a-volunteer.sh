#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real compilers, C and C++, with and without debug information: the same bytes, exit codes and messages.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources

# compare OUTPUT COMMAND...: the bare command, then the same with dcc.
compare()
{
	output=$1
	shift
	status=0
	"$@" 2>"$work/bare.err" || status=$?
	mv "$output" "$work/bare.out"
	remote=0
	dcc "$@" 2>"$work/dcc.err" || remote=$?
	[ "$status" -eq "$remote" ] || fail "$*: exit $remote instead of $status"
	is_same "$output" "$work/bare.out"
	is_same "$work/dcc.err" "$work/bare.err"
	rm -f "$output"
}

mkdir out
for options in '' -O2 '-g -O1' '-g -gdwarf-4 -O2' '-fPIC -pthread -DX=1 -I.'; do
	# shellcheck disable=SC2086  # words
	{
		compare hello.o gcc $options -c hello.c
		compare out/x.o g++ $options -std=c++17 -c vector.cc -o out/x.o
		compare hello.s gcc $options -S hello.c
	}
	ran_away hello.c
	ran_away vector.cc
done
# clang 14 leaves the checksum of a file that has line markers out of DWARF 5: without -g, or with DWARF 4.
for options in '' -O2 '-g -gdwarf-4 -O2' '-fPIC -pthread -DX=1 -I.'; do
	# shellcheck disable=SC2086  # words
	{
		compare hello.o clang $options -c hello.c
		compare out/x.o clang++ $options -std=c++17 -c vector.cc -o out/x.o
	}
done
