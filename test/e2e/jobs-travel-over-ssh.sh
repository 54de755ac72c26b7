#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts written as user@host:command are reached through ssh; a stand-in takes its place and runs the daemon here.
. "$(dirname "$0")/lib.sh"

write_sources
# Notes its arguments, drops those that ssh itself would take, and runs the rest.
cat >"$work/fake-ssh" <<END
#!/bin/sh
echo "\$*" >>"$work/ssh.calls"
while [ \$# -gt 0 ]; do
	case \$1 in
	-l) shift 2 ;;
	-*) shift ;;
	*) break ;;
	esac
done
shift
exec "\$@" --store-dir "$work/ssh.store" --log-file "$work/ssh.log"
END
chmod 755 "$work/fake-ssh"
export DCC_SSH="$work/fake-ssh -q" DCC_FALLBACK=0

dccd=$(command -v dccd)
export DCC_HOSTS="user@farm/3:$dccd"
compare hello.o gcc -O2 -Wall -c hello.c
ran_away hello.c
[ "$(cat "$work/ssh.calls")" = "-q -l user farm $dccd --inetd --enable-tcp-insecure" ] ||
	fail "ssh was called with: $(cat "$work/ssh.calls")"
export DCC_HOSTS='@farm'
compare vector.o g++ -c vector.cc
ran_away vector.cc
echo 'int broken(void) { return nothing; }' >broken.c
compare broken.o gcc -c broken.c
ran_away broken.c
grep -q ' job .* exit:1 ' "$work/ssh.log" || fail "no line for the job: $(cat "$work/ssh.log")"

# distcc's language through the same pipe.
export DCC_HOSTS="@farm:$dccd,distcc,lzo"
compare hello.o gcc -O2 -c hello.c

# An ssh that fails is a host that fails.
printf '#!/bin/sh\necho "Permission denied (publickey)." >&2\nexit 255\n' >"$work/no-ssh"
chmod 755 "$work/no-ssh"
export DCC_SSH="$work/no-ssh" DCC_FALLBACK=1 DCC_HOSTS='@elsewhere'
expect 0 dcc gcc -c hello.c
says 'Permission denied'
says 'ssh ended before dccd there said a word'
DCC_HOSTS='@beyond:/no/dccd' expect 0 dcc gcc -c hello.c
says 'ssh, or the daemon that it starts there, ended without a word'
case $(verdict_of hello.c) in *': here '*) ;; *) fail "not compiled here" ;; esac
DCC_SSH="$work/no-such-program" DCC_HOSTS='@nowhere' expect 0 dcc gcc -c hello.c
ran_here hello.c connect
