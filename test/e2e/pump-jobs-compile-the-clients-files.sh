#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# In pump mode the volunteer compiles the client's files at the client's paths: every output is what a
# compile here makes, and the compiler's own list proves it. A client of our own speaks the protocol.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"

address=127.0.0.1
mkdir "$work/back"
start_dccd one "$address"
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
write_sources

# --- gcc, C: cold, then warm; every output of every option ---
prepare_pump gcc c
list_files list gcc -O2 -M hello.c
set -- gcc -g -O2 -c hello.c -o hello.o
"$@"
pump 0 list:list -- "$@"
prints 'features 3'
prints 'want'
prints 'proof 1 equal'
came_back hello.o
pump 0 list:list -- "$@"
never want
came_back hello.o
expect_lines ' native pump gcc hello.c exit:0 ' "$work/one.log" 2
# Of larger sources gcc 12's -gsplit-dwarf does not make the same object twice.
printf '#include "hello.h"\nint f(int x) { return twice(x); }\n' >small.c
list_files small gcc -O2 -M small.c
set -- gcc -g -gsplit-dwarf -fstack-usage -O2 -c small.c -o small.o
"$@"
pump 0 list:small -- "$@"
came_back small.o small.dwo small.su

# --- the user's own lists ---
grep -v '^/usr' list >user
for option in -MD '-MD -MP -MT x' -MMD '-Wp,-MMD,hello.d'; do
	# shellcheck disable=SC2086  # words
	set -- gcc $option -O2 -c hello.c -o hello.o
	"$@"
	pump 0 list:list user:user -- "$@"
	came_back hello.o hello.d
	case $option in *-MMD*) prints 'proof 2 equal' ;; *) prints 'proof 1 equal' ;; esac
done

# --- a warning, an error, and a header that is missing ---
set -- gcc -Wall -O2 -c hello.c -o hello.o
"$@" 2>"$work/bare"
pump 0 list:list -- "$@"
sed -n '/^stderr/,/^proof/p' "$work/out" | sed '1d;$d' | cmp -s - "$work/bare" || fail "other warnings: $(cat "$work/out")"
printf '#include "hello.h"\nint f(void) { return no_such_name; }\n' >bad.c
list_files bad gcc -M bad.c
pump 1 list:bad -- gcc -c bad.c -o bad.o
prints "no_such_name"
prints 'proof 1 equal'
never '^output'
printf '#include "hello.h"\n#include "nowhere.h"\n' >missing.c
pump 200 list:bad file:"$PWD/missing.c=missing.c" -- gcc -c missing.c -o missing.o
prints 'refused needs-file'

# --- g++, and clang, whose list is another ---
prepare_pump g++ c++
list_files vector g++ -std=c++17 -M vector.cc
set -- g++ -std=c++17 -g -c vector.cc -o vector.o
"$@"
pump 0 list:vector catalogue:2 -- "$@"
prints 'want 1 0'
prints 'proof 1 equal'
came_back vector.o
prepare_pump clang c
list_files list gcc -O2 -M hello.c
list_files clist clang -O2 -M hello.c
set -- clang -g -O2 -c hello.c -o hello.o
"$@" 2>/dev/null
pump 0 list:clist -- "$@"
prints 'proof 1 equal'
came_back hello.o
pump 200 list:clist -- clang -grecord-command-line -O2 -c hello.c -o hello.o
prints 'refused view'

# --- places: another folder for objects, absolute names, "..", a cwd that is a link ---
prepare_pump gcc c
mkdir -p build real/src/inc
cp hello.c hello.h real/src
ln -s "$PWD/real" link
echo 'struct deep { int x; } deep;' >real/src/deep.h
ln -s ../deep.h real/src/inc/via.h
echo '#include "inc/via.h"' >>real/src/hello.c
for place in "build ../real/src/hello.c hello.o" ". $PWD/real/src/hello.c $PWD/build/hello.o" \
	"link/src hello.c ../../build/hello.o" "link/src $PWD/link/src/hello.c ./hello.o" "build ../link/../real/src/hello.c sub/../hello.o"; do
	# shellcheck disable=SC2086  # three words
	set -- $place
	mkdir -p build/sub
	(
		cd "$1" || exit 1
		list_files "$work/list" gcc -g -O2 -M "$2"
		gcc -g -O2 -c "$2" -o "$3" || fail "here it fails"
		pump 0 "list:$work/list" -- gcc -g -O2 -c "$2" -o "$3"
		prints 'proof 1 equal'
		came_back "$3"
		case $3 in ./*) grep -q "^output $PWD/hello.o " "$work/out" || fail "named otherwise: $(cat "$work/out")" ;; esac
	) || exit 1
done

# --- mtimes, and headers that differ in nothing else: what #pragma once compares ---
mkdir a b
printf '#pragma once\nint twice_%s;\n' x >a/once.h
cp a/once.h b/once.h
touch -d '2001-02-03 04:05:06' a/once.h
printf '#include "a/once.h"\n#include "b/once.h"\nconst char *when = __TIMESTAMP__;\n' >once.c
touch -d '2003-02-01 06:05:04' once.c
list_files once gcc -M once.c
gcc -c once.c -o once.o
pump 0 list:once -- gcc -c once.c -o once.o
prints 'proof 1 equal'
came_back once.o
touch -r a/once.h b/once.h
gcc -c once.c -o once.o
list_files once gcc -M once.c
# The second one is opened and compared, and not listed.
pump 0 list:once "file:$PWD/b/once.h=b/once.h" -- gcc -c once.c -o once.o
prints 'proof 1 equal'
came_back once.o

# --- what the volunteer's own folders have is not seen: the client's header is another, or is none ---
printf '#define HELLO "the client"\n' >other.h
printf '#include <stdlib.h>\nconst char *s = HELLO;\n' >swapped.c
printf '/usr/include/stdlib.h\n/usr/include/stdc-predef.h\nswapped.c\n' >swapped
pump 0 folder:"$PWD" file:/usr/include/stdlib.h=other.h file:/usr/include/stdc-predef.h=/usr/include/stdc-predef.h \
	"file:$PWD/swapped.c=swapped.c" -- gcc -c swapped.c -o swapped.o
prints '/usr/include/stdlib.h'
prints 'proof 1 differs'
grep -q 'the client' "$work/back/swapped.o" || fail "not the client's header"
printf '#if __has_include(<stdlib.h>)\n#error seen\n#endif\n#if __has_include(<stddef.h>)\n#error seen\n#endif\n' >none.c
pump 0 "file:$PWD/none.c=none.c" file:/usr/include/stdc-predef.h=/usr/include/stdc-predef.h -- gcc -c none.c -o none.o
# The volunteer's own are where the compiler looks for them, and stay there all the same.
test -e /usr/include/stdlib.h

# --- CPATH, and folders that only the client has, below the toolchain's ---
mkdir cpath
echo '#define BY_CPATH 1' >cpath/by.h
printf '#include <by.h>\nint x = BY_CPATH;\n' >env.c
export CPATH="$PWD/cpath"
list_files env gcc -M env.c
gcc -c env.c -o env.o
pump 0 list:env env:CPATH="$CPATH" hidden:"$CPATH" -- gcc -c env.c -o env.o
prints 'proof 1 equal'
came_back env.o
unset CPATH
printf '#include <only.h>\n' >only.c
printf '%s\n' only.c /usr/include/stdc-predef.h >only
pump 0 list:only file:/usr/lib/dcc-nowhere/only.h=hello.h hidden:/usr/lib/dcc-nowhere -- \
	gcc -I/usr/lib/dcc-nowhere -c only.c -o only.o
prints '/usr/lib/dcc-nowhere/only.h'
