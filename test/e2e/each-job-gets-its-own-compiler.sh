#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Two versions of gcc and clang on one volunteer: the client's own compiler is found by its bytes, whatever its name there.
# A volunteer that lacks it is passed over, and one line says which compiler is missing where.
. "$(dirname "$0")/lib.sh"

# The other gcc: one of those in setup.sh that is not this machine's usual one.
other=
for version in 11 12; do
	[ "$(gcc -dumpversion)" = $version ] || [ -n "$other" ] || other=$version
done
needs gcc g++ clang clang++ "gcc-$other" "g++-$other"

# real NAME: the file that the links of that name lead to.
real()
{
	readlink -f "$(command -v "$1")"
}
[ "$(real gcc)" != "$(real "gcc-$other")" ] || fail "gcc-$other is gcc"

# A folder of links as an administrator may have made it: there "gcc" is the other version.
mkdir "$work/links"
ln -s "$(real "gcc-$other")" "$work/links/gcc"
ln -s "$(real "g++-$other")" "$work/links/g++"
printf '%s\n' "$work/links/gcc" "$work/links/g++" "$(real gcc)" "$(real g++)" clang clang++ >"$work/all.list"
printf '%s\n' gcc clang >"$work/few.list"
DCC_CMDLIST="$work/all.list" && export DCC_CMDLIST
start_dccd all 127.0.0.2 --jobs 4
all="127.0.0.2:$port/4"
DCC_CMDLIST="$work/few.list"
start_dccd few 127.0.0.3 --jobs 4
few="127.0.0.3:$port/4"
unset DCC_CMDLIST
write_sources

export DCC_FALLBACK=0
for mode in never require; do
	export DCC_PUMP=$mode DCC_HOSTS="$all"
	for cc in gcc "gcc-$other" clang; do
		compare hello.o $cc -O2 -Wall -c hello.c
		ran_away hello.c
	done
	for cc in g++ "g++-$other" clang++; do
		compare vector.o $cc -O2 -c vector.cc
		ran_away vector.cc
	done
done
# They are three compilers indeed: their objects name them.
for cc in gcc "gcc-$other" clang; do
	dcc $cc -O2 -c hello.c -o "by-$cc.o"
	objcopy -O binary --only-section=.comment "by-$cc.o" "by-$cc"
done
[ "$(sha256sum by-*.o | cut -d ' ' -f 1 | sort -u | wc -l)" -eq 3 ] || fail "not three compilers"
for cc in gcc "gcc-$other" clang; do
	[ "$(sha256sum <"by-$cc")" = "$($cc -O2 -c hello.c -o x.o && objcopy -O binary --only-section=.comment x.o x && sha256sum <x)" ] ||
		fail "by-$cc.o was not made by $cc"
done

# The first of the list lacks the other gcc: one of many jobs says so, all go to the second.
export DCC_PUMP=never DCC_HOSTS="$few $all"
for i in 1 2 3 4 5 6 7 8; do
	write_fast "fast$i.c"
	dcc "gcc-$other" -c "fast$i.c" 2>"messages$i" &
	eval "job$i=$!"
done
for i in 1 2 3 4 5 6 7 8; do
	eval "wait \$job$i" || fail "fast$i.c was not compiled: $(cat "messages$i")"
	case $(verdict_of "fast$i.c") in
	*": away fast$i.c host=$all "*) ;;
	*) fail "fast$i.c was to pass the first volunteer over: $(verdict_of "fast$i.c")" ;;
	esac
done
cat messages? >"$work/err"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one line: $(cat "$work/err")"
says "$few lacks "
says "gcc-$other (gcc $("gcc-$other" -dumpfullversion) "
says 'for c, reason=compiler): offered are clang '
# What it has, it does.
dcc gcc -O2 -c hello.c
case $(verdict_of hello.c) in
*": away hello.c host=$few "*) ;;
*) fail "hello.c was to go to the first volunteer: $(verdict_of hello.c)" ;;
esac

# Nobody has it: it is done here, and nothing is said again.
export DCC_HOSTS="$few" DCC_FALLBACK=1
for i in 1 2; do
	expect 0 dcc "gcc-$other" -O$i -c hello.c
	is_silent
	ran_here hello.c compiler
done
DCC_FALLBACK=0 expect 110 dcc "gcc-$other" -c hello.c
says 'reason=compiler'
# For another language it is another compiler, whose lack is told as well.
expect 0 dcc "g++-$other" -c vector.cc
says 'for c++, reason=compiler)'
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one line: $(cat "$work/err")"
expect 0 dcc "g++-$other" -c vector.cc
is_silent

# The same version with other bytes, as two distributions have it.
mkdir -p "$work/patched/bin"
cp "$(real gcc)" "$work/patched/bin/gcc"
printf 'patched' >>"$work/patched/bin/gcc"
ln -s /usr/lib "$work/patched/lib"
expect 0 dcc "$work/patched/bin/gcc" -O1 -c hello.c
says 'of that version too, but with other bytes'
ran_here hello.c compiler
