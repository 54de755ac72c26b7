#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Links to dcc with compilers' names, first in PATH; behind ccache; as CMake's launcher.
. "$(dirname "$0")/lib.sh"
needs ccache cmake

start_dccd one 127.0.0.2
export DCC_HOSTS="127.0.0.2:$port/4" DCC_FALLBACK=0
write_sources
mkdir bin
real_path=$PATH
dcc=$(command -v dcc)
for name in gcc g++ cc c++ clang clang++ x86_64-linux-gnu-gcc; do
	command -v "$name" >/dev/null || continue
	ln -s "$dcc" "bin/$name"
done

# via NAME SOURCE: the link and the real program make the same object.
via()
{
	rm -f -- *.o
	"$1" -O1 -c "$2" -o local.o
	PATH=$PWD/bin:$real_path "$1" -O1 -c "$2" -o remote.o
	is_same remote.o local.o
	ran_away "$2"
}

for name in gcc cc clang x86_64-linux-gnu-gcc; do
	[ ! -e "bin/$name" ] || via "$name" hello.c
done
via g++ vector.cc
via clang++ vector.cc
# By its path, and with the folder twice in PATH.
"$PWD/bin/gcc" -O1 -c hello.c -o remote.o
PATH=$PWD/bin:$PWD/bin:$real_path gcc -O1 -c hello.c -o remote.o
PATH=$PWD/bin:$real_path expect 0 gcc --version
prints 'gcc'
# Without arguments the compiler speaks, not dcc.
PATH=$PWD/bin:$real_path expect 1 gcc
says 'no input files'

# The driver's own children find the real programs: a compile with a link through the masquerade.
PATH=$PWD/bin:$real_path gcc hello.c -o hello
./hello >/dev/null
ran_here hello.c no-compile

# A wrapper that leads back to dcc is found out at once.
mkdir loop
printf '#!/bin/sh\nexec dcc gcc "$@"\n' >loop/gcc
chmod 755 loop/gcc
PATH=$PWD/loop:$real_path expect 111 dcc gcc -c hello.c -o x.o
says 'calls dcc again'
# dcc as its own compiler.
expect 110 dcc dcc -c hello.c
expect 111 dcc "$PWD/bin/gcc" -c hello.c
expect 110 dcc no-such-compiler -c hello.c
says 'no-such-compiler'

# ccache calls dcc for what it has not got.
export CCACHE_DIR="$work/ccache" CCACHE_NODIRECT=1
jobs=$(count ': away ' "$DCC_LOG")
CCACHE_PREFIX=dcc ccache gcc -O1 -c hello.c -o first.o
CCACHE_PREFIX=dcc ccache gcc -O1 -c hello.c -o second.o
[ "$(count ': away ' "$DCC_LOG")" -eq $((jobs + 1)) ] || fail "ccache called dcc $(($(count ': away ' "$DCC_LOG") - jobs)) times"
is_same first.o second.o
# A folder of links to ccache before the compilers, and dcc as its prefix.
mkdir links
ln -s "$(command -v ccache)" links/gcc
PATH=$PWD/links:$real_path CCACHE_PREFIX=dcc gcc -O2 -c hello.c -o third.o
gcc -O2 -c hello.c -o local.o
is_same third.o local.o
[ "$(count ': away ' "$DCC_LOG")" -eq $((jobs + 2)) ] || fail "no job through links to ccache"
rm -rf "$CCACHE_DIR"

# CMake.
mkdir project
cp hello.c hello.h vector.cc project/
cat >project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.13)
project(example C CXX)
add_library(example STATIC hello.c vector.cc)
END
unset DCC_FALLBACK
jobs=$(count ': away ' "$DCC_LOG")
cmake -S project -B built -DCMAKE_C_COMPILER_LAUNCHER=dcc -DCMAKE_CXX_COMPILER_LAUNCHER=dcc \
	-DCMAKE_BUILD_TYPE=Release >cmake.out 2>&1 || fail "$(cat cmake.out)"
cmake --build built >cmake.out 2>&1 || fail "$(cat cmake.out)"
[ -s built/libexample.a ] || fail "no library"
ran_away "$PWD/project/hello.c"
ran_away "$PWD/project/vector.cc"
