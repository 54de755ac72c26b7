#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# dccd needs no privilege: started by a user it confines jobs as well as root's, and leaves nothing.
. "$(dirname "$0")/lib.sh"
needs_root "to become somebody else"

write_sources
mkdir "$work/user.store"
chown nobody "$work/user.store"
choose_port 0
while :; do
	status=0
	setpriv --reuid nobody --regid nogroup --clear-groups env HOME="$work/user.store" dccd --daemon \
		--listen 127.0.0.2 --port "$port" --store-dir "$work/user.store" --jobs 2 --log-level info \
		--log-file "$work/user.store/identity.log" --pid-file "$work/user.store/identity.pid" \
		2>"$work/user.err" || status=$?
	[ $status -eq 102 ] || break
	port=$((port + 1))
done
[ "$status" -eq 0 ] || fail "exit $status: $(cat "$work/user.err")"
pid=$(cat "$work/user.store/identity.pid")
daemon_pids=" $pid"
grep -q 'no namespaces' "$work/user.store/identity.log" && skip "an ordinary user gets no namespaces here"
export DCC_HOSTS="127.0.0.2:$port" DCC_FALLBACK=0
for options in '-O2 -g' '-g -gsplit-dwarf -fstack-usage'; do
	# shellcheck disable=SC2086  # words
	{
		compare hello.o gcc $options -c hello.c
		compare "$PWD/v.o" g++ $options -c "$PWD/vector.cc" -o "$PWD/v.o"
	}
done
[ -s hello.dwo ] || fail "no hello.dwo"
[ -s v.su ] || fail "no v.su"
ran_away "$PWD/vector.cc"
