#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 of each party in each phase: the build goes on, and no file, process, lock or descriptor is left.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 1
hosts=127.0.0.2:$port/4
daemon=$pid
export DCC_HOSTS="$hosts" DCC_BACKOFF_PERIOD=0 DCC_IO_TIMEOUT=20
write_slow slow.cc 20000000
descriptors=$(find "/proc/$daemon/fd" | wc -l)

# start FILE: a client in the background, in a group of its own with what it starts.
start()
{
	# shellcheck disable=SC2086  # words
	setsid dcc g++ $slow_options -c "$1" 2>"$work/err" &
	client=$!
}

reaches()
{
	wait_for 15 is_in_phase "$1" || fail "never in phase $1: $(dccmon-text)"
}

jobs_of_daemon()
{
	ps -o pid= --ppid "$daemon" || :
}

has_no_jobs()
{
	[ -z "$(jobs_of_daemon)" ]
}

# all_is_quiet: what a death may leave for a moment is gone.
all_is_quiet()
{
	wait_for 10 has_no_jobs || fail "$1: jobs of nobody: $(jobs_of_daemon)"
	wait_for 10 is_not_compiling slow.cc || fail "$1: a compiler of nobody"
	wait_for 5 is_monitor_empty || fail "$1: still shown: $(dccmon-text)"
	wait_for 5 locks_are_free || fail "$1: a lock of nobody"
	wait_for 5 stores_are_empty || fail "$1: left in the store: $(left_in_stores)"
	[ "$(find "/proc/$daemon/fd" | wc -l)" -eq "$descriptors" ] || fail "$1: the daemon keeps descriptors"
	[ ! -e slow.o ] || fail "$1: half an object"
	left=$(find "$work/src" "$work/tmp" -name '*dcc-*')
	[ -z "$left" ] || fail "$1: left $left"
}

# The client: while it connects (to somebody who never answers), sends, waits in the queue, and has a compiler there.
start_fake 127.0.0.3 hang
DCC_HOSTS="127.0.0.3:$port/4" start slow.cc
wait_for 15 is_in_phase 'Preprocess\|Send\|Connect' || fail "not on its way: $(dccmon-text)"
kill -9 $client
wait $client 2>/dev/null || :
all_is_quiet "client at Send"
stop_helper "$pid"

start slow.cc
reaches Compile
kill -9 $client
wait $client 2>/dev/null || :
all_is_quiet "client at Compile"

start slow.cc
reaches Compile
first=$client
start slow.cc
reaches Queued
kill -9 $client
wait $client 2>/dev/null || :
sleep 0.3
[ "$(jobs_of_daemon | wc -l)" -eq 1 ] || fail "the one that waited is still there"
kill -9 "$first"
wait "$first" 2>/dev/null || :
all_is_quiet "client at Queued"

# The job's process on the volunteer: the client does it elsewhere.
write_slow short.cc 20000000
start short.cc
reaches Compile
make_quick short.cc
for p in $(jobs_of_daemon); do
	kill -9 "$p"
done
wait $client || fail "exit $? after its job was killed"
ran_here short.cc lost
rm short.o
all_is_quiet "job at Compile"

# While it waits there for a processor.
start slow.cc
first=$client
reaches Compile
running=$(jobs_of_daemon)
start short.cc
reaches Queued
for p in $(jobs_of_daemon); do
	[ "$p" -eq "$running" ] || kill -9 "$p"
done
wait $client || fail "exit $? after its job was killed in the queue"
ran_here short.cc lost
rm short.o
kill -9 "$first"
wait "$first" 2>/dev/null || :
all_is_quiet "job at Queued"

# The compiler: see exit-codes-and-signals.sh. The preprocessor, here:
cat >late.c <<END
int late;
#include "pipe.h"
END
mkfifo pipe.h
start late.c
reaches Preprocess
is_preprocessing()
{
	[ -n "$(preprocessors_of late.c)" ]
}
wait_for 5 is_preprocessing || fail "no preprocessor"
sleeps()
{
	grep -q '^State:.S' "/proc/$(preprocessors_of late.c | head -n 1)/status"
}
wait_for 5 sleeps || fail "the preprocessor does not wait"
sleep 0.2
# It waits for the pipe; whoever opens that name from now on finds a file.
echo 'int more;' >file.h
mv file.h pipe.h
for p in $(preprocessors_of late.c); do
	kill -9 "$p"
done
wait $client || fail "exit $? after its preprocessor was killed"
ran_here late.c cpp-failed
rm -f late.o pipe.h
all_is_quiet "preprocessor"

# The daemon, alone, and with everything it had started. The job goes on without its listener, or is done here.
write_slow short.cc 400000
start short.cc
reaches Compile
kill -9 "$daemon"
wait $client || fail "exit $? after the daemon was killed"
[ -s short.o ] || fail "no object"
rm short.o
start_dccd two 127.0.0.2 --jobs 1
daemon=$pid
export DCC_HOSTS="127.0.0.2:$port/4"
write_slow short.cc 20000000
start short.cc
reaches Compile
make_quick short.cc
for p in $(jobs_of_daemon) "$daemon"; do
	kill -9 "$p"
done
wait $client || fail "exit $? after the whole volunteer was killed"
ran_here short.cc lost
[ -s short.o ] || fail "no object"
wait_for 10 is_not_compiling short.cc || fail "its compiler lives"
