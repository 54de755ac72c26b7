#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# pump COMMAND: the command's exit status and streams, one line of summary, nothing left.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/8"
unset DCC_PUMP
pump=$top_srcdir/src/pump/pump
write_sources
cat >counter.c <<'END'
#if __COUNTER__ == 0
#endif
#define C __COUNTER__
#if C > C
int first;
#endif
END
cat >Makefile <<'END'
all: program other.o
program: hello.o
	$(CC) -o $@ hello.o
hello.o other.o: hello.h
%.o: %.c
	$(CC) -c $< -o $@
END
cp hello.c other.c

expect 0 "$pump" make -s -j4 CC="dcc gcc"
[ ! -s "$work/out" ] || fail "something on standard output: $(cat "$work/out")"
says 'pump: 2 jobs: 2 in pump mode'
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than a line: $(cat "$work/err")"
no_include_server || fail "the server still runs"
./program >/dev/null || fail "the program does not run"

expect 3 "$pump" sh -c 'echo words; exit 3'
[ "$(cat "$work/out")" = words ] || fail "standard output is $(cat "$work/out")"
says 'pump: 0 jobs'
echo input | "$pump" cat >"$work/out" 2>"$work/err"
[ "$(cat "$work/out")" = input ] || fail "standard input is lost"
expect 127 "$pump" no-such-command
expect 101 "$pump"
expect 101 "$pump" --nonsense

# Reasons.
expect 0 "$pump" sh -c 'dcc gcc -c hello.c; dcc gcc -mcpu=native -c hello.c; dcc gcc -mcpu=native -c other.c'
says 'pump: 3 jobs: 1 in pump mode, 2 compiled here (native-cpu 2)'

# As distcc's.
expect 0 "$pump" --startup
eval "$(cat "$work/out")"
[ "$DCC_PUMP" = auto ] || fail "DCC_PUMP is $DCC_PUMP"
no_include_server && fail "no server was started"
dcc gcc -c hello.c
travelled hello.c pump
expect 0 "$pump" --shutdown
says 'pump: 1 job: 1 in pump mode'
no_include_server || fail "the server still runs"
