#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real compilers, C and C++, with and without debug information: the same bytes, exit codes and messages.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources
mkdir out

for options in '' '-O2 -Wall' '-g -O1' '-g -gdwarf-4 -O2 -Wextra' '-fPIC -pthread -DX=1 -I.'; do
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
for options in '' -O2 '-g -gdwarf-4 -O2 -Wall' '-fPIC -pthread -DX=1 -I.'; do
	# shellcheck disable=SC2086  # words
	{
		compare hello.o clang $options -c hello.c
		compare out/x.o clang++ $options -std=c++17 -c vector.cc -o out/x.o
	}
	ran_away hello.c
	ran_away vector.cc
done
# What asks more of the kernel than others: pipes, sanitizers, profiles, link-time optimisation.
for options in '-pipe -O2' '-fsanitize=address,undefined' '-fprofile-arcs -ftest-coverage -frandom-seed=1' \
	'-O3 -funroll-loops -fstack-protector-all'; do
	# shellcheck disable=SC2086  # words
	compare out/x.o g++ $options -std=c++17 -c vector.cc -o out/x.o
	ran_away vector.cc
done
# gcc's own has a number that is drawn by lot, and the options that it was called with.
expect 0 dcc g++ -flto=2 -std=c++17 -c vector.cc -o out/x.o
ran_away vector.cc
for options in -flto -flto=thin '-fsanitize=address' -fno-integrated-as; do
	# shellcheck disable=SC2086  # words
	compare hello.o clang $options -c hello.c
	ran_away hello.c
done
# Every one of them did run there.
expect_lines 'exit:0' "$work/one.log" "$(count ': away ' "$DCC_LOG")"
[ "$(count ': here ' "$DCC_LOG")" -eq 0 ] || fail "something ran here"
