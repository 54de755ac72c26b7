#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A volunteer that compiled other files than were predicted is not believed, and one that proves nothing neither.
. "$(dirname "$0")/lib.sh"

export DCC_PUMP=auto DCC_BACKOFF_PERIOD=0
write_sources
gcc -c hello.c -o local.o

# lies BEHAVIOUR REASON EXIT
lies()
{
	start_fake 127.0.0.2 "$1"
	export DCC_HOSTS="127.0.0.2:$port/2"
	rm -f hello.o
	expect 0 dcc gcc -c hello.c
	is_same hello.o local.o
	ran_here hello.c "$2"
	says "reason=$2"
	cp "$work/err" "$work/said"
	DCC_FALLBACK=0 expect "$3" dcc gcc -c hello.c
	is_same hello.o local.o
	stop_helper "$pid"
}

lies pump-lie proof 100
cp "$work/said" "$work/err"
says 'read      /usr/include/evil.h'
says 'predicted'
[ "$(statistic differences)" -eq 2 ] || fail "the include server was not told"
# The scanner was right: the compiler here says so, and pump mode goes on.
has_audited()
{
	[ "$(statistic audits)" -ge 1 ]
}
wait_for 60 has_audited || fail "no audit"
[ "$(statistic 'audits that differ')" -eq 0 ] || fail "the audit blames the include server"
lies pump-no-proof protocol 109

# --- what it sends is placed nowhere but where this command writes, and shown only if a compiler says such things ---
unset DCC_FALLBACK
# cheats BEHAVIOUR REASON [PATH]
cheats()
{
	start_fake 127.0.0.2 "$1" "${3-}"
	export DCC_HOSTS="127.0.0.2:$port/2" DCC_PUMP=never
	rm -f hello.o
	expect 0 dcc gcc -c hello.c
	is_same hello.o local.o
	ran_here hello.c "$2"
	! grep -q "$(printf '\033')\|$(printf '\302\233')" "$work/err" "$work/out" || fail "$1: control sequences: $(cat -v "$work/err")"
	stop_helper "$pid"
}

mkdir ours
ln -s "$work" outside
echo mine >hello
for path in hello hello.mk hello.sh hello.h hello.d hello.dwo hello.c Makefile .profile ours/hello.o outside/hello.o; do
	rm -f hello.mk hello.sh hello.h.new
	cp hello.h keep.h
	cheats foreign-path protocol "$work/src/$path"
	cmp -s hello.h keep.h || fail "hello.h was replaced"
	[ "$(cat hello)" = mine ] || fail "hello was replaced"
	grep -q GREETING hello.c || fail "hello.c was replaced"
	[ -z "$(find . -name '*.o' ! -name hello.o ! -name local.o)" ] || fail "$path was written"
	for new in hello.mk hello.sh hello.d hello.dwo Makefile .profile "$work/hello.o"; do
		[ ! -e "$new" ] || fail "$new was written"
	done
done
for path in /etc/evil.o "$HOME/.profile" "$work/hello.o" "$work/src/../hello.o"; do
	cheats foreign-path protocol "$path"
	[ ! -e "$path" ] || fail "$path was written"
done
cheats escapes diagnostics
cheats many-files protocol
cheats refuse-with-escapes internal
rm -f outside
export DCC_PUMP=auto

# A volunteer without pump mode gets text, at once and from then on.
start_fake 127.0.0.2 pump-lacks
export DCC_HOSTS="127.0.0.2:$port/2" DCC_FALLBACK=0
for _ in 1 2; do
	expect 0 dcc gcc -c hello.c
	is_silent
	travelled hello.c native
	[ "$(cat hello.o)" = forged ] || fail "who made hello.o?"
done
has_lines 'no pump mode for hello.c' "$DCC_LOG" 1 || fail "it was tried again"
stop_helper "$pid"
