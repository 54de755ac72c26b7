# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by every script of test/e2e. The script then stands in an empty folder of its own, with its
# own HOME, TMPDIR and DCC_DIR; daemons that it starts here are stopped at its end, and what they leave is a failure.
set -eu

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir}"
: "${CC:=gcc}"
export top_srcdir top_builddir CC

# Binaries under test, ahead of anything installed.
PATH=$top_builddir:$PATH
for variable in $(env | sed -n 's/^\(DCC_[A-Z_]*\|DISTCC_[A-Z_]*\)=.*/\1/p') MAKEFLAGS MAKELEVEL; do
	unset "$variable"
done

test_name=$(basename "$0" .sh)
work=$(mktemp -d "/tmp/dcc-test.XXXXXX")
# The daemon drops to another user, who has to come through here.
chmod 755 "$work"
mkdir "$work/home" "$work/tmp" "$work/dcc" "$work/src"
export HOME="$work/home" TMPDIR="$work/tmp" DCC_DIR="$work/dcc" DCC_LOG="$work/dcc.log" LC_ALL=C
cd "$work/src"
: >"$DCC_LOG"
daemon_pids=

fail()
{
	printf '%s: FAILED: %s\n' "$test_name" "$*" >&2
	for log in "$work"/*.log; do
		[ -s "$log" ] || continue
		printf -- '--- %s\n' "$(basename "$log")" >&2
		tail -n 40 "$log" >&2
	done
	exit 1
}

# skip REASON: for what this machine's kernel forbids, never for what a package can bring.
skip()
{
	printf '%s: SKIPPED: %s\n' "$test_name" "$*"
	exit 77
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for()
{
	tries=$(($1 * 20))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

# start_dccd NAME ADDRESS [OPTION...]: sets port and pid; logs to NAME.log, stores in NAME.store.
start_dccd()
{
	name=$1 address=$2
	shift 2
	mkdir -p "$work/$name.store"
	[ "$(id -u)" -ne 0 ] || chown nobody "$work/$name.store"
	port=$((20000 + ($$ * 7 + ${#daemon_pids}) % 20000))
	while :; do
		status=0
		dccd --daemon --listen "$address" --port "$port" --log-file "$work/$name.log" \
			--store-dir "$work/$name.store" --pid-file "$work/$name.pid" \
			"$@" 2>"$work/$name.err" || status=$?
		[ "$status" -eq 102 ] || break
		port=$((port + 1))
	done
	[ "$status" -eq 0 ] || fail "dccd $name did not start (exit $status): $(cat "$work/$name.err")"
	pid=$(cat "$work/$name.pid")
	daemon_pids="$daemon_pids $pid"
}

# start_distccd NAME ADDRESS [OPTION...]: Debian's daemon; sets port and pid.
start_distccd()
{
	name=$1 address=$2
	shift 2
	mkdir -p "$work/$name.tmp"
	chmod 777 "$work/$name.tmp"
	port=$((20000 + ($$ * 11 + ${#daemon_pids}) % 20000))
	while ! TMPDIR=$work/$name.tmp /usr/bin/distccd --daemon --listen "$address" --port "$port" \
		--allow 127.0.0.0/8 --log-file "$work/$name.log" --log-level info \
		--pid-file "$work/$name.pid" --user nobody "$@" 2>"$work/$name.err"; do
		port=$((port + 1))
	done
	wait_for 5 test -s "$work/$name.pid" || fail "distccd $name did not start"
	pid=$(cat "$work/$name.pid")
	daemon_pids="$daemon_pids $pid"
}

# stop_daemon PID: politely, then surely.
stop_daemon()
{
	kill "$1" 2>/dev/null || return 0
	wait_for 20 is_gone "$1" || {
		kill -9 "$1" 2>/dev/null || :
		return 1
	}
}

# compare FILE FILE
is_same()
{
	cmp -s "$1" "$2" || fail "$1 differs from $2"
}

# The last line of the client's log about SOURCE.
verdict_of()
{
	grep -F " $1 " "$DCC_LOG" | grep -E '\]: (here|away) ' | tail -n 1
}

ran_away()
{
	case $(verdict_of "$1") in
	*': away '*) ;;
	*) fail "$1 was not compiled on a volunteer: $(verdict_of "$1")" ;;
	esac
}

# ran_here SOURCE REASON
ran_here()
{
	case $(verdict_of "$1") in
	*": here $1 reason=$2 "*) ;;
	*) fail "$1 was not compiled here because of $2: $(verdict_of "$1")" ;;
	esac
}

# What must not be left once everybody is gone.
check_nothing_left()
{
	left=$(find "$work/tmp" "$work/dcc/state" -mindepth 1 2>/dev/null || :)
	[ -z "$left" ] || fail "left behind by the client: $left"
	left=$(find "$work"/*.store -mindepth 1 -not -path '*/identity*' -not -name jail 2>/dev/null || :)
	[ -z "$left" ] || fail "left behind by a daemon: $left"
	left=$(find "$work/src" -name '.*dcc-*' 2>/dev/null || :)
	[ -z "$left" ] || fail "left beside the outputs: $left"
	# shellcheck disable=SC2009  # the folder's name may stand anywhere in the line
	left=$(ps -eo pid,args | grep -F "$work" | grep -v grep || :)
	[ -z "$left" ] || fail "still running: $left"
}

finish_test()
{
	status=$?
	trap - EXIT
	for p in $daemon_pids; do
		stop_daemon "$p" || {
			echo "$test_name: FAILED: daemon $p did not stop" >&2
			status=1
		}
	done
	if [ "$status" -eq 0 ]; then
		(check_nothing_left) || status=1
	fi
	cd /
	rm -rf "$work"
	exit "$status"
}
trap finish_test EXIT
trap 'exit 130' INT TERM HUP

# A source with warnings, macros and headers of its own.
write_sources()
{
	cat >hello.h <<'END'
#define GREETING(name) \
	"hello, " name
static inline int twice(int x) { return x + x; }
END
	cat >hello.c <<'END'
#include <stdio.h>
#include "hello.h"

int
main(int argc, char **argv)
{
	int unused;

	printf("%s %s %d\n", GREETING("world"), argv[0], twice(argc) + __LINE__);
	return 0;
}
END
	cat >vector.cc <<'END'
#include <algorithm>
#include <string>
#include <vector>
#include "hello.h"

std::string
join(std::vector<std::string> words)
{
	std::sort(words.begin(), words.end());
	std::string s;
	for (auto const &w : words)
		s += w + std::to_string(twice(static_cast<int>(w.size())));
	return s;
}
END
}
