#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What makes distcc's own daemon crash, hang, or write where it must not: dccd ends that one job with a reason.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2 --jobs 2
write_fast a.c
gcc -E a.c -o a.i
gcc -c a.c -o local.o
jobs=0

# raw STEP...: a client that sends this; its end is in the file err, what came back in out.
raw()
{
	rawclient 127.0.0.2 "$port" "$@" >"$work/out" 2>"$work/err" || fail "rawclient failed: $(cat "$work/err")"
}

# refuses REASON STEP...: no reply, a clean end, soon, and one line in the log.
refuses()
{
	reason=$1
	shift
	before=$(count "refused 127.0.0.1:[0-9]* $reason" "$work/one.log")
	raw "$@" read
	says 'end=eof'
	[ ! -s "$work/out" ] || fail "an answer to $*: $(head -c 100 "$work/out")"
	expect_lines "refused 127.0.0.1:[0-9]* $reason" "$work/one.log" $((before + 1))
}

# compiles STEP...: a reply with an object.
compiles()
{
	raw "$@" read
	says 'end=eof'
	grep -q -a '^DONE0000000.STAT00000000SERR' "$work/out" || fail "no object for $*: $(head -c 300 "$work/out")"
	jobs=$((jobs + 1))
}

# words WORD...: ARGC and ARGV for them, in the list "steps".
words()
{
	steps="token:ARGC:$(printf '%08x' $#)"
	for word; do
		steps="$steps string:ARGV:$word"
	done
}

# The right thing first, in both protocols, then as distcc's daemon takes it.
words gcc -c a.c -o a.o
# shellcheck disable=SC2086  # steps
{
	compiles token:DIST:1 $steps file:DOTI:a.i
	grep -q -a 'SOUT00000000DOTO' "$work/out" || fail "no empty streams"
	compiles token:DIST:2 $steps lzo:DOTI:a.i
	# Version 0 is version 1, and is echoed.
	compiles token:DIST:0 $steps file:DOTI:a.i
	grep -q -a '^DONE00000000' "$work/out" || fail "version 0 is not echoed"
	# Upper case digits.
	compiles token:DIST:00000001 token:ARGC:00000005 string:ARGV:gcc string:ARGV:-c string:ARGV:a.c \
		string:ARGV:-o token:ARGV:0000000A text:a123456789 file:DOTI:a.i
	# Bytes behind the request.
	compiles token:DIST:1 $steps file:DOTI:a.i text:extra-bytes
	# An empty source.
	: >empty.i
	compiles token:DIST:1 $steps file:DOTI:empty.i
	compiles token:DIST:2 $steps lzo:DOTI:empty.i

	# Versions of nobody.
	refuses protocol token:DIST:4 $steps file:DOTI:a.i
	refuses protocol token:DIST:3 $steps
	refuses protocol token:DIST:ffffffff $steps file:DOTI:a.i
	# Lengths of 4 GB and more, which nobody allocates; the daemon is looked at below.
	refuses protocol token:DIST:1 token:ARGC:ffffffff
	refuses protocol token:DIST:1 token:ARGC:1 token:ARGV:ffffffff text:gcc
	refuses protocol token:DIST:1 $steps token:DOTI:ffffffff text:int
	refuses protocol token:DIST:2 $steps token:DOTI:ffffffff text:int
	# A small block that becomes large, and one that is none.
	refuses protocol token:DIST:2 $steps bomb:DOTI:400000000
	refuses protocol token:DIST:2 $steps token:DOTI:00000010 text:0123456789abcdef
	# No words at all, and numbers that are none.
	refuses protocol token:DIST:1 token:ARGC:0 file:DOTI:a.i
	refuses protocol token:DIST:1 token:ARGC:+0000001
	refuses protocol token:DIST:1 token:ARGC:0x000005
	refuses protocol token:DIST:xxxxxxxx
	refuses protocol text:GET text:/index.html
	refuses protocol hex:00000000000000000000
	# A word with a NUL in it.
	refuses protocol token:DIST:1 token:ARGC:1 token:ARGV:3 hex:670063
	# Tokens in another order.
	refuses protocol token:DIST:1 file:DOTI:a.i
	# With the whole request on its way, the refusal is still an end and no reset.
	refuses protocol token:DIST:4 zeros:3000000
}

# Commands that are not a compile of one source, or that load or read what nobody sent.
for command in '-x' 'gcc' 'gcc -E a.c' 'gcc -c a.c b.c -o a.o' 'gcc -c @args -o a.o' 'gcc -c a.c -o a.o @args' \
	'gcc -c a.c -o a.o -fplugin=evil.so' 'gcc -c a.c -o a.o -specs=evil' 'gcc -c a.c -o a.o -wrapper sh,-c' \
	'gcc -c a.c -o a.o -B/tmp' 'gcc a.c -o a.o'; do
	# shellcheck disable=SC2086  # words
	words $command
	# shellcheck disable=SC2086  # steps
	refuses '\(arguments\|compiler\|bad-command\|protocol\)' token:DIST:1 $steps file:DOTI:a.i
done
for compiler in sh /bin/sh ./gcc ../gcc /tmp/gcc '' -c; do
	words "$compiler" -c a.c -o a.o
	# shellcheck disable=SC2086  # steps
	refuses '\(compiler\|arguments\|bad-command\|protocol\)' token:DIST:1 $steps file:DOTI:a.i
done

# Options that look like a source: they are not the source.
for option in -frandom-seed=x.c -fmacro-prefix-map=/a=y.c -DNAME=z.c; do
	words gcc $option -c a.c -o a.o
	# shellcheck disable=SC2086  # steps
	compiles token:DIST:1 $steps file:DOTI:a.i
done
# Names that lead elsewhere: the object comes back, and no file comes into being outside of the job.
for name in ../../x.o /tmp/dcc-escape-$$.o ../../../../../../../../../../../../tmp/dcc-escape-$$.o; do
	words gcc -c a.c -o "$name"
	# shellcheck disable=SC2086  # steps
	compiles token:DIST:1 $steps file:DOTI:a.i
	words gcc -c ../../../../tmp/dcc-escape-$$.c -o a.o
	# shellcheck disable=SC2086  # steps
	compiles token:DIST:1 $steps file:DOTI:a.i
done
left=$(ls -d /tmp/dcc-escape-$$* "$work/x.o" "$work/../x.o" 2>/dev/null || :)
[ -z "$left" ] || fail "escaped: $left"

# A compiler that reads files of the volunteer does not find them, and cannot write there.
printf 'asm(".incbin \\"/etc/passwd\\"");\n' >incbin.i
words gcc -c a.c -o a.o
# shellcheck disable=SC2086  # steps
refuses needs-file token:DIST:1 $steps file:DOTI:incbin.i
echo 'secret' >"$work/secret"
chmod 644 "$work/secret"
printf '#include "%s"\n' "$work/secret" >include.c
words gcc -x c -c a.c -o a.o
# shellcheck disable=SC2086  # steps
raw token:DIST:1 $steps file:DOTI:include.c read
! grep -q -a 'secret.*secret' "$work/out" || fail "a file of the volunteer was read: $(cat "$work/out")"

# Our own language: broken in each of its layers.
refuses_native()
{
	before=$(count 'refused 127.0.0.1:[0-9]* protocol' "$work/one.log")
	raw text:DCC1 "$@" read
	says 'end=eof'
	grep -q -a '^DCC1' "$work/out" || fail "no greeting"
	expect_lines 'refused 127.0.0.1:[0-9]* protocol' "$work/one.log" $((before + 1))
}
refuses_native hex:ffffffff01
refuses_native hex:0000000063
refuses_native hex:0000000009
refuses_native hex:00000001ff00
refuses_native hex:000000040100000001
refuses_native hex:0000000006

# Who says nothing, or stops in the middle, is dropped; meanwhile others are served.
rawclient 127.0.0.2 "$port" token:DIST:1 text:ARGC read >/dev/null 2>"$work/slow.err" &
slow=$!
# shellcheck disable=SC2086  # steps
compiles token:DIST:1 $steps file:DOTI:a.i
kill $slow
wait $slow 2>/dev/null || :

# After all that it is the same daemon, not larger, without children, and it compiles.
kill -0 "$pid" || fail "the daemon died"
has_no_children()
{
	[ -z "$(ps -o pid= --ppid "$pid")" ]
}
wait_for 5 has_no_children || fail "children are left"
[ -n "$SANITIZERS" ] || [ "$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")" -lt 30000 ] ||
	fail "the daemon grew to $(grep VmHWM "/proc/$pid/status")"
[ "$(find "/proc/$pid/fd" | wc -l)" -lt 30 ] || fail "the daemon kept descriptors"
expect_lines ' exit:0 ' "$work/one.log" $jobs
! grep 'ended by signal\|failed with code' "$work/one.log" || fail "a job crashed"
DCC_HOSTS="127.0.0.2:$port" DCC_FALLBACK=0 expect 0 dcc gcc -c a.c
is_same a.o local.o
