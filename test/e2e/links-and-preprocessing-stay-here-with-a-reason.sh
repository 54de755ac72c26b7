#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every job that is not sent away has a reason code in the log, and works as without dcc.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4"
write_sources
write_fast a.c
write_fast b.c
write_fast conftest.c
cp a.c a.f90
mkfifo pipe

# stays REASON SOURCE COMMAND...: SOURCE as in the log line.
stays()
{
	reason=$1 source=$2
	shift 2
	: >"$DCC_LOG"
	status=0 remote=0
	"$@" >"$work/bare.stdout" 2>"$work/bare.err" </dev/null || status=$?
	dcc "$@" >"$work/dcc.stdout" 2>"$work/dcc.err" </dev/null || remote=$?
	[ $status -eq $remote ] || fail "$*: exit $remote instead of $status: $(cat "$work/dcc.err")"
	ran_here "$source" "$reason"
	is_same "$work/dcc.stdout" "$work/bare.stdout"
	[ "$reason" = native-cpu ] || is_same "$work/dcc.err" "$work/bare.err"
}

stays no-compile hello.c gcc hello.c -o hello
stays no-compile - gcc --version
stays no-compile - gcc -print-search-dirs
stays no-compile a.c gcc -fsyntax-only a.c
stays preprocess-only a.c gcc -E a.c
stays preprocess-only a.c gcc -MM a.c
stays preprocess-only a.c gcc -M -c a.c
stays no-source - gcc -c
stays several-sources - gcc -c a.c b.c
stays stdin - gcc -c -x c - -o x.o
stays output a.c gcc -c a.c -o /dev/null
stays output a.c gcc -S a.c -o -
stays plain a.c gcc -H -c a.c
stays plain a.c gcc -save-temps=obj -c a.c
stays local-option a.c gcc -Wa,-adhln=list.txt -c a.c
stays local-file a.c gcc -B/usr/lib -c a.c
stays local-file a.c gcc -specs=/dev/null -c a.c
stays native-cpu a.c gcc -mcpu=native -c a.c
stays native-cpu a.c gcc -march=native -m32 -c a.c
stays unknown-option a.c gcc --no-such-option -c a.c
stays language - gcc -x f95 -c a.f90
stays conftest conftest.c gcc -c conftest.c
stays bad-command a.c gcc -c a.c -o

# This machine decides.
DCC_HOSTS='' expect 0 dcc gcc -c a.c
ran_here a.c no-hosts
DCC_HOSTS='localhost' expect 0 dcc gcc -c a.c
ran_here a.c local-slot
echo '#include "missing.h"' >missing.c
expect 1 dcc gcc -c missing.c
ran_here missing.c cpp-failed
DCC_HOSTS=127.0.0.2:1 expect 0 dcc gcc -c a.c
ran_here a.c connect
DCC_HOSTS=127.0.0.2:1 expect 0 dcc gcc -c a.c
ran_here a.c backed-off
printf '#!/bin/sh\nexec gcc "$@"\n' >wrapper
printf '#!/bin/sh\nexit 0\n' >nonsense
chmod 755 wrapper nonsense
expect 0 dcc ./nonsense -c a.c
ran_here a.c no-identity
mkdir a.o.d
expect 1 dcc gcc -c a.c -o a.o.d
ran_here a.c output
expect 1 dcc gcc -c a.c -o nowhere/a.o
ran_here a.c output-place
says 'nowhere/a.o'

# The volunteer, or the way to it.
printf 'asm(".incbin \\"a.c\\"");\n' >incbin.c
expect 0 dcc gcc -c incbin.c
ran_here incbin.c needs-file
start_dccd strangers 127.0.0.2 --allow 192.0.2.0/24
DCC_HOSTS="127.0.0.2:$port" expect 0 dcc gcc -c a.c
ran_here a.c access
printf '/usr/bin/clang\n' >"$work/commands"
DCC_CMDLIST=$work/commands start_dccd other 127.0.0.2
DCC_HOSTS="127.0.0.2:$port" expect 0 dcc gcc -c a.c
ran_here a.c compiler
says 'clang'
DCC_HOSTS="127.0.0.2:$port" DCC_FALLBACK=0 expect 0 dcc clang -c a.c
ran_away a.c
