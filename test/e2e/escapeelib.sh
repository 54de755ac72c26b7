# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced after lib.sh by the scripts whose compiler proper is escapee.c.

# plant_escapee: a copy of gcc whose cc1 is escapee, offered beside gcc itself; sets evil, its driver.
plant_escapee()
{
	evil=$work/evil/bin/gcc-12
	cc1=$(gcc -print-prog-name=cc1 | sed "s#.*/lib/#$work/evil/lib/#")
	mkdir -p "$work/evil/bin" "${cc1%/*}"
	cp "$(readlink -f "$(command -v gcc)")" "$evil"
	cp "$(command -v escapee)" "$cc1"
	command -v gcc >list
	echo "$evil" >>list
	export DCC_CMDLIST="$PWD/list"
}
