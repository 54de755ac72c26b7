#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# distcc's protocol 3, its pump mode: the files of the client at the client's paths, links to this machine's system folders,
# a dependency file with the object. What distcc's own daemon lets out of its folder is refused, with a reason.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
grep -q 'no pump mode' "$work/one.log" && skip "$(grep 'no pump mode' "$work/one.log")"

raw()
{
	rawclient 127.0.0.2 "$port" "$@" >"$work/out" 2>"$work/err" || fail "rawclient failed: $(cat "$work/err")"
}

# words WORD...: ARGC and ARGV for them, in the list "steps", behind the folder.
words()
{
	steps="token:DIST:3 string:CDIR:$PWD token:ARGC:$(printf '%08x' $#)"
	for word; do
		steps="$steps string:ARGV:$word"
	done
}

# files STEP...: NFIL and what it counts, one NAME each, in the list "sent".
files()
{
	sent="token:NFIL:$(printf '%08x' $(($# / 2))) $*"
}

# compiles OBJECT: the reply has exactly this object; its dependency file is in the file deps.
compiles()
{
	# shellcheck disable=SC2086  # steps
	raw $steps $sent read
	says 'end=eof'
	grep -q -a '^DONE00000003STAT00000000SERR' "$work/out" || fail "no object: $(head -c 300 "$work/out")"
	unpack_reply "$work/out" "$1" || fail "no $1 in the reply"
}

# unpack_reply FILE OBJECT: compares DOTO with OBJECT, writes DOTD to deps.
unpack_reply()
{
	python3 - "$1" "$2" "$work/deps" <<'END'
import ctypes, ctypes.util, sys
reply = open(sys.argv[1], "rb").read()
lzo = ctypes.CDLL(ctypes.util.find_library("lzo2") or "liblzo2.so.2")
at, bodies = 0, {}
while at < len(reply):
    name, length = reply[at:at + 4].decode(), int(reply[at + 4:at + 12], 16)
    at += 12
    if name in ("DONE", "STAT"):
        continue
    body = reply[at:at + length]
    at += length
    out, size = ctypes.create_string_buffer(1 << 20), ctypes.c_size_t(1 << 20)
    if length and lzo.lzo1x_decompress_safe(body, length, out, ctypes.byref(size), None) != 0:
        sys.exit("bad LZO in " + name)
    bodies[name] = out.raw[:size.value] if length else b""
open(sys.argv[3], "wb").write(bodies.get("DOTD", b"missing"))
sys.exit(list(bodies) != ["SERR", "SOUT", "DOTO", "DOTD"] or bodies["DOTO"] != open(sys.argv[2], "rb").read())
END
}

# refuses REASON TEXT: no reply, and the log says so.
refuses()
{
	before=$(count "refused 127.0.0.1:[0-9]* $1 .*$2" "$work/one.log")
	# shellcheck disable=SC2086  # steps
	raw $steps $sent read
	says 'end=eof'
	[ ! -s "$work/out" ] || fail "an answer: $(head -c 300 "$work/out")"
	expect_lines "refused 127.0.0.1:[0-9]* $1 .*$2" "$work/one.log" $((before + 1))
}

needs python3
up=../../../../../../../../../../..
mkdir -p inc empty other
printf '#include <stdio.h>\n#include "sub/b.h"\n#include <c.h>\nint f(void) { return puts(B C); }\n' >a.c
mkdir sub
echo '#define B "b"' >sub/b.h
echo '#define C "c"' >other/c.h
: >none
system="string:NAME:/usr/include string:LINK:$up/usr/include string:NAME:/usr/lib/gcc string:LINK:$up/usr/lib/gcc"

# --- a source with a header, one through a link, a folder that must exist, this machine's headers ---
gcc -g -Iinc -Iempty -c a.c -o a.o 2>/dev/null && fail "there should be no c.h yet"
ln -s "$PWD/other/c.h" inc/c.h
gcc -g -Iinc -Iempty -Wmissing-include-dirs -Werror -MD -c a.c -o a.o
# shellcheck disable=SC2086  # two links
own="string:NAME:$PWD/a.c lzo:FILE:a.c string:NAME:$PWD/sub/b.h lzo:FILE:sub/b.h string:NAME:$PWD/other/c.h lzo:FILE:other/c.h
	string:NAME:$PWD/inc/c.h string:LINK:$PWD/other/c.h string:NAME:$PWD/empty/forcing_technique_271828 token:FILE:0"
words gcc -g -Iinc -Iempty -Wmissing-include-dirs -Werror -MD -c a.c -o a.o
# shellcheck disable=SC2086  # steps
files $system $own
compiles a.o
is_same "$work/deps" a.d
expect_lines ' distcc3 pump gcc a.c exit:0 ' "$work/one.log" 1

# --- without -MD the list comes all the same; an absolute source, and a folder below ---
mkdir build
gcc -g -I"$PWD/inc" -c "$PWD/a.c" -o build/x.o
words gcc -g -I"$PWD/inc" -c "$PWD/a.c" -o build/x.o
compiles build/x.o
grep -q '^build/x.o:' "$work/deps" || fail "another list: $(cat "$work/deps")"
grep -q '/usr/include' "$work/deps" && fail "system headers in it: $(cat "$work/deps")"
gcc -g -MMD -MT target -Iinc -c a.c -o a.o
words gcc -g -MT target -Iinc -c a.c -o a.o
compiles a.o
is_same "$work/deps" a.d

# --- an error ---
echo 'int f(void) { return nothing; }' >bad.c
words gcc -c bad.c -o bad.o
files "string:NAME:$PWD/bad.c" lzo:FILE:bad.c
# shellcheck disable=SC2086  # steps
raw $steps $sent read
grep -q -a '^DONE00000003STAT00000100SERR.*DOTO00000000$' "$work/out" || grep -q -a 'DOTO00000000' "$work/out" ||
	fail "no error: $(head -c 300 "$work/out")"
! grep -q -a DOTD "$work/out" || fail "a dependency file of nothing"

# --- headers of this machine only where the client says so ---
echo '#include <stdio.h>' >std.c
gcc -c std.c -o std.o
words gcc -c std.c -o std.o
files "string:NAME:$PWD/std.c" lzo:FILE:std.c
refuses needs-file ''
# shellcheck disable=SC2086  # steps
files $system "string:NAME:$PWD/std.c" lzo:FILE:std.c
compiles std.o

# --- and of the rest of its system neither ---
data=$(find /usr/share -type f -perm -004 -name '[A-Za-z]*' 2>/dev/null | head -n 1)
[ -n "$data" ] || fail "nothing in /usr/share"
echo 'int look;' >look.c
gcc -c look.c -o look.o
printf '#if __has_include("%s")\n#error it is seen\n#endif\nint look;\n' "$data" >look.c
words gcc -c look.c -o look.o
# shellcheck disable=SC2086  # steps
files $system "string:NAME:$PWD/look.c" lzo:FILE:look.c
compiles look.o
# shellcheck disable=SC2086  # steps
files $system string:NAME:/usr/share "string:LINK:$up/usr/share" "string:NAME:$PWD/look.c" lzo:FILE:look.c
# shellcheck disable=SC2086  # steps
raw $steps $sent read
grep -q -a '^DONE00000003STAT00000100' "$work/out" || fail "what is linked is not seen: $(head -c 300 "$work/out")"

# --- names that leave, come twice, lie below a link or a file ---
mkdir "$work/outside"
chmod 777 "$work/outside"
words gcc -c a.c -o a.o
for name in "/../escape" "/a/../../escape" relative "//a" "/a/" "/a/./b"; do
	files "string:NAME:$name" lzo:FILE:a.c
	refuses protocol 'no absolute name'
done
files string:NAME:/x lzo:FILE:a.c string:NAME:/x lzo:FILE:a.c
refuses protocol '/x is sent twice'
files string:NAME:/x lzo:FILE:a.c string:NAME:/x string:LINK:a
refuses protocol '/x is sent twice'
files string:NAME:/x lzo:FILE:a.c string:NAME:/x/y lzo:FILE:a.c
refuses protocol '/x/y lies below'
files string:NAME:/x "string:LINK:$work/outside" string:NAME:/x/y lzo:FILE:a.c
refuses protocol '/x/y lies below'
files string:NAME:/x "string:LINK:$up$work/outside" string:NAME:/x/y lzo:FILE:a.c
refuses protocol '/x/y lies below'
files string:NAME:/usr/include "string:LINK:$up/usr/include" string:NAME:/usr/include/y.h lzo:FILE:a.c
refuses protocol '/usr/include/y.h lies below'
files string:NAME:/etc "string:LINK:$up/etc" "string:NAME:$PWD/a.c" lzo:FILE:a.c
refuses view '/etc of this machine is not shown'
files "string:NAME:$work/outside" "string:LINK:$up$work/outside"
refuses view 'of this machine is not shown'
files string:NAME:/usr/bin/as lzo:FILE:a.c
refuses view ''
[ -z "$(ls "$work/outside")" ] || fail "it wrote outside"
[ ! -e /escape ] || fail "it wrote into the root"

# --- broken requests ---
files string:NAME:/x file:FILE:a.c
refuses protocol ''
sent=token:NFIL:ffffffff
refuses protocol ''
sent="token:NFIL:1 string:NAME:/x token:DOTI:0"
refuses protocol ''
steps="token:DIST:3 string:CDIR:relative token:ARGC:0"
sent=
refuses protocol 'working directory'

# --- distcc itself, with an include server that has one answer ---
needs distcc
mirror=$(mktemp -d /tmp/dcc-mirror.XXXXXX)
clean_up()
{
	rm -rf "$mirror"
}
cat >"$work/include_server.py" <<'END'
import ctypes, ctypes.util, os, socket, sys
mirror, place, names = sys.argv[1] + "/padding", sys.argv[2], sys.argv[3:]
lzo = ctypes.CDLL(ctypes.util.find_library("lzo2") or "liblzo2.so.2")
answer = []
for name in names:
    data = open(name, "rb").read()
    out, size = ctypes.create_string_buffer(len(data) * 2 + 100), ctypes.c_size_t()
    lzo.lzo1x_1_compress(data, len(data), out, ctypes.byref(size), ctypes.create_string_buffer(1 << 20))
    path = mirror + name + ".lzo"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "wb").write(out.raw[:size.value])
    answer.append(path)
for folder in ("/usr/include", "/usr/lib/gcc"):
    os.makedirs(mirror + os.path.dirname(folder), exist_ok=True)
    os.symlink("../" * 20 + folder[1:], mirror + folder)
    answer.append(mirror + folder)
server = socket.socket(socket.AF_UNIX)
server.bind(place + ".new")
server.listen(5)
os.rename(place + ".new", place)  # who sees it can connect
while True:
    client, _ = server.accept()
    client.recv(65536)
    client.sendall(b"ARGC%08x" % len(answer) + b"".join(b"ARGV%08x%s" % (len(a), a.encode()) for a in answer))
    client.shutdown(socket.SHUT_WR)
    while client.recv(65536):  # closed before it has read all, it would take the answer back
        pass
    client.close()
END
python3 "$work/include_server.py" "$mirror" "$mirror/socket" "$PWD/a.c" "$PWD/sub/b.h" "$PWD/other/c.h" &
helper_pids="$helper_pids $!"
wait_for 10 test -S "$mirror/socket" || fail "no include server"
before=$(count ' distcc3 pump [^ ]*gcc a.c exit:0 ' "$work/one.log")
mkdir "$work/stock"
gcc -g -O2 -Iother -MD -c a.c -o a.o
mv a.o local.o
mv a.d local.d
DISTCC_DIR=$work/stock INCLUDE_SERVER_PORT=$mirror/socket DISTCC_HOSTS="127.0.0.2:$port,lzo,cpp" DISTCC_FALLBACK=0 \
	expect 0 distcc gcc -g -O2 -Iother -MD -c a.c -o a.o
is_same a.o local.o
is_same a.d local.d
expect_lines ' distcc3 pump [^ ]*gcc a.c exit:0 ' "$work/one.log" $((before + 1))

# --- and after all that ---
echo 'int x;' >last.c
gcc -c last.c -o last.o
words gcc -c last.c -o last.o
files "string:NAME:$PWD/last.c" lzo:FILE:last.c
compiles last.o
