#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Blanks, quotes, other alphabets; absolute names; a current folder with two names; response files; outputs elsewhere.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
system=/usr/src/dcc-test-$$
clean_up()
{
	rm -rf "$system"
}
echo '#define H 4' >h.h

# text NAME: something with a warning in it.
text()
{
	printf '#include "h.h"\nint f(void) { int unused; return H + __LINE__ + sizeof __FILE__; }\n' >"$1"
}

# both SOURCE OPTION...: with gcc and clang. Debug information of clang is another script's.
both()
{
	text "$1"
	compare odd.o gcc -g -O1 -Wall -I"$work/src" -c "$@" -o odd.o
	ran_away "$1"
	compare odd.o clang -O1 -Wall -I"$work/src" -c "$@" -o odd.o
	ran_away "$1"
}

mkdir -p 'a folder' sub/1/2/3/4/5/6/7/8/9/10
both 'two words.c'
both "it's.c"
both 'quote".c'
both 'back\slash.c'
both 'naïve-日本.c'
# shellcheck disable=SC2016  # that is the name
both '$HOME.c'
both '%s%n.c'
both './x.c'
both 'a folder/x y.c'
both 'sub/../sub/1/x.c'
both 'sub/1/2/3/4/5/6/7/8/9/10/deep.c'
both "$PWD/absolute.c"
both './-dash.c'
both 'many.dots.in.it.c'
both "$work/tmp/in-tmp.c"
rm -f "$work/tmp/in-tmp.c"
both "$(printf 'x%.0s' $(seq 1 200)).c"

# Outputs in other folders, and by every spelling.
text x.c
mkdir -p out/1 "$work/elsewhere"
for o in out/1/x.o ./out/x.o out/../x.o "$work/elsewhere/x.o" 'a folder/o o.o' ../elsewhere/y.o noextension; do
	compare "$o" gcc -g -c x.c -o "$o"
	compare "$o" gcc -c x.c "-o$o"
	ran_away x.c
done
# The default output is in the current folder, wherever the source is.
compare x.o gcc -g -c 'a folder/../x.c'
(cd out/1 && cp ../../h.h . && compare x.o gcc -g -c ../../x.c)
# A symbolic link at the output is replaced (clang), or written through (gcc).
ln -s target.o link.o
for how in gcc clang; do
	ln -sf target.o link.o
	dcc $how -c x.c -o link.o
	find link.o target.o -printf '%f %y\n' >"$work/dcc.links" 2>/dev/null || :
	rm -f link.o target.o
	ln -s target.o link.o
	$how -c x.c -o link.o
	find link.o target.o -printf '%f %y\n' >"$work/bare.links" 2>/dev/null || :
	is_same "$work/dcc.links" "$work/bare.links"
	rm -f link.o target.o
done
# Behind a link ".." is another folder than the name says.
ln -s "$work/elsewhere" detour
mkdir -p "$work/elsewhere/deeper"
ln -sfn "$work/elsewhere/deeper" detour
compare detour/../z.o gcc -c x.c -o detour/../z.o
compare "$work/elsewhere/z.o" gcc -c x.c -o detour/../z.o

# The folder is reached through a symbolic link, and the shell says so: the compiler writes that name.
mkdir "$work/real"
ln -s real "$work/link"
text "$work/real/x.c"
cp h.h "$work/real"
(cd "$work/link" && compare x.o gcc -g -c x.c)
(cd "$work/link" && PWD=/nonsense && export PWD && compare x.o gcc -g -c x.c)
(cd "$work/link" && unset PWD && compare x.o gcc -g -c x.c)
ran_away x.c

# Response files, nested and quoted; a missing one is the compiler's affair.
printf -- '-g -DNAME="two words"\n@more.rsp\n' >args.rsp
printf -- "-O1 '-DOTHER=1'\n" >more.rsp
compare x.o gcc @args.rsp -c x.c
ran_away x.c
printf -- '-c x.c -o "a folder/r.o"' >all.rsp
compare 'a folder/r.o' gcc @all.rsp
ran_away x.c
compare x.o gcc @missing.rsp -c x.c

# Below /usr: the toolchain's own tree.
if is_root && mkdir -p "$system"; then
	cp h.h "$system"
	both "$system/x.c"
	(cd "$system" && compare x.o gcc -g -c x.c)
fi
