#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Wherever the compiler would write a dependency file, dcc does, with the same bytes in it.
# shellcheck disable=SC2016  # dollars in names
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
mkdir -p sub/deep obj
printf '#define VALUE 3\n' >sub/value.h
printf '#include <stddef.h>\n#include "value.h"\nint f(void) { return VALUE; }\n' >sub/deep/x.c
cp sub/deep/x.c x.c
cp sub/deep/x.c 'two words.c'
cp sub/deep/x.c 'a$b#c.c'
mkdir "$work/bare" "$work/dcc.out"
forms=0

# try COMMAND...: every file that the bare command makes, dcc makes as well, and no other.
try()
{
	forms=$((forms + 1))
	for how in bare dcc; do
		rm -rf "$work/$how.tree"
		cp -r "$work/src" "$work/$how.tree"
	done
	status=0 remote=0
	(cd "$work/bare.tree" && "$@" >/dev/null 2>"$work/bare.err") || status=$?
	(cd "$work/dcc.tree" && dcc "$@" >/dev/null 2>"$work/dcc.err") || remote=$?
	[ $status -eq $remote ] || fail "$*: exit $remote instead of $status: $(cat "$work/dcc.err")"
	is_same "$work/dcc.err" "$work/bare.err"
	diff -r "$work/bare.tree" "$work/dcc.tree" >"$work/difference" || fail "$*: $(cat "$work/difference")"
}

for cc in gcc clang; do
	for source in x.c sub/deep/x.c; do
		for d in -MD -MMD; do
			try $cc -Isub $d -c $source
			try $cc -Isub $d -c $source -o obj/out.o
			try $cc -Isub $d -c $source -oobj/out.o
			try $cc -Isub $d -MP -c $source -o obj/a.b.o
			try $cc -Isub $d -MF obj/deps -c $source -o obj/out.o
			try $cc -Isub $d -MFobj/deps.d -c $source
			try $cc -Isub $d -MT target -c $source -o obj/out.o
			try $cc -Isub $d -MT one -MT two -MQ 'th$ree' -MF obj/t.d -c $source
			try $cc -Isub -Wp,$d,obj/wp.d -c $source -o obj/out.o
			try $cc -Isub -Wp,$d,obj/wp.d -c $source
			try $cc -Isub $d -S $source -o obj/out.s
			try $cc -Isub $d -S $source
		done
	done
	ran_away x.c
	ran_away sub/deep/x.c
	try $cc -Isub -MMD -c 'two words.c' -o 'obj/two words.o'
	try $cc -Isub -MD -c 'a$b#c.c'
	try $cc -Isub -Wp,-MMD,obj/kernel.d -Wp,-MT,obj/kernel.o -c x.c -o obj/kernel.o
	try $cc -Isub -MMD -c x.c -o obj/noext
	try $cc -Isub -MMD -c x.c -o obj/.hidden
	# Without an output for it: as the compiler says.
	try $cc -Isub -MMD -c x.c -o nowhere/x.o
	try $cc -Isub -MMD -MF nowhere/x.d -c x.c
	# Only dependencies, and no compile at all.
	try $cc -Isub -M x.c
	try $cc -Isub -MM -MF obj/only.d x.c
	# No -MD, so no file.
	try $cc -Isub -MF obj/unused.d -c x.c
done
# A missing header: exit code, message, and what is left of the files.
echo '#include "missing.h"' >x.c
for cc in gcc clang; do
	try $cc -MMD -c x.c -o obj/x.o
done
[ $forms -gt 100 ] || fail "only $forms forms tried"
