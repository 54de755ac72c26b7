#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each setting works as DCC_NAME, as DISTCC_NAME and from dcc.conf; the first of these wins.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
volunteer=127.0.0.2:$port
write_fast a.c
dcc_dir=$DCC_DIR
unset DCC_LOG DCC_DIR

forget()
{
	rm -rf "$HOME/.dcc" "$work/d1" "$work/d2" "$dcc_dir/lock" "$dcc_dir/state"
}

for prefix in DCC DISTCC; do
	forget
	# HOSTS and FALLBACK.
	expect 0 env ${prefix}_HOSTS="$volunteer" ${prefix}_FALLBACK=0 dcc gcc -c a.c
	is_silent
	expect 116 env ${prefix}_HOSTS=127.0.0.2:1 ${prefix}_FALLBACK=0 dcc gcc -c a.c
	forget
	# BACKOFF_PERIOD: without it the next job does not try again; 0 tries each time.
	expect 0 env ${prefix}_HOSTS=127.0.0.2:1 ${prefix}_BACKOFF_PERIOD=0 dcc gcc -c a.c
	expect 0 env ${prefix}_HOSTS=127.0.0.2:1 ${prefix}_BACKOFF_PERIOD=0 dcc gcc -c a.c
	says 'reason=connect'
	expect 0 env ${prefix}_HOSTS=127.0.0.2:1 dcc gcc -c a.c
	says 'reason=backed-off'
	# LOG and VERBOSE.
	rm -f "$work/l.log"
	expect 0 env ${prefix}_HOSTS="$volunteer" ${prefix}_LOG="$work/l.log" dcc gcc -c a.c
	grep -q ': away a.c ' "$work/l.log" || fail "no log with ${prefix}_LOG"
	expect 0 env ${prefix}_HOSTS="$volunteer" ${prefix}_VERBOSE=1 dcc gcc -c a.c
	says 'away a.c'
	rm -f "$work/l.log"
	# DIR: locks and state are there.
	expect 0 env ${prefix}_HOSTS="$volunteer" ${prefix}_DIR="$work/d1" dcc gcc -c a.c
	[ -d "$work/d1/lock" ] || fail "${prefix}_DIR was not used"
	# SSH.
	printf '#!/bin/sh\necho "%s was asked" >&2\nexit 255\n' $prefix >"$work/ssh"
	chmod 755 "$work/ssh"
	expect 0 env ${prefix}_HOSTS=@nowhere ${prefix}_SSH="$work/ssh" dcc gcc -c a.c
	says "$prefix was asked"
	# SAVE_TEMPS: the text that was sent stays.
	expect 0 env ${prefix}_HOSTS="$volunteer" ${prefix}_SAVE_TEMPS=1 dcc gcc -c a.c
	[ "$(find "$TMPDIR" -name '*a.c*' | wc -l)" -eq 1 ] || fail "nothing kept with ${prefix}_SAVE_TEMPS"
	grep -q 'return x \* 3' "$TMPDIR"/*a.c* || fail "the kept text is not the source's"
	rm -f "$TMPDIR"/*a.c*
	# IO_TIMEOUT and CONNECT_TIMEOUT: a volunteer that says nothing, and one that is not there.
	start_fake 127.0.0.2 hang
	begin=$(now_ms)
	expect 118 env ${prefix}_HOSTS="127.0.0.2:$port" ${prefix}_FALLBACK=0 ${prefix}_IO_TIMEOUT=0.5 dcc gcc -c a.c
	took=$(($(now_ms) - begin))
	[ $took -ge 500 ] || fail "${prefix}_IO_TIMEOUT=0.5 took only $took ms"
	[ $took -lt $((5000 * patience)) ] || fail "${prefix}_IO_TIMEOUT=0.5 took $took ms"
	says 'reason=timeout'
	stop_helper "$pid"
	for bad in FALLBACK=maybe IO_TIMEOUT=soon IO_TIMEOUT=0 CONNECT_TIMEOUT=-1 BACKOFF_PERIOD=x SAVE_TEMPS=2; do
		expect 0 env ${prefix}_HOSTS="$volunteer" "${prefix}_$bad" dcc gcc -c a.c
		says "${prefix}_${bad%=*}"
	done
done

# Ours wins over its twin, and both over the file.
forget
mkdir -p "$HOME/.dcc"
printf 'hosts = 127.0.0.2:1 # nobody\nfallback = no\n' >"$HOME/.dcc/dcc.conf"
expect 116 dcc gcc -c a.c
expect 0 env DISTCC_HOSTS="$volunteer" dcc gcc -c a.c
expect 116 env DISTCC_HOSTS="$volunteer" DCC_HOSTS=127.0.0.2:1 dcc gcc -c a.c
expect 0 env DCC_HOSTS="$volunteer" DISTCC_HOSTS=127.0.0.2:1 dcc gcc -c a.c
printf 'hosts = %s\nno_such_key = 1\n' "$volunteer" >"$HOME/.dcc/dcc.conf"
expect 0 dcc gcc -c a.c
says 'dcc.conf, line 2'

# The places of host lists, the first that exists wins.
forget
mkdir -p "$HOME/.dcc" "$HOME/.distcc"
echo "$volunteer" >"$HOME/.distcc/hosts"
expect 0 dcc --show-hosts
prints "$volunteer"
echo 'mine/3' >"$HOME/.dcc/hosts"
expect 0 dcc --show-hosts
prints 'mine/3'
rm -rf "$HOME/.dcc" "$HOME/.distcc"
