#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Jobs for @HOST share one ssh connection, to a real sshd on loopback; what fails there has its reason.
. "$(dirname "$0")/lib.sh"

sshd=/usr/sbin/sshd
needs ssh ssh-keygen "$sshd"
! is_root || mkdir -p /run/sshd
write_sources
for n in 1 2 3 4 5 6 7 8 9; do
	write_fast "f$n.c"
done

mkdir "$work/bin" "$work/far" "$work/ssh.store"
cp -r "$known/store/identity" "$work/ssh.store"
! is_root || chown -R nobody "$work/ssh.store"
dccd=$(command -v dccd)
# The volunteer's side: in its PATH is this dccd.
cat >"$work/far/dccd" <<END
#!/bin/sh
exec "$dccd" "\$@" --store-dir "$work/ssh.store" --log-file "$work/ssh.log"
END
# The client's: ssh as it would be with a configuration in ~/.ssh.
cat >"$work/bin/ssh" <<END
#!/bin/sh
echo "\$*" >>"$work/ssh.calls"
exec /usr/bin/ssh -F "$work/ssh_config" "\$@"
END
chmod 755 "$work/far/dccd" "$work/bin/ssh"
for name in host user; do
	ssh-keygen -q -t ed25519 -N '' -f "$work/$name" || fail "no key"
done
choose_port 7
sshd_port=$port
cat >"$work/sshd_config" <<END
Port $sshd_port
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/user.pub
StrictModes no
UsePAM no
PidFile none
LogLevel VERBOSE
SetEnv PATH=$work/far:/usr/bin:/bin
END
cat >"$work/ssh_config" <<END
Host gone
Port 1
Host *
HostName 127.0.0.1
Port $sshd_port
IdentityFile $work/user
StrictHostKeyChecking no
UserKnownHostsFile $work/known_hosts
LogLevel ERROR
END
"$sshd" -D -f "$work/sshd_config" -E "$work/sshd.log" &
helper_pids="$helper_pids $!"
wait_for 10 grep -q 'Server listening' "$work/sshd.log" || fail "sshd does not listen"
PATH=$work/bin:$PATH
export PATH DCC_FALLBACK=0 DCC_BACKOFF_PERIOD=0 DCC_HOSTS='@farm/20' DCC_CONNECT_TIMEOUT=$((15 * patience))

# The ssh of this test, while it runs.
link_pid()
{
	pgrep -f -- "-L $DCC_DIR/ssh/" || :
}

has_no_link()
{
	[ -z "$(link_pid)" ]
}

# The folder in /tmp in which the daemon there listens.
far_folder()
{
	sed -n 's/.* --ssh-socket \(.*\)\/s$/\1/p' "$work/ssh.calls" | tail -n 1
}

clean_up()
{
	for p in $(link_pid); do
		kill "$p" 2>/dev/null || :
	done
}

end_link()
{
	clean_up
	wait_for 10 has_no_link || fail "ssh does not end"
	wait_for 20 test ! -e "$(far_folder)" || fail "the daemon there stays without its connection"
}

# Twenty at once, and nobody has connected yet.
compile_at_once 20 f1.c
expect_lines ' job ssh native .* f1.c exit:0' "$work/ssh.log" 20
has_lines 'Accepted publickey' "$work/sshd.log" 1 || fail "$(count 'Accepted publickey' "$work/sshd.log") connections"
has_lines . "$work/ssh.calls" 1 || fail "ssh was called $(count . "$work/ssh.calls") times"
[ "$(stat -c %a "$DCC_DIR/ssh")" = 700 ] || fail "others can look into the folder of sockets"
[ "$(stat -c %a "$(far_folder)")" = 700 ] || fail "others can reach the daemon there"

# Both modes, an error, much text.
compare hello.o gcc -O2 -Wall -c hello.c
DCC_PUMP=require compare hello.o gcc -g -O2 -c hello.c
travelled hello.c pump
compare vector.o g++ -c vector.cc
echo 'int broken(void) { return nothing; }' >broken.c
compare broken.o gcc -c broken.c
awk 'BEGIN { for (i = 0; i < 60000; i++) printf "int v%d = %d;\n", i, i * 7919 }' >large.c
compare large.o gcc -c large.c
has_lines . "$work/ssh.calls" 1 || fail "ssh was called again"

# What was started in the background keeps no pipe of ours open.
end_link
begin=$(now_ms)
dcc gcc -c f2.c 2>&1 | cat
[ $(($(now_ms) - begin)) -lt $((20000 * patience)) ] || fail "a reader of messages waits for ssh"
has_lines . "$work/ssh.calls" 2 || fail "ssh was not called again"
ran_away f2.c

# No start of ssh for any of many jobs.
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	dcc gcc -c f3.c || fail "job $n failed"
done
has_lines . "$work/ssh.calls" 2 || fail "ssh was called again"

# A connection that breaks costs one job at most; the next makes it anew.
kill -9 "$(link_pid)"
wait_for 10 has_no_link || fail "ssh lives on"
expect 0 dcc gcc -c f4.c
ran_away f4.c
has_lines . "$work/ssh.calls" 3 || fail "ssh was not called again"
wait_for 20 has_lines ' stopped$' "$work/ssh.log" 2 || fail "a daemon stays without its connection"
end_link

# What goes wrong is said, in ssh's or dccd's own words.
printf '#!/bin/sh\nexit 3\n' >"$work/far/other"
DCC_HOSTS='@gone' expect 116 dcc gcc -c f5.c
says 'ssh: ssh: connect to host 127.0.0.1 port 1: Connection refused'
DCC_HOSTS='@farm:/no/such/dccd' expect 116 dcc gcc -c f5.c
says 'ssh: '
says '/no/such/dccd'
printf '#!/bin/sh\nexec "%s" --ssh-socket /proc/none/s\n' "$dccd" >"$work/far/dccd"
expect 116 dcc gcc -c f5.c
says 'ssh: dccd: error: --ssh-socket "/proc/none/s": No such file or directory'
printf '#!/bin/sh\nexec sleep 30\n' >"$work/bin/ssh"
DCC_CONNECT_TIMEOUT=1 expect 116 dcc gcc -c f5.c
says 'ssh: no dccd there in 15 seconds'
# A PATH in which there is no ssh.
mkdir "$work/few"
for program in dcc gcc as objcopy; do
	ln -s "$(command -v "$program")" "$work/few"
done
expect 116 env PATH="$work/few" dcc gcc -c f5.c
says 'ssh cannot be run: No such file or directory'
