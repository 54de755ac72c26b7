# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced after lib.sh by the scripts that speak pump mode with pumpclient.

# digest_of COMPILER LANGUAGE: c, c++
digest_of()
{
	dcc-identify "$1" | awk -v l="$2" '$1 == l { print $2 }'
}

# searched COMPILER LANGUAGE: the steps that hide what the compiler searches, there or not.
searched()
{
	"$1" -E -v -x "$2" /dev/null 2>&1 |
		sed -n '/search starts here/,/^End of search/s/^ \(.*\)/\1/p; s/^ignoring nonexistent directory "\(.*\)"/\1/p' |
		while read -r folder; do
			echo "hidden:$(readlink -m "$folder")"
		done
}

# list_files FILE COMMAND...: what the command's -M says it reads, one name a line.
list_files()
{
	list_to=$1
	shift
	"$@" | sed -e '1s/^[^:]*://' -e '/:$/q' -e 's/ \\$//' | tr ' ' '\n' | grep . >"$list_to"
}

# prepare_pump COMPILER LANGUAGE: sets pump_steps for the function pump.
prepare_pump()
{
	pump_digest=$(digest_of "$1" "$2")
	[ -n "$pump_digest" ] || fail "$1 has no identity for $2"
	pump_hidden=$(searched "$1" "$2")
	case $2 in c++) pump_language=1 ;; *) pump_language=0 ;; esac
}

# pump EXIT STEP... -- COMMAND: outputs go to the folder back; what came is in the file out.
pump()
{
	pump_exit=$1 status=0
	shift
	# shellcheck disable=SC2086  # one step a word
	pumpclient "$address" "$port" "digest:$pump_digest" "language:$pump_language" $pump_hidden "cwd:$PWD" \
		"env:PWD=$PWD" "out:$work/back" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$status" -eq "$pump_exit" ] || fail "exit $status instead of $pump_exit: $*: $(cat "$work/out" "$work/err")"
}

# came_back FILE...: each is what the last command of the same name made here.
came_back()
{
	for file; do
		is_same "$work/back/$(basename "$file")" "$file"
	done
}

# never PATTERN: the volunteer did not say it.
never()
{
	! grep -q -e "$1" "$work/out" || fail "it says $1: $(cat "$work/out")"
}
