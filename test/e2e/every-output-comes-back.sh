#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Files beside the object, whatever option asks for them, are the same as after a bare compile.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources
printf '.globl f\nf:\n\tret\n' >plain.s
printf '#define NAME g\n.globl NAME\nNAME:\n\tret\n' >cpp.S
mkdir obj

# outputs [AWAY] COMMAND...: the trees after both are the same.
outputs()
{
	for how in bare dcc; do
		rm -rf "$work/tree"
		cp -r "$work/src" "$work/tree"
		status=0
		if [ $how = bare ]; then
			(cd "$work/tree" && "$@" >/dev/null 2>"$work/bare.err") || status=$?
			expected=$status
		else
			(cd "$work/tree" && dcc "$@" >/dev/null 2>"$work/dcc.err") || status=$?
			[ $status -eq "$expected" ] || fail "$*: exit $status instead of $expected: $(cat "$work/dcc.err")"
			is_same "$work/dcc.err" "$work/bare.err"
		fi
		rm -rf "$work/$how.tree"
		mv "$work/tree" "$work/$how.tree"
	done
	diff -r "$work/bare.tree" "$work/dcc.tree" >"$work/difference" || fail "$*: $(cat "$work/difference")"
}

# makes FILE...: they did come into being, so that the comparison means something.
makes()
{
	for file; do
		[ -e "$work/dcc.tree/$file" ] || fail "no $file"
	done
	ran_away "$source"
}

source=hello.c
outputs gcc -g -gsplit-dwarf -c hello.c
makes hello.o hello.dwo
outputs gcc -g -gsplit-dwarf -c hello.c -o obj/x.o
makes obj/x.o obj/x.dwo
outputs gcc -O2 -fstack-usage -c hello.c -o obj/x.o
makes obj/x.o obj/x.su
outputs gcc -O2 -fcallgraph-info -c hello.c
makes hello.ci
outputs gcc -O2 -fdump-tree-optimized -c hello.c -o obj/x.o
makes obj/x.o
[ "$(find "$work/dcc.tree/obj" -name 'x*t.optimized' | wc -l)" -eq 1 ] || fail "no dump"
outputs gcc --coverage -frandom-seed=1 -c hello.c -o obj/x.o
makes obj/x.o obj/x.gcno
outputs gcc -S hello.c -o obj/x.s
makes obj/x.s
outputs g++ -g -gsplit-dwarf -fstack-usage -MMD -c vector.cc -o obj/v.o
source=vector.cc
makes obj/v.o obj/v.dwo obj/v.su obj/v.d
source=plain.s
outputs gcc -c plain.s
makes plain.o
source=cpp.S
outputs gcc -c cpp.S
makes cpp.o
outputs gcc -g -c cpp.S
makes cpp.o
# Already preprocessed.
gcc -E hello.c -o hello.i
g++ -E vector.cc -o vector.ii
source=hello.i
outputs gcc -O2 -c hello.i
makes hello.o
source=vector.ii
outputs g++ -O2 -c vector.ii
makes vector.o
source=hello.c
outputs gcc -x c -c hello.c
makes hello.o
outputs clang -g -gsplit-dwarf -gdwarf-4 -c hello.c
makes hello.o hello.dwo
outputs clang -O2 -fsave-optimization-record -c hello.c
makes hello.o hello.opt.yaml
# A time trace has times in it: that it is there is all that can be asked.
unset DCC_FALLBACK
expect 0 dcc clang -O2 -ftime-trace -c hello.c -o obj/trace.o
[ -s obj/trace.json ] || fail "no time trace"
# An object that the file system does not let us replace by a new file.
expect 0 dcc gcc -c hello.c -o /dev/null
ran_here hello.c output
# The mode of the object follows the umask, as the compiler's own does.
for mask in 022 027 077; do
	(umask $mask && dcc gcc -c hello.c -o obj/m.o && rm -f m.o && gcc -c hello.c -o m.o)
	[ "$(stat -c %a obj/m.o)" = "$(stat -c %a m.o)" ] || fail "mode $(stat -c %a obj/m.o) with umask $mask"
	rm -f obj/m.o
done
ran_away hello.c
