#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# HOME unset, read-only, somebody else's; TMPDIR elsewhere or not to be written: a compile, and at most one word about it.
. "$(dirname "$0")/lib.sh"

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources
gcc -c hello.c -o local.o
unset DCC_DIR
user=0
clean_up()
{
	# Only for a user that nobody else is.
	[ $user -eq 0 ] || rm -rf "/tmp/dcc-$user"
}

# builds COMMAND...: the object is right and came from there.
builds()
{
	rm -f "$folder/hello.o"
	: >"$DCC_LOG"
	expect 0 "$@"
	is_same "$folder/hello.o" local.o
	ran_away hello.c
}

folder=.
builds dcc gcc -c hello.c
is_silent
[ -d "$HOME/.dcc/lock" ] || fail "not in ~/.dcc"
# Locks elsewhere.
DCC_DIR=$work/other builds dcc gcc -c hello.c
is_silent
[ -d "$work/other/lock" ] || fail "not in DCC_DIR"
rm -rf "$work/other"
DCC_DIR=$work/new/and/deep builds dcc gcc -c hello.c
is_silent
# A TMPDIR of its own, and one that does not exist: what compiles there needs none here.
mkdir "$work/own-tmp"
TMPDIR=$work/own-tmp builds dcc gcc -c hello.c
is_silent
[ -z "$(ls "$work/own-tmp")" ] || fail "left in TMPDIR: $(ls "$work/own-tmp")"
rmdir "$work/own-tmp"
TMPDIR=$work/nonsense builds dcc gcc -c hello.c

# As another user: root may write everywhere, so it proves nothing.
is_root || exit 0
user=$((2000000000 + $$))
[ ! -e "/tmp/dcc-$user" ] || fail "/tmp/dcc-$user exists"
folder=$work/theirs
mkdir "$folder" "$work/read-only"
cp hello.c hello.h "$folder"
chown "$user" "$folder"
chmod 666 "$DCC_LOG"
as_user()
{
	(cd "$folder" && exec setpriv --reuid "$user" --regid "$user" --clear-groups "$@")
}
export TMPDIR=/tmp

# HOME unset: /tmp, without a word or with one.
builds as_user env -u HOME dcc gcc -c hello.c
[ -d "/tmp/dcc-$user/lock" ] || fail "no locks in /tmp"
[ "$(stat -c %a "/tmp/dcc-$user")" = 700 ] || fail "others may enter"
rm -rf "/tmp/dcc-$user"
# HOME of root, as under sudo, and one that cannot be written: said once, not for each job.
chown root "$HOME"
for home in "$HOME" "$work/read-only" /nonexistent; do
	rm -rf "/tmp/dcc-$user"
	HOME=$home builds as_user dcc gcc -c hello.c
	[ "$(wc -l <"$work/err")" -le 1 ] || fail "with HOME=$home: $(cat "$work/err")"
	HOME=$home builds as_user dcc gcc -c hello.c
	is_silent
done
# A place in /tmp that somebody else has prepared is not used.
rm -rf "/tmp/dcc-$user"
mkdir -m 777 "/tmp/dcc-$user"
unset DCC_FALLBACK
rm -f "$folder/hello.o"
HOME=/nonexistent expect 0 as_user dcc gcc -c hello.c
is_same "$folder/hello.o" local.o
[ -z "$(ls "/tmp/dcc-$user")" ] || fail "used a folder of somebody else"
rm -rf "/tmp/dcc-$user"
# Their own home.
mkdir "$work/their-home"
chown "$user" "$work/their-home"
HOME=$work/their-home builds as_user dcc gcc -c hello.c
is_silent
[ -d "$work/their-home/.dcc/lock" ] || fail "not in their home"
