#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Debian's distcc sends its jobs to dccd, in protocols 1 and 2: objects, warnings and errors are the compiler's own.
. "$(dirname "$0")/lib.sh"
needs /usr/bin/distcc

start_dccd one 127.0.0.2
write_sources
export DISTCC_DIR="$work/distcc" DISTCC_FALLBACK=0 DISTCC_SKIP_LOCAL_RETRY=1
mkdir "$DISTCC_DIR" out
echo 'int broken(void) { return nothing; }' >broken.c

# distcc COMMAND...: Debian's.
stock()
{
	expected=$1
	shift
	expect "$expected" /usr/bin/distcc "$@"
}

for options in '' ,lzo; do
	export DISTCC_HOSTS="127.0.0.2:$port/4$options"
	for compiler in gcc clang; do
		"$compiler" -O2 -Wall -c hello.c -o local.o 2>"$work/local.err"
		stock 0 "$compiler" -O2 -Wall -c hello.c -o out/remote.o
		is_same out/remote.o local.o
		says "unused variable 'unused'"
	done
	g++ -O2 -c vector.cc -o local.o
	stock 0 g++ -O2 -c vector.cc
	is_same vector.o local.o
	gcc -S hello.c -o local.s
	stock 0 gcc -S hello.c
	# The name of the preprocessed text stands in its first line.
	is_same hello.s local.s
	gcc -O1 -c hello.c -o local.o
	stock 0 gcc -O1 -c "$PWD/hello.c" -o "$PWD/out/absolute.o"
	is_same out/absolute.o local.o
	stock 1 gcc -c broken.c
	says "'nothing' undeclared"
	[ ! -e broken.o ] || fail "an object without a compile"
done
expect_lines ' distcc1 .* exit:0 ' "$work/one.log" 5
expect_lines ' distcc2 .* exit:0 ' "$work/one.log" 5
expect_lines ' distcc1 plain .*gcc broken.c exit:1 ' "$work/one.log" 1
expect_lines ' distcc2 plain .*gcc broken.c exit:1 ' "$work/one.log" 1

# A compiler that is not offered, and a command that is not run: closed, and the client says so.
stock 1 gcc -c hello.c -fplugin=evil.so
expect_lines 'refused .* arguments ' "$work/one.log" 1
printf '#!/bin/sh\nexec gcc "$@"\n' >mycc
chmod 755 mycc
stock 116 "$PWD/mycc" -c hello.c
expect_lines 'refused .* compiler ' "$work/one.log" 1
