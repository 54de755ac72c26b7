#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A key that client and volunteer share: the right one, a wrong one, none; and never a byte in the clear where ",tls" stands.
. "$(dirname "$0")/lib.sh"

write_sources
for n in 1 2 3 4 5 6 7 8; do
	write_fast "f$n.c"
done
expect 0 dccctl keygen
prints "$DCC_DIR/farm.key: key \"farm\""
[ "$(stat -c %a "$DCC_DIR/farm.key")" = 600 ] || fail "others can read the key"
expect 107 dccctl keygen
says 'it exists already'
expect 0 dccctl keygen alice "$work/alice.key"
expect 0 dccctl keygen alice "$work/wrong.key"
expect 0 dccctl keygen stranger "$work/stranger.key"
cat "$DCC_DIR/farm.key" "$work/alice.key" >"$work/clients.key"
chmod 600 "$work/clients.key"

# As root the key is root's and read before dccd becomes somebody else.
start_dccd safe 127.0.0.1 --require-auth --farm-key "$work/clients.key"
safe=$port
export DCC_FALLBACK=0 DCC_BACKOFF_PERIOD=0 DCC_HOSTS="127.0.0.1:$safe/2,tls"

# Every mode.
compare hello.o gcc -O2 -Wall -c hello.c
ran_away hello.c
DCC_PUMP=require compare hello.o gcc -g -O2 -c hello.c
travelled hello.c pump
expect_lines ' job .* native pump .* tls:farm$' "$work/safe.log" 1
DCC_PUMP=never compare vector.o g++ -O2 -c vector.cc
travelled vector.cc native
DCC_HOSTS="$DCC_HOSTS,distcc,lzo" compare hello.o gcc -O2 -c hello.c
travelled hello.c distcc
expect_lines ' job .* distcc2 plain .* tls:farm$' "$work/safe.log" 1
echo 'int broken(void) { return nothing; }' >broken.c
compare broken.o gcc -c broken.c
DCC_FARM_KEY="$work/alice.key" expect 0 dcc gcc -c f1.c
expect_lines ' job .* f1.c .* tls:alice$' "$work/safe.log" 1

# More than fits into any buffer, both ways.
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "int v%d = %d; /* %x */\n", i, i * 7919, i * 104729 }' >large.c
DCC_PUMP=never compare large.o gcc -c large.c
DCC_PUMP=require compare large.o gcc -g -c large.c

# refused CLIENT-SAYS VOLUNTEER-SAYS SOURCE: one line on each side, nothing compiled there.
refused()
{
	before=$(count "$3" "$work/safe.log")
	expect 113 dcc gcc -c "$3"
	says '(reason=auth): '"$1"
	has_lines "warning: $3 on " "$DCC_LOG" 1 || fail "more than one line at the client: $(grep -F "$3" "$DCC_LOG")"
	wait_for 5 grep -q -F -e "$2" "$work/safe.log" || fail "the volunteer does not say: $2"
	[ "$(count "$3 exit" "$work/safe.log")" -eq "$before" ] || fail "$3 was compiled all the same"
}

DCC_FARM_KEY="$work/wrong.key" refused "TLS: it does not accept the key alice of $work/wrong.key" \
	" auth - -: the client's key alice is not the one of $work/clients.key" f2.c
DCC_FARM_KEY="$work/stranger.key" refused 'TLS: it does not accept the key stranger' \
	"has a name that is not in $work/clients.key: stranger" f3.c
DCC_HOSTS="127.0.0.1:$safe" refused 'plaintext, and --require-auth is set' \
	' auth - -: plaintext, and --require-auth is set: the host list needs ",tls"' f4.c
mv "$DCC_DIR/farm.key" "$work/farm.key"
expect 113 dcc gcc -c f5.c
says 'no key and no CA: set DCC_FARM_KEY or DCC_TLS_CA'
chmod 644 "$work/farm.key"
DCC_FARM_KEY="$work/farm.key" expect 113 dcc gcc -c f5.c
says 'others may read or write it: chmod 600'
echo 'farm 0123' >"$work/bad.key"
chmod 600 "$work/bad.key" "$work/farm.key"
DCC_FARM_KEY="$work/bad.key" expect 113 dcc gcc -c f5.c
says 'line 1: behind the name stand 64'

# A build does not fail because of it.
export DCC_FARM_KEY="$work/wrong.key"
DCC_FALLBACK=1 expect 0 dcc gcc -c f5.c
ran_here f5.c auth
export DCC_FARM_KEY="$work/farm.key"

# A stock client is refused, with the reason in the log.
mkdir "$work/distcc"
before=$(count ' auth - -: plaintext' "$work/safe.log")
status=0
DISTCC_HOSTS="127.0.0.1:$safe" DISTCC_FALLBACK=0 DISTCC_DIR="$work/distcc" /usr/bin/distcc gcc -c f6.c 2>"$work/err" ||
	status=$?
[ "$status" -ne 0 ] || fail "a stock distcc was served"
expect_lines ' auth - -: plaintext' "$work/safe.log" $((before + 1))

# A volunteer without TLS: no job, and no word in the clear.
start_dccd plain 127.0.0.1
plain=$port
DCC_HOSTS="127.0.0.1:$plain,tls" expect 113 dcc gcc -c f7.c
says 'TLS: it has no TLS set up'
expect_lines ' auth - -: the client speaks TLS, which is not set up here' "$work/plain.log" 1
[ "$(count ' job ' "$work/plain.log")" -eq 0 ] || fail "it got a job in the clear"
start_distccd stock 127.0.0.1
DCC_HOSTS="127.0.0.1:$port,tls" expect 116 dcc gcc -c f7.c
says 'TLS: it closed the connection in the middle of the handshake'
start_fake 127.0.0.1 hang
DCC_HOSTS="127.0.0.1:$port,tls" DCC_CONNECT_TIMEOUT=1 expect 116 dcc gcc -c f7.c
says 'TLS: the handshake was not complete in time'

# With keys and without --require-auth both are served.
start_dccd both 127.0.0.1 --farm-key "$work/clients.key"
DCC_HOSTS="127.0.0.1:$port,tls" expect 0 dcc gcc -c f7.c
DCC_HOSTS="127.0.0.1:$port" expect 0 dcc gcc -c f8.c
expect_lines ' job .* f7.c .* tls:farm$' "$work/both.log" 1
expect_lines ' job .* f8.c .* wall:[0-9]*$' "$work/both.log" 1

# Whom --allow does not name hears so without a handshake.
start_dccd closed 127.0.0.1 --require-auth --farm-key "$work/clients.key" --allow 127.9.9.9
DCC_HOSTS="127.0.0.1:$port,tls" expect 113 dcc gcc -c f8.c
says 'TLS: no --allow there names this machine'

# dccd does not start with a key that is no secret, or with options that say less than they seem to.
chmod 640 "$work/clients.key"
expect 101 dccd -n --store-dir "$work/x.store" --farm-key "$work/clients.key"
says 'chmod 600'
expect 101 dccd -n --store-dir "$work/x.store" --farm-key "$work/none.key"
says 'none.key: No such file'
expect 101 dccd -n --require-auth --tls-cert /x
says '--require-auth with --tls-cert needs --tls-ca'
expect 101 dccd -n --tls-ca /x
says 'need --tls-cert'

# The monitor shows it.
export DCC_HOSTS="127.0.0.1:$safe,tls" DCC_PUMP=never
write_slow slow.cc 400000
# shellcheck disable=SC2086  # a list
dcc g++ $slow_options -c slow.cc &
is_shown()
{
	dccmon-text | grep -q ' plain tls$'
}
wait_for 20 is_shown || fail "the monitor does not show tls: $(dccmon-text)"
dccmon-text --json | grep -q '"link":"tls"' || fail "no link in JSON: $(dccmon-text --json)"
# A client that dies takes relay and compiler with it.
kill -9 $!
wait_for 10 is_not_compiling slow.cc || fail "the compiler outlives its client"
rm -f slow.o "$DCC_DIR"/state/*
