#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whatever happens to files between two jobs, and however soon, the next object is the local one.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8" DCC_FALLBACK=0 DCC_PUMP=require
mkdir first second
echo '#define A 1' >second/a.h
cat >a.c <<'END'
#include <a.h>
#ifdef __has_include
#if __has_include("made.h")
#include "made.h"
#endif
#endif
#ifndef MADE
#define MADE 0
#endif
int a[] = {A, MADE, __LINE__};
END

# is_right: the same as here, in pump mode.
is_right()
{
	gcc -Ifirst -Isecond -MD -MF local.d -MT a.o -c a.c -o local.o
	rm -f a.o a.d
	expect 0 dcc gcc -Ifirst -Isecond -MD -MF a.d -MT a.o -c a.c -o a.o
	travelled a.c pump
	cmp -s a.o local.o || fail "$1: the object is not the local one"
	cmp -s a.d local.d || fail "$1: the dependencies are not the local ones: $(diff local.d a.d)"
}

is_right "at first"
echo '#define A 2' >second/a.h
is_right "a header of the same size was edited"
echo '#define A 3 /* longer */' >second/a.h
is_right "a header was edited"
echo '#define A 4' >second/new
mv second/new second/a.h
is_right "a header was replaced"
echo '#define A 5' >first/a.h
is_right "a header appeared in an earlier folder"
rm first/a.h
is_right "that header vanished"
echo '#define MADE 7' >made.h
is_right "a header was generated"
rm made.h
is_right "the generated header was removed"
mv second third
mkdir second
echo '#define A 6' >second/a.h
is_right "a folder was replaced"
rm -r second
ln -s third second
is_right "a folder became a link"
rm second
mkdir fourth
echo '#define A 8' >fourth/a.h
ln -s fourth second
is_right "the link leads elsewhere"
rmdir first
is_right "a folder of the search path is gone"
mkdir first
echo '#include_next <a.h>' >first/a.h
is_right "it is back, with a header that includes the next"
echo 'int changed;' >>a.c
is_right "the source was edited"

# Quickly, many times: no time stamp tells these apart.
for i in 1 2 3 4 5 6 7 8 9; do
	echo "#define A $i" >fourth/a.h
	is_right "edit $i"
done

# A header that is missing is the compiler's to report, and comes back.
rm fourth/a.h first/a.h
gcc -Ifirst -Isecond -c a.c -o local.o 2>"$work/local.err" && fail "compiles without its header"
export DCC_PUMP=auto
status=0
dcc gcc -Ifirst -Isecond -c a.c -o a.o 2>"$work/err" || status=$?
[ $status -eq 1 ] || fail "exit $status without the header"
cmp -s "$work/err" "$work/local.err" || fail "other messages: $(diff "$work/local.err" "$work/err")"
export DCC_PUMP=require
echo '#define A 9' >fourth/a.h
is_right "the header is back"
