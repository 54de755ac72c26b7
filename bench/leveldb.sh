# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by ./demo and bench/compare: LevelDB 1.20, as the npm package leveldown 6.1.1 carries it.

# fetch_leveldb CACHE: unpacks it to CACHE/leveldb, once.
fetch_leveldb()
{
	[ -d "$1/leveldb/db" ] && return 0
	command -v npm >/dev/null || install_packages npm || return 1
	mkdir -p "$1" || return 1
	(
		cd "$1" || exit 1
		echo "fetching leveldown 6.1.1 with npm"
		npm pack --silent leveldown@6.1.1 >/dev/null &&
			rm -rf package && tar xzf leveldown-6.1.1.tgz package/deps/leveldb/leveldb-1.20 &&
			mv package/deps/leveldb/leveldb-1.20 leveldb && rm -rf package
	)
}

# write_leveldb_makefile DIRECTORY: in which its sources lie. CXX is the compiler's command.
write_leveldb_makefile()
{
	(
		cd "$1" || exit 1
		objects=$(find db table util port helpers -name '*.cc' |
			grep -v -e _test.cc -e _bench.cc -e testharness -e testutil -e leveldbutil |
			sort | sed 's/\.cc$/.o/' | tr '\n' ' ')
		# shellcheck disable=SC2016  # make's variables
		printf '%s\n' 'CXX = g++' \
			'CXXFLAGS = -std=c++11 -O2 -g -I. -Iinclude -DOS_LINUX -DLEVELDB_PLATFORM_POSIX -pthread' \
			"OBJECTS = $objects" \
			'all: $(OBJECTS)' \
			'%.o: %.cc' '	$(CXX) $(CXXFLAGS) -c $< -o $@' \
			'clean:' '	rm -f $(OBJECTS)' >Makefile
	)
}
