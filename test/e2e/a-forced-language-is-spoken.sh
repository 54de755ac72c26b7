#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The host options ",native" and ",distcc" leave no choice.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
write_fast a.c
write_fast b.c
export DCC_FALLBACK=0
gcc -c a.c -o local.o
for options in ,distcc ,distcc,lzo ,native ''; do
	DCC_HOSTS="127.0.0.2:$port$options" expect 0 dcc gcc -c a.c
	is_silent
	is_same a.o local.o
done
expect_lines ' distcc1 plain gcc a.c exit:0' "$work/one.log" 1
expect_lines ' distcc2 plain gcc a.c exit:0' "$work/one.log" 1
expect_lines ' native plain gcc a.c exit:0' "$work/one.log" 2

# A stock daemon that is said to speak ours is no volunteer.
start_fake 127.0.0.2 garbage
DCC_HOSTS="127.0.0.2:$port,native" expect 109 dcc gcc -c b.c
says "reason=protocol"
says "does not speak dcc's language"
