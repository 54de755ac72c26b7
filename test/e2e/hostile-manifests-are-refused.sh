#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A manifest is hostile until proven otherwise: it leads nowhere, runs nothing, shows nothing, and the daemon goes on.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"

address=127.0.0.1
mkdir "$work/back"
start_dccd one "$address"
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"
prepare_pump gcc c
echo 'int x;' >a.c
echo "a.c /usr/include/stdc-predef.h" | tr ' ' '\n' >list
gcc -c a.c -o a.o
mkdir "$work/outside"
chmod 777 "$work/outside"
echo 'the secret' >"$work/outside/secret"
chmod 644 "$work/outside/secret"

# bad REASON STEP...
bad()
{
	reason=$1
	shift
	pump 200 list:list "$@" -- gcc -c a.c -o a.o
	prints "refused $reason"
}

# --- paths that leave, in every spelling; what is below a file or a link; twice the same ---
for path in "/../x" "/a/../../x" "x" "/a//b" "/a/" "/." "/.." ""; do
	bad protocol "file:$path=a.c"
	bad protocol "folder:$path"
	bad protocol "link:$path=a"
done
for path in "/a/.." "a" "/a//b"; do
	bad protocol "hidden:$path"
done
bad protocol "link:/out=$work/outside" "file:/out/new=a.c"
bad protocol "link:/x/out=../../../../../../../../$work/outside" "folder:/x/out/new"
bad protocol "file:/f=a.c" "file:/f/g=a.c"
bad protocol "file:/f=a.c" "folder:/f"
bad protocol "link:/f=g" "folder:/f"
bad protocol "link:/f="
bad protocol "file:/f=a.c" "link:/g=f" catalogue:0 "folder:/g"
long=$(printf '%0300d' 0)
bad view "file:/$long=a.c"
bad protocol form:3

# --- places that are not the client's ---
bad view "file:/proc/self/x=a.c"
bad view "file:/dcc-tmp/x=a.c"
bad view "link:/etc=/home"
bad view "file:/dev/null=a.c"
bad view "file:/usr/bin/as=a.c"
bad view "file:/usr/lib/gcc/x86_64-linux-gnu/12/cc1=a.c"
bad view "link:/usr/lib=/tmp"
bad view "link:/lib=/tmp"
bad view hidden:/usr/lib hidden:/
[ ! -e "$work/outside/new" ] || fail "it wrote outside"
cat "$work/outside/secret" >/dev/null

# --- links that lead out of the tree lead nowhere in the jail ---
printf '#include "out/secret"\n' >leak.c
pump 200 list:list "file:$PWD/leak.c=leak.c" "link:$PWD/out=$work/outside" -- gcc -c leak.c -o leak.o
prints 'refused needs-file'
never 'the secret'

# --- programs of the client's are not run: an assembler where gcc looks first, and the same in CPATH's way ---
printf '#!/bin/sh\necho pwned >&2\nexit 1\n' >as
chmod 755 as
for place in /usr/x86_64-linux-gnu/bin/as /usr/lib/gcc/x86_64-linux-gnu/12/as /usr/lib/gcc/x86_64-linux-gnu/as \
	/usr/lib/gcc/x86_64-linux-gnu/12/include/as "$PWD/as"; do
	status=0
	# shellcheck disable=SC2086  # one step a word
	pumpclient "$address" "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" "out:$work/back" list:list "file:$place=as" \
		"env:COMPILER_PATH=$PWD" "env:PATH=$PWD" -- gcc -c a.c -o a.o >"$work/out" 2>&1 || status=$?
	never pwned
	case $status in
	0) came_back a.o ;;
	200) prints 'refused view' ;;
	*) fail "exit $status: $(cat "$work/out")" ;;
	esac
done
for option in -wrapper,./as -fplugin=./as.so -specs=as @list; do
	pump 200 list:list "file:$PWD/as=as" -- gcc -c a.c $option -o a.o
	prints 'refused arguments'
done

# --- bytes that changed on their way ---
pump 200 sum:1 list:list -- gcc -c a.c -o a.o
prints 'refused damaged'

# --- messages out of turn ---
pump 200 form:2 list:list -- gcc -c a.c -o a.o
prints 'refused protocol'

# --- and after all that ---
pump 0 list:list -- gcc -c a.c -o a.o
prints 'proof 1 equal'
came_back a.o
[ "$(count 'jail cannot\|ended by signal' "$work/one.log")" -eq 0 ] || fail "trouble in the daemon"
