#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# In pump mode nothing is preprocessed here, and every output has the bytes of a local compile.
. "$(dirname "$0")/lib.sh"
needs clang

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_FALLBACK=0 DCC_PUMP=require
write_sources
mkdir include build
cat >include/deep.h <<'END'
#ifndef DEEP_H
#define DEEP_H
#include "../hello.h"
#if __has_include("deeper.h")
#include "deeper.h"
#endif
#endif
END
echo '#define DEEPER 1' >include/deeper.h
ln -s include linked
cat >deep.c <<'END'
#include <deep.h>
#include <stdlib.h>
int deep(void) { return twice(DEEPER) + __LINE__ + abs(-1); }
const char *where(void) { return __FILE__; }
END

# same OUTPUTS COMMAND...: locally, then in pump mode; messages and exit status too.
same()
{
	outputs=$1
	shift
	status=0
	"$@" 2>"$work/local.err" || status=$?
	rm -rf "$work/local"
	mkdir "$work/local"
	for output in $outputs; do
		mv "$output" "$work/local/$(basename "$output")"
	done
	expect "$status" dcc "$@"
	cmp -s "$work/err" "$work/local.err" || fail "$*: messages: $(diff "$work/local.err" "$work/err")"
	for output in $outputs; do
		cmp -s "$output" "$work/local/$(basename "$output")" || fail "$*: $output differs"
		rm "$output"
	done
	for source; do :; done
	travelled "$source" pump
}

echo 'int alone;' >alone.c
for cc in gcc clang; do
	same "alone.o" $cc -nostdinc -o alone.o -c alone.c
	same "hello.o" $cc -o hello.o -c hello.c
	same "hello.o" $cc -O2 -Wall -o hello.o -c hello.c
	same "hello.o" $cc -g3 -o hello.o -c hello.c
	same "hello.o" $cc -g -pedantic -Wunused-macros -o hello.o -c hello.c
	same "hello.o hello.d" $cc -g -MD -MP -o hello.o -c hello.c
	same "hello.o build/x.dep" $cc -g -MMD -MF build/x.dep -MT 'a target' -o hello.o -c hello.c
	same "build/hello.o build/hello.d" $cc -Wp,-MD,build/hello.d -o build/hello.o -c hello.c
	same "hello.s" $cc -S -o hello.s hello.c
	same "deep.o deep.d" $cc -g -Iinclude -MD -o deep.o -c deep.c
	same "deep.o deep.d" $cc -g -Ilinked -MD -o deep.o -c deep.c
	same "deep.o deep.d" $cc -g -I"$PWD/include" -MD -o deep.o -c "$PWD/deep.c"
	same "deep.o" $cc -g -include include/deeper.h -iquote include -isystem include -o deep.o -c deep.c
done
same "hello.o hello.dwo" gcc -g -gsplit-dwarf -o hello.o -c hello.c
same "hello.o hello.dwo" clang -g -gsplit-dwarf -o hello.o -c hello.c
same "hello.o hello.su" gcc -fstack-usage -o hello.o -c hello.c
same "vector.o" g++ -g -std=c++17 -o vector.o -c vector.cc
same "vector.o" clang++ -g -std=c++17 -o vector.o -c vector.cc

# An error is one, and is final: the volunteer's words are the compiler's.
echo 'int f(void) { return undeclared; }' >wrong.c
same "" gcc -g -o wrong.o -c wrong.c
same "" clang -g -o wrong.o -c wrong.c

# Outside the source tree, and through a link.
mkdir out
ln -s "$work/src" "$work/through"
cd out
same "hello.o hello.d" gcc -g -I../include -MD -o hello.o -c ../hello.c
cd "$work/through/out"
same "hello.o hello.d" gcc -g -I../include -MD -o hello.o -c ../hello.c

# The volunteer has what it needs: a second compile brings the source and a short list.
cd "$work/src"
expect 0 dcc gcc -g -Iinclude -c deep.c
sent=$(verdict_of deep.c | sed 's/.* sent=\([0-9]*\) .*/\1/')
[ "$sent" -lt 6000 ] || fail "the second time $sent bytes were sent"
