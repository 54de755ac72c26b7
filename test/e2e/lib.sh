# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by every script of test/e2e. The script then stands in an empty folder of its own, with its
# own HOME, TMPDIR and DCC_DIR; what it starts here is stopped at its end, and what that leaves is a failure.
set -eu

: "${top_srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${top_builddir:=$top_srcdir}"
: "${CC:=gcc}"
: "${SANITIZERS:=}"
# What the scripts about other things use: never, or auto for trying all of them in pump mode.
: "${PUMP_IN_TESTS:=never}"
export top_srcdir top_builddir CC

# Binaries under test, ahead of anything installed.
PATH=$top_builddir:$top_builddir/test/e2e:$PATH
for variable in $(env | sed -n 's/^\(_*D[A-Z]*CC_[A-Z_]*\|CCACHE_[A-Z_]*\)=.*/\1/p') MAKEFLAGS MAKELEVEL; do
	unset "$variable"
done

test_name=$(basename "$0" .sh)
work=$(mktemp -d "/tmp/dcc-test.XXXXXX")
# The daemon drops to another user, who has to come through here.
chmod 755 "$work"
mkdir "$work/home" "$work/tmp" "$work/dcc" "$work/src"
export HOME="$work/home" TMPDIR="$work/tmp" DCC_DIR="$work/dcc" DCC_LOG="$work/dcc.log" LC_ALL=C
export DCC_PUMP="$PUMP_IN_TESTS"
cd "$work/src"
: >"$DCC_LOG"
daemon_pids=
helper_pids=
# Sanitizers make everything slower: for limits of time.
patience=1
[ -z "$SANITIZERS" ] || patience=4

fail()
{
	for log in "$work"/*.log; do
		[ -s "$log" ] || continue
		printf -- '--- %s\n' "$(basename "$log")" >&2
		tail -n 40 "$log" >&2
	done
	# Last, where ./check and a reader look first.
	printf '%s: FAILED: %s\n' "$test_name" "$*" >&2
	exit 1
}

# skip REASON: for what this machine's kernel or user forbids, never for what a package can bring.
skip()
{
	printf '%s: SKIPPED: %s\n' "$test_name" "$*"
	exit 77
}

is_root()
{
	[ "$(id -u)" -eq 0 ]
}

needs_root()
{
	is_root || skip "needs root: $*"
}

# needs PROGRAM...: all of them are in packages that ./check installs.
needs()
{
	for program in "$@"; do
		command -v "$program" >/dev/null || fail "$program is not installed"
	done
}

now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for()
{
	wait_until=$(($(now_ms) + $1 * 1000 * patience))
	shift
	while ! "$@"; do
		[ "$(now_ms)" -lt "$wait_until" ] || return 1
		sleep 0.05
	done
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

# count PATTERN FILE: matching lines.
count()
{
	grep -c -e "$1" "$2" || :
}

has_lines()
{
	[ "$(count "$1" "$2")" -eq "$3" ]
}

# expect_lines PATTERN FILE N: a daemon writes a job's line after the client has its answer.
expect_lines()
{
	wait_for 5 has_lines "$1" "$2" "$3" ||
		fail "$(count "$1" "$2") lines of $(basename "$2") instead of $3 match $1"
}

# expect EXIT COMMAND...: with this exit code; messages go to the file err, output to out.
expect()
{
	expected=$1 status=0
	shift
	"$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -eq "$expected" ] ||
		fail "exit $status instead of $expected: $*: $(cat "$work/err")"
}

# The last command's messages contain this text.
says()
{
	grep -q -F -e "$1" "$work/err" || fail "no \"$1\" in: $(cat "$work/err")"
}

prints()
{
	grep -q -F -e "$1" "$work/out" || fail "no \"$1\" in: $(cat "$work/out")"
}

is_silent()
{
	[ ! -s "$work/err" ] || fail "says: $(cat "$work/err")"
}

# compile_at_once N SOURCE: so many clients, all of which must succeed.
compile_at_once()
{
	clients=
	for n in $(seq "$1"); do
		dcc gcc -c "$2" -o "${2%.c}.$n.o" &
		clients="$clients $!"
	done
	for client in $clients; do
		wait "$client" || fail "one of $1 clients failed"
	done
}

# What the compilers are is found out once for all scripts, by the programs under test: half a second each time.
known=$top_builddir/test/e2e/known
learn_compilers()
{
	mkdir -p "${known%/*}"
	# One script does it while the others wait: the folder is never replaced under one that copies it.
	(
		flock 9
		# Not if they are other programs by now.
		[ -z "$(find "$known" -maxdepth 0 -newer "$top_builddir/dccd" -newer "$top_builddir/dcc-identify" 2>/dev/null)" ] ||
			exit 0
		rm -rf "$known" "$known.new"
		mkdir -p "$known.new/store"
		! is_root || chown nobody "$known.new/store"
		dccd -n --store-dir "$known.new/store" >/dev/null || fail "dccd finds no compilers"
		dcc-identify --quiet --save "$known.new/client" "$(command -v gcc)" "$(command -v g++)" \
			"$(command -v clang)" "$(command -v clang++)" || fail "the compilers cannot be identified"
		mv -T "$known.new" "$known"
	) 9>"$known.lock" || exit 1
}

# choose_port NUMBER: sets port, to another one for each daemon of each test that runs, and each number.
choose_port()
{
	port=$((20000 + ($$ * 7 + ${#daemon_pids} * 3 + $1) % 12000))
	while [ -n "$(ss -Hltn "sport = :$port")" ]; do
		port=$((port + 1))
	done
}

# start_dccd NAME ADDRESS [OPTION...]: sets port and pid; logs to NAME.log, stores in NAME.store.
start_dccd()
{
	name=$1 address=$2
	shift 2
	mkdir -p "$work/$name.store"
	cp -r "$known/store/identity" "$work/$name.store"
	! is_root || chown -R nobody "$work/$name.store"
	choose_port 0
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
	# It gives up root before it opens these.
	: >"$work/$name.log"
	: >"$work/$name.pid"
	chmod 666 "$work/$name.log" "$work/$name.pid"
	choose_port 0
	while :; do
		status=0
		TMPDIR=$work/$name.tmp /usr/bin/distccd --daemon --listen "$address" --port "$port" \
			--allow 127.0.0.0/8 --log-file "$work/$name.log" --log-level info \
			--pid-file "$work/$name.pid" --user nobody "$@" 2>"$work/$name.err" || status=$?
		[ "$status" -eq 102 ] || break
		port=$((port + 1))
	done
	[ "$status" -eq 0 ] || fail "distccd $name did not start (exit $status): $(cat "$work/$name.err")"
	wait_for 5 test -s "$work/$name.pid" || fail "distccd $name did not start"
	pid=$(cat "$work/$name.pid")
	daemon_pids="$daemon_pids $pid"
}

# start_fake ADDRESS BEHAVIOUR [PATH]: a volunteer that misbehaves; sets port and pid.
start_fake()
{
	: >"$work/fake.port"
	fakevolunteer "$@" >"$work/fake.port" &
	pid=$!
	helper_pids="$helper_pids $pid"
	wait_for 5 test -s "$work/fake.port" || fail "no fake volunteer"
	port=$(cat "$work/fake.port")
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

# A process that this script started.
stop_helper()
{
	kill -9 "$1" 2>/dev/null || :
	wait "$1" 2>/dev/null || :
}

is_same()
{
	cmp -s "$1" "$2" || fail "$1 differs from $2"
}

# compare OUTPUT COMMAND...: the bare command, then the same with dcc: the same exit code, messages, output.
compare()
{
	output=$1
	shift
	status=0
	"$@" >"$work/bare.stdout" 2>"$work/bare.stderr" || status=$?
	rm -f "$work/bare.out"
	[ ! -e "$output" ] || mv "$output" "$work/bare.out"
	remote=0
	dcc "$@" >"$work/dcc.stdout" 2>"$work/dcc.stderr" || remote=$?
	[ "$status" -eq "$remote" ] || fail "$*: exit $remote instead of $status: $(cat "$work/dcc.stderr")"
	cmp -s "$work/dcc.stderr" "$work/bare.stderr" ||
		fail "$*: messages: $(diff "$work/bare.stderr" "$work/dcc.stderr")"
	cmp -s "$work/dcc.stdout" "$work/bare.stdout" || fail "$*: standard output differs"
	if [ -e "$work/bare.out" ]; then
		cmp -s "$output" "$work/bare.out" || fail "$*: $output differs"
	else
		[ ! -e "$output" ] || fail "$*: makes $output, which the bare command does not"
	fi
	rm -f "$output"
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

# travelled SOURCE LANGUAGE: pump, native (with preprocessed text) or distcc.
travelled()
{
	ran_away "$1"
	case $(verdict_of "$1") in
	*" language=$2 "*) ;;
	*) fail "$1 did not travel as $2: $(verdict_of "$1")" ;;
	esac
}

# statistic NAME: a number of the include server's.
statistic()
{
	dcc-include-server --statistics | sed -n "s/^$1  *\([^ ]*\)\$/\1/p"
}

include_server_pid()
{
	statistic pid
}

# Without asking it: that would keep it from being idle.
no_include_server()
{
	[ -z "$(find "$DCC_DIR"/include-server-* -type s 2>/dev/null)" ]
}

# ran_here SOURCE REASON
ran_here()
{
	case $(verdict_of "$1") in
	*": here $1 reason=$2 "*) ;;
	*) fail "$1 was not compiled here because of $2: $(verdict_of "$1")" ;;
	esac
}

# cc1_of NAME TEST: ids of running compilers proper (not drivers) of this script that work on a source whose name
# contains NAME; TEST is awk's, about the words of their command line.
cc1_of()
{
	for candidate in $(ps -eo pid=,comm=,args= | awk -v name="$1" \
		'($2 == "cc1" || $2 == "cc1plus" || $2 == "clang") && index($0, name) && '"$2"' { print $1 }'); do
		# In a jail too they know the folder; another test may have a source of the same name.
		! grep -q -a -F "$work/" "/proc/$candidate/environ" 2>/dev/null || echo "$candidate"
	done
}

# Those that compile, and those that only preprocess.
compilers_of()
{
	cc1_of "$1" '!/ -E /'
}

preprocessors_of()
{
	cc1_of "$1" '/ -E /'
}

is_compiling()
{
	[ -n "$(compilers_of "$1")" ]
}

is_not_compiling()
{
	[ -z "$(compilers_of "$1")" ]
}

# Phases of the running clients, one a line.
phases()
{
	dccmon-text --json | sed -n 's/.*"phase":"\([A-Za-z]*\)".*/\1/p'
}

is_in_phase()
{
	phases | grep -q -x "$1"
}

# No place for a client to be in.
is_monitor_empty()
{
	[ -z "$(dccmon-text)" ]
}

left_in_stores()
{
	find "$work"/*.store -mindepth 1 -not -path '*/identity*' -not -path '*.store/jail' \
		-not -path '*.store/store' -not -path '*.store/store/*' 2>/dev/null || :
	# What is kept for the next job is no remains; half an upload is.
	find "$work"/*.store/store/*/tmp -type f 2>/dev/null || :
}

stores_are_empty()
{
	[ -z "$(left_in_stores)" ]
}

# Every lock can be taken.
locks_are_free()
{
	for lock in "$work"/dcc/lock/* "$work"/dcc/state/*; do
		[ -e "$lock" ] || continue
		flock -n "$lock" true || return 1
	done
}

no_process_left()
{
	# shellcheck disable=SC2009  # the folder's name may stand anywhere in the line
	! ps -eo pid,args | grep -F "$work" | grep -v grep >"$work.left"
}

# What must not be left once everybody is gone.
check_nothing_left()
{
	left=$(find "$work/tmp" "$work/dcc/state" -mindepth 1 2>/dev/null || :)
	[ -z "$left" ] || fail "left behind by the client: $left"
	wait_for 2 stores_are_empty || fail "left behind by a daemon: $(left_in_stores)"
	left=$(find "$work/src" -name '.*dcc-*' 2>/dev/null || :)
	[ -z "$left" ] || fail "left beside the outputs: $left"
	wait_for 2 no_process_left || fail "still running: $(cat "$work.left")"
	wait_for 2 locks_are_free || fail "locks are held by nobody"
}

# The include server of this test's DCC_DIR, if there is one.
stop_include_server()
{
	dcc-include-server --stop 2>/dev/null || :
}

finish_test()
{
	status=$?
	trap - EXIT
	# After a failure clients may still wait for something.
	jobs -p >"$work/jobs"
	for p in $helper_pids $(cat "$work/jobs"); do
		stop_helper "$p"
	done
	for p in $daemon_pids; do
		stop_daemon "$p" || {
			echo "$test_name: FAILED: daemon $p did not stop" >&2
			status=1
		}
	done
	stop_include_server
	if [ "$status" -eq 0 ]; then
		(check_nothing_left) || status=1
	fi
	! command -v clean_up >/dev/null || clean_up
	cd /
	rm -rf "$work" "$work.left"
	exit "$status"
}
trap finish_test EXIT
trap 'exit 130' INT TERM HUP
learn_compilers
cp -r "$known/client" "$work/dcc/identity"

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
#include <vector>
#include "hello.h"

int
sum(std::vector<int> const &numbers)
{
	std::vector<int> doubled;
	for (auto n : numbers)
		doubled.push_back(twice(n));
	int s = 0;
	for (auto n : doubled)
		s += n;
	return s;
}
END
}

# write_slow FILE.cc ROUNDS: takes g++ about 5 seconds for a million rounds, in the compiler proper.
# shellcheck disable=SC2034  # for the scripts
slow_options='-std=c++17 -fconstexpr-ops-limit=100000000000 -fconstexpr-loop-limit=2147483647'
write_slow()
{
	cat >"$1" <<END
constexpr unsigned long
spin(unsigned long n)
{
	unsigned long x = 1;
	for (unsigned long i = 0; i < n; i++)
		x = x * 3 + i;
	return x;
}
static_assert(spin($2) != 0, "");
int slow;
END
}

# make_quick FILE.cc: for whoever compiles it from now on; what runs elsewhere has its text already.
make_quick()
{
	echo 'int quick;' >"$1.new"
	mv "$1.new" "$1"
}

# write_fast FILE.c: something small.
write_fast()
{
	echo "int f(int x) { return x * 3; } /* $1 */" >"$1"
}
