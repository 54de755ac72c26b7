#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dcc --scan-includes: one name a line, nothing is compiled or sent.
. "$(dirname "$0")/lib.sh"

write_sources
mkdir real
echo '#define X 1' >real/x.h
ln -s real link
printf '#include <x.h>\n#include "hello.h"\nint x = X;\n' >x.c

expect 0 dcc --scan-includes gcc -Ilink -c x.c
is_silent
prints "FILE      $PWD/x.c"
prints "FILE      $PWD/hello.h"
prints "FILE      $PWD/real/x.h"
prints "SYMLINK   $PWD/link"
prints "DIRECTORY $PWD"
prints "SYSTEMDIR /usr/include"
[ ! -e x.o ] || fail "it has compiled"
grep -v -E '^(FILE     |SYMLINK  |DIRECTORY|SYSTEMDIR) /' "$work/out" >"$work/odd" && fail "other lines: $(cat "$work/odd")"

# The files are those that the compiler names.
gcc -Ilink -MM x.c | sed 's/^x.o://' | tr -s ' ' '\n' | sed -n 's|^link/|real/|; /[ch]$/p' | sort >"$work/named"
sed -n "s|^FILE      $PWD/||p" "$work/out" | sort | cmp -s - "$work/named" ||
	fail "other files than the compiler's: $(cat "$work/out")"

expect 100 dcc --scan-includes gcc x.o
says 'stays here'
expect 101 dcc --scan-includes
