#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs that try to get out: by their command, by their source, and with a compiler proper (escapee.c) that is the attacker's
# own. As a daemon that root started and as an ordinary user's, plain and in pump mode.
. "$(dirname "$0")/lib.sh"
. "$top_srcdir/test/e2e/pumplib.sh"
. "$top_srcdir/test/e2e/escapeelib.sh"
needs_root "to start the daemon as root and as somebody else"

address=127.0.0.2
mkdir "$work/back"
# What no job may see. The work folder stands for the volunteer's own files.
echo 'the secret' >"$work/secret"
chmod 666 "$work/secret"
plant_escapee
export DCCD_SECRET=1
export DCC_FALLBACK=0 DCC_BACKOFF_PERIOD=0

# user_dccd NAME OPTION...: as start_dccd, by an ordinary user.
user_dccd()
{
	mkdir "$work/$1.store"
	chown nobody "$work/$1.store"
	name=$1
	shift
	choose_port 5
	setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$work/$name.store" dccd --daemon \
		--listen "$address" --port "$port" --store-dir "$work/$name.store" --log-file "$work/$name.store/identity.log" \
		--pid-file "$work/$name.store/identity.pid" "$@" 2>"$work/$name.err" || fail "dccd: $(cat "$work/$name.err")"
	pid=$(cat "$work/$name.store/identity.pid")
	daemon_pids="$daemon_pids $pid"
	ln -s "$work/$name.store/identity.log" "$work/$name.log"
}

# attempt NAME: plain, as text that needs no preprocessing; the exit status is in status, what it reported in attempt.s.
attempt()
{
	rm -f attempt.s
	echo "$work/secret" >"attempt-$1.i"
	status=0
	dcc "$evil" -S "attempt-$1.i" -o attempt.s >"$work/out" 2>"$work/err" || status=$?
}

# nothing_escaped NAME FILE: what it wrote there is "done" alone.
nothing_escaped()
{
	[ "$(cat "$2" 2>/dev/null)" = 'done' ] || fail "$1: $(cat "$2" "$work/err" 2>/dev/null)"
}

# refused REASON NAME
refused()
{
	attempt "$2"
	[ "$status" -ne 0 ] || fail "$2: exit 0"
	says "reason=$1"
}

# Nobody of the jail is left, and the next job runs.
all_is_well()
{
	nothing_runs()
	{
		[ -z "$(pgrep -f "$work/evil/lib" || :)" ]
	}
	wait_for 5 nothing_runs || fail "$1: it still runs: $(pgrep -af "$work/evil/lib")"
	expect 0 dcc gcc -c fine.c -o fine.o
	ran_away fine.c
	! is_gone "$pid" || fail "$1: the daemon is gone"
}

echo 'int fine;' >fine.c

hostile_compilers()
{
	attempt everything
	[ "$status" -eq 0 ] || fail "exit $status: $(cat "$work/err")"
	nothing_escaped everything attempt.s
	attempt outputs
	nothing_escaped outputs attempt.s
	for strange in link.o fifo.o folder.o; do
		[ ! -e $strange ] || fail "$strange came back"
		[ ! -L $strange ] || fail "$strange came back"
	done
	# 100 GB, in pieces and as one.
	refused resource disk
	all_is_well disk
	refused resource giant
	refused resource files
	all_is_well files
	refused resource memory
	all_is_well memory
	refused resource shout
	# Within the five seconds that --job-lifetime gives.
	refused lifetime endless
	refused lifetime deaf
	all_is_well deaf
	# Where a cgroup counts all its processes together they may come to the end of its memory first.
	attempt forks
	[ "$status" -ne 0 ] || fail "forks: exit 0"
	grep -qE 'reason=(lifetime|resource)' "$work/err" || fail "forks: $(cat "$work/err")"
	all_is_well forks
	attempt daemons
	nothing_escaped daemons attempt.s
	all_is_well daemons
	attempt killer
	[ "$status" -ne 0 ] || fail "killed and done"
	all_is_well killer
}

# Commands that load code, or read or write elsewhere.
hostile_commands()
{
	echo 'int a;' >a.c
	list_files names gcc -M a.c
	for option in -wrapper,./as -fplugin=./a.so -specs=a -specs=/dev/stdin @list -B/tmp -B. --sysroot=/ -iplugindir=/tmp \
		-fplugin-arg-x-y -no-canonical-prefixes,-wrapper -Wa,@list -fuse-ld=/tmp/ld -Xassembler=@list; do
		status=0
		# shellcheck disable=SC2086  # one step a word
		pumpclient $address "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" "out:$work/back" list:names -- \
			gcc -c a.c $option -o a.o >"$work/out" 2>&1 || status=$?
		[ $status -ne 0 ] || prints 'output'
		never 'the secret'
	done
	for output in "$work/evil.o" ../evil.o /etc/evil.o /usr/bin/evil /proc/self/evil.o /dev/null; do
		status=0
		# shellcheck disable=SC2086
		pumpclient $address "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" "out:$work/back" list:names -- \
			gcc -c a.c -o $output >"$work/out" 2>&1 || status=$?
		never 'the secret'
	done
	for place in "$work/evil.o" /etc/evil.o /usr/bin/evil ../evil.o; do
		[ ! -e "$place" ] || fail "$place was written"
	done
	all_is_well "a command"
}

# Sources that pull in files of the volunteer's. With gcc's -S too: then .incbin is only text.
hostile_sources()
{
	for text in "#include \"$work/secret\"" "#include \"../secret\"" "#include \"/etc/shadow\"" \
		"#include \"/proc/self/environ\"" "#include \"/proc/1/environ\"" \
		"__asm__(\".incbin \\\"$work/secret\\\"\");" "__asm__(\".include \\\"$work/secret\\\"\");" \
		"__asm__(\".incbin \\\"/etc/shadow\\\"\");" "__asm__(\".incbin \\\"/proc/1/environ\\\"\");" \
		"__asm__(\".incbin \\\"../secret\\\"\");" "#pragma GCC dependency \"$work/secret\""; do
		echo "$text" >b.c
		echo "$PWD/b.c" >names
		rm -f "$work"/back/*
		status=0
		# shellcheck disable=SC2086
		pumpclient $address "$port" "digest:$pump_digest" $pump_hidden "cwd:$PWD" "out:$work/back" list:names -- \
			gcc -c "$PWD/b.c" -o b.o >"$work/out" 2>&1 || status=$?
		! grep -q -a -e 'the secret' -e 'root:' -e 'SECRET' "$work/out" "$work"/back/* 2>/dev/null ||
			fail "$text: $(cat "$work/out")"
	done
	# Preprocessed, so that nobody has read it before.
	for text in "__asm__(\".incbin \\\"$work/secret\\\"\");" "__asm__(\".incbin \\\"/etc/shadow\\\"\");" \
		'__asm__(".macro x f\n.inc\\f \"/etc/shadow\"\n.endm\nx bin");'; do
		echo "$text" >c.i
		status=0
		dcc gcc -c c.i -o c.o 2>"$work/err" || status=$?
		case $(verdict_of c.i) in
		*': away '*)
			[ $status -ne 0 ] || ! grep -q -a -e 'the secret' -e 'root:' c.o || fail "$text: it is in the object"
			;;
		esac
	done
	all_is_well "a source"
}

# The same compiler in pump mode sees the client's files, and no more.
hostile_pump()
{
	! grep -q 'no pump mode' "$work/$who.log" || return 0
	# Asked where it looks for headers, the attacker says nothing; the driver would look there.
	prepare_pump "$evil" c
	pump_hidden="hidden:${cc1%/*}/include"
	printf '%s\n' "$work/secret" >attempt-everything.c
	echo "$PWD/attempt-everything.c" >names
	rm -f "$work"/back/*
	pump 0 list:names inline:all -- "$evil" -S -c "$PWD/attempt-everything.c" -o attempt.s
	nothing_escaped "everything in pump mode" "$work/back/attempt.s"
	prepare_pump gcc c
}

for who in root user; do
	case $who in
	root) start_dccd $who "$address" --jobs 3 --job-lifetime 5 --job-disk 200M --job-memory 1G --log-level info ;;
	user) user_dccd $who --jobs 3 --job-lifetime 5 --job-disk 200M --job-memory 1G --log-level info ;;
	esac
	if grep -q 'no namespaces' "$work/$who.log"; then
		echo "$who: no namespaces here"
		continue
	fi
	export DCC_HOSTS="$address:$port/4"
	hostile_compilers
	hostile_pump
	hostile_commands
	hostile_sources
	! grep -q 'ended by signal\|failed with code' "$work/$who.log" || fail "$who: $(grep 'ended by\|failed with' "$work/$who.log")"
	stop_daemon "$pid" || fail "it does not stop"
done
