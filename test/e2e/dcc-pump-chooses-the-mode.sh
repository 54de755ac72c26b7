#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# DCC_PUMP: auto goes down the ladder quietly, never preprocesses here, require never does.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
here=127.0.0.2:$port
export DCC_HOSTS="$here/8" DCC_FALLBACK=0
write_sources
cat >counter.c <<'END'
#if __COUNTER__ == 0
int first;
#endif
END
gcc -c counter.c -o counter.local
gcc -c hello.c -o hello.local

# job MODE EXIT SOURCE
job()
{
	rm -f "${3%.c}.o"
	DCC_PUMP=$1 expect "$2" dcc gcc -c "$3"
	[ "$2" -ne 0 ] || is_same "${3%.c}.o" "${3%.c}.local"
}

job auto 0 hello.c
is_silent
travelled hello.c pump
job never 0 hello.c
travelled hello.c native
job require 0 hello.c
travelled hello.c pump
job Never 0 hello.c
travelled hello.c native
job perhaps 106 hello.c
says 'auto, never or require'
echo 'pump = never' >"$DCC_DIR/dcc.conf"
env -u DCC_PUMP dcc gcc -c hello.c
travelled hello.c native
rm "$DCC_DIR/dcc.conf"

# What plain mode cannot do exactly goes away in pump mode alone.
DCC_PUMP=auto expect 0 dcc gcc -g3 -c hello.c
travelled hello.c pump
DCC_PUMP=never expect 0 dcc gcc -g3 -c hello.c
ran_here hello.c plain

# Text that is preprocessed already is no matter for pump mode.
gcc -E hello.c -o ready.i
gcc -c ready.i -o ready.local
DCC_PUMP=require expect 0 dcc gcc -c ready.i
is_same ready.o ready.local
travelled ready.i native

# What is not modelled.
echo '#pragma clang module import x' >odd.c
DCC_PUMP=auto expect 0 dcc gcc -c odd.c

# A stock distccd has no pump mode.
if command -v distccd >/dev/null; then
	start_distccd stock 127.0.0.3
	export DCC_HOSTS="127.0.0.3:$port/8"
	job auto 0 hello.c
	is_silent
	travelled hello.c distcc
	job auto 0 hello.c
	travelled hello.c distcc
	job require 100 hello.c
	says 'reason=no-pump'
	DCC_PUMP=require DCC_FALLBACK=1 expect 0 dcc gcc -c hello.c
	ran_here hello.c no-pump
	# Nor can it do exactly what text cannot.
	DCC_PUMP=auto expect 0 dcc gcc -g3 -c hello.c
	is_silent
	ran_here hello.c plain
	# The first volunteer is skipped, the second takes it.
	export DCC_HOSTS="127.0.0.3:$port/8 $here/8"
	DCC_PUMP=auto expect 0 dcc gcc -g3 -c hello.c
	is_silent
	travelled hello.c pump
fi
