#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Certificates of a private CA: of this one, of another, expired, for another host; and sessions that are resumed.
. "$(dirname "$0")/lib.sh"

needs openssl
for n in 1 2 3 4 5 6 7 8 9; do
	write_fast "f$n.c"
done

# make_ca NAME
make_ca()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$1.key" \
		-out "$work/$1.crt" -days 30 -subj "/CN=$1" 2>/dev/null || fail "no CA"
	: >"$work/$1.index"
	echo 01 >"$work/$1.serial"
	cat >"$work/$1.cnf" <<END
[ca]
default_ca = d
[d]
database = $work/$1.index
serial = $work/$1.serial
new_certs_dir = $work
certificate = $work/$1.crt
private_key = $work/$1.key
default_md = sha256
unique_subject = no
copy_extensions = copy
policy = p
[p]
commonName = supplied
END
}

# issue FILE CA NAME END [OPTION...]: certificate and key in FILE.pem, valid until END.
issue()
{
	file=$1 ca=$2 name=$3 end=$4
	shift 4
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$file.key" \
		-out "$work/$file.csr" -subj "/CN=$name" "$@" 2>/dev/null || fail "no request for $file"
	openssl ca -batch -notext -config "$work/$ca.cnf" -in "$work/$file.csr" -out "$work/$file.crt" \
		-startdate 20200101000000Z -enddate "$end" 2>"$work/openssl.log" || fail "no certificate for $file"
	cat "$work/$file.crt" "$work/$file.key" >"$work/$file.pem"
	chmod 600 "$work/$file.pem"
}

later=20400101000000Z
past=20210101000000Z
here='subjectAltName=IP:127.0.0.1,DNS:localhost'
make_ca farm
make_ca other
issue red farm red "$later" -addext "$here"
issue blue farm blue "$later" -addext subjectAltName=DNS:blue.example
issue old-red farm red "$past" -addext "$here"
issue false-red other red "$later" -addext "$here"
issue alice farm 'alice of accounting' "$later"
issue old-alice farm alice "$past"
issue mallory other mallory "$later"

start_dccd red 127.0.0.1 --require-auth --tls-cert "$work/red.pem" --tls-ca "$work/farm.crt"
red=$port red_pid=$pid
cp "$work/farm.crt" "$DCC_DIR/ca.pem"
cp "$work/alice.pem" "$DCC_DIR/client.pem"
export DCC_FALLBACK=0 DCC_BACKOFF_PERIOD=0 DCC_HOSTS="127.0.0.1:$red/4,tls"

write_sources
compare hello.o gcc -O2 -c hello.c
ran_away hello.c
expect_lines ' job .* tls:alice?of?accounting$' "$work/red.log" 1
ticket=$(echo "$DCC_DIR/tls/tcp_127.0.0.1_$red"-*)
[ "$(stat -c %a "$ticket")" = 600 ] || fail "others can read the session"
[ "$(stat -c %a "$DCC_DIR/tls")" = 700 ] || fail "others can look into the folder of sessions"

# From now on without certificates: what these say is not even read.
used=$(stat -c %Y.%i "$ticket")
how()
{
	# What dcc-tls says to dcc, over a connection of its own.
	python3 - "$1" "$red" "$DCC_DIR" <<'END'
import socket, subprocess, sys
ours, its = socket.socketpair()
tcp = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
p = subprocess.Popen(["dcc-tls", sys.argv[1], "tcp_127.0.0.1_" + sys.argv[2], sys.argv[3]], stdin=tcp, stdout=its)
its.close()
print(ours.recv(1000).decode(), end="")
ours.close()
p.wait()
END
}
[ "$(how 127.0.0.1)" = 'ok resumed' ] || fail "not resumed: $(how 127.0.0.1)"
DCC_PUMP=require expect 0 dcc gcc -c hello.c
expect 0 dcc gcc -c f1.c
[ "$(stat -c %Y.%i "$ticket")" = "$used" ] || fail "the session was written again"
expect_lines ' job .* f1.c .* tls:alice?of?accounting$' "$work/red.log" 1

# Twenty clients at once with one session, and without any.
for round in resumed full; do
	[ "$round" = resumed ] || rm "$ticket"
	compile_at_once 20 f2.c
done

# Not with a session that another could have made, nor after a change of the CA or of the certificate.
chmod 644 "$ticket"
[ "$(how 127.0.0.1)" = 'ok certificate' ] || fail "a session that others may read was used"
[ "$(stat -c %a "$ticket")" = 600 ] || fail "it was not replaced"
sleep 0.05
touch "$DCC_DIR/ca.pem"
[ "$(how 127.0.0.1)" = 'ok certificate' ] || fail "a session was used that is older than the CA's file"
[ "$(how 127.0.0.1)" = 'ok resumed' ] || fail "not resumed"
head -c 300 /dev/urandom >"$ticket"
[ "$(how 127.0.0.1)" = 'ok certificate' ] || fail "garbage in the session's file stopped it"

# A volunteer that was started again knows no old tickets.
stop_daemon "$red_pid" || fail "red does not stop"
start_dccd again 127.0.0.1 --require-auth --tls-cert "$work/red.crt" --tls-key "$work/red.key" --tls-ca "$work/farm.crt"
cp "$ticket" "$(echo "$ticket" | sed "s/_$red-/_$port-/")"
DCC_HOSTS="127.0.0.1:$port,tls" expect 0 dcc gcc -c f3.c
ran_away f3.c
again=$port

# refused SOURCE CLIENT-SAYS VOLUNTEER-SAYS LOG
refused()
{
	expect 113 dcc gcc -c "$1"
	says "(reason=auth): TLS: $2"
	wait_for 5 grep -q -F -e "auth - -: $3" "$work/$4.log" || fail "$4 does not say: $3"
	! grep -q " job .* $1 " "$work/$4.log" || fail "$1 was compiled all the same"
}

# A client's certificate.
export DCC_HOSTS="127.0.0.1:$again,tls"
DCC_TLS_CERT="$work/mallory.pem" refused f4.c "it does not accept this machine's certificate: unknown CA" \
	"the client's certificate is not accepted: unable to get local issuer certificate" again
DCC_TLS_CERT="$work/old-alice.pem" refused f4.c "it does not accept this machine's certificate: certificate expired" \
	"the client's certificate is not accepted: certificate has expired" again
mv "$DCC_DIR/client.pem" "$work/mine.pem"
refused f4.c 'it wants a certificate of this machine (DCC_TLS_CERT)' 'the client has no certificate' again
expect 0 dccctl keygen farm "$work/farm-psk.key"
DCC_FARM_KEY="$work/farm-psk.key" refused f4.c "it does not accept the key farm of $work/farm-psk.key" \
	'the client has a key, and this volunteer has none (--farm-key)' again
mv "$work/mine.pem" "$DCC_DIR/client.pem"

# The volunteer's.
start_dccd old 127.0.0.1 --tls-cert "$work/old-red.pem" --tls-ca "$work/farm.crt"
DCC_HOSTS="127.0.0.1:$port,tls" refused f5.c 'its certificate is not accepted: certificate has expired' \
	"the client does not accept this volunteer's certificate" old
start_dccd false 127.0.0.1 --tls-cert "$work/false-red.pem" --tls-ca "$work/farm.crt"
DCC_HOSTS="127.0.0.1:$port,tls" refused f5.c 'its certificate is not accepted: unable to get local issuer certificate' \
	"the client does not accept this volunteer's certificate" false
start_dccd blue 127.0.0.1 --tls-cert "$work/blue.pem" --tls-ca "$work/farm.crt"
DCC_HOSTS="127.0.0.1:$port,tls" refused f5.c 'its certificate is not accepted: IP address mismatch' \
	"the client does not accept this volunteer's certificate" blue
DCC_HOSTS="127.0.0.1:$again,tls" expect 0 dcc gcc -c f5.c
DCC_HOSTS="localhost:$again,tls" expect 0 dcc gcc -c f6.c
ran_away f6.c

# Keys and certificates at once; and a certificate without a CA, which asks for none.
start_dccd mixed 127.0.0.1 --require-auth --tls-cert "$work/red.pem" --tls-ca "$work/farm.crt" \
	--farm-key "$work/farm-psk.key"
DCC_HOSTS="127.0.0.1:$port,tls" DCC_FARM_KEY="$work/farm-psk.key" expect 0 dcc gcc -c f7.c
DCC_HOSTS="127.0.0.1:$port,tls" expect 0 dcc gcc -c f8.c
expect_lines ' job .* f7.c .* tls:farm$' "$work/mixed.log" 1
expect_lines ' job .* f8.c .* tls:alice?of?accounting$' "$work/mixed.log" 1
start_dccd open 127.0.0.1 --tls-cert "$work/red.pem"
mv "$DCC_DIR/client.pem" "$work/mine.pem"
DCC_HOSTS="127.0.0.1:$port,tls" expect 0 dcc gcc -c f9.c
expect_lines ' job .* f9.c .* tls:-$' "$work/open.log" 1
