# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by the scripts of test/real, which then stand in the project's top folder: a farm of two volunteers on this
# machine, and builds that are made bare and with dcc in one and the same folder, so that nothing else differs.
#
# Programs come from $DCC_BIN (a folder to which make has built them), else from $DCC_PREFIX/bin, else from an own
# build below build/real. Sources are fetched into $XDG_CACHE_HOME/dcc-bench, else build/bench/fetched.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
top=$PWD
. test/setup.sh

script=$(basename "$0")
real=$top/build/real
cache=${XDG_CACHE_HOME:+$XDG_CACHE_HOME/dcc-bench}
cache=${cache:-$top/build/bench/fetched}
jobs=$(($(processors) * 2))
farm=
volunteers=()
export LC_ALL=C

die()
{
	echo "$script: $*" >&2
	exit 1
}

# The farm.

stop_all()
{
	local pid

	for pid in "${volunteers[@]}"; do
		kill "$pid" 2>/dev/null
		for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null && sleep 0.1; done
	done
	[ -z "$farm" ] || { "$bin/dcc-include-server" --stop 2>/dev/null; rm -rf "$farm"; }
}
trap stop_all EXIT
trap 'exit 130' INT TERM

install_dcc()
{
	bin=${DCC_BIN:-${DCC_PREFIX:+$DCC_PREFIX/bin}}
	pump=$bin/pump
	[ -x "$pump" ] || pump=$top/src/pump/pump
	[ -z "$bin" ] || return 0
	bin=$real/prefix/bin pump=$real/prefix/bin/pump
	echo "building dcc in build/real"
	mkdir -p "$real/dcc"
	[ -x configure ] || ./autogen.sh >"$real/build.log" 2>&1 || die "autogen.sh failed: build/real/build.log"
	(
		cd "$real/dcc" || exit 1
		[ -e Makefile ] || "$top/configure" --quiet --prefix="$real/prefix" --without-cmocka || exit 1
		make -j"$jobs" install
	) >"$real/build.log" 2>&1 || die "the build failed: build/real/build.log"
}

start_volunteer()
{
	local port status

	for port in $(seq 44632 44700); do
		"$bin/dccd" --daemon --listen "$1" --port "$port" --allow 127.0.0.0/8 --jobs "$(processors)" \
			--store-dir "$farm/$1" --log-file "$farm/$1.log" --pid-file "$farm/$1.pid" 2>"$farm/$1.err"
		status=$?
		[ $status -eq 102 ] && continue
		[ $status -eq 0 ] || die "dccd ended with status $status: $(cat "$farm/$1.err")"
		volunteers+=("$(cat "$farm/$1.pid")")
		DCC_HOSTS="$DCC_HOSTS $1:$port/$jobs"
		return
	done
	die "no free port on $1"
}

start_farm()
{
	local name

	# None of the user's settings.
	for name in $(env | sed -n 's/^\(DCC_[A-Z_]*\|DISTCC_[A-Z_]*\|CCACHE_[A-Z_]*\)=.*/\1/p'); do
		case $name in DCC_BIN | DCC_PREFIX) ;; *) unset "$name" ;; esac
	done
	farm=$(mktemp -d "${TMPDIR:-/tmp}/dcc-real.XXXXXX") && chmod 755 "$farm" || exit 1
	export DCC_HOSTS='' DCC_DIR=$farm/client DCC_LOG=$farm/client.log
	mkdir "$DCC_DIR" "$farm/links"
	for name in gcc g++ cc c++; do ln -s "$(readlink -f "$bin/dcc")" "$farm/links/$name"; done
	start_volunteer 127.0.0.2
	start_volunteer 127.0.0.3
}

# Builds.

# fetch_npm PACKAGE VERSION: unpacked to $cache/PACKAGE-VERSION, once.
fetch_npm()
{
	[ ! -d "$cache/$1-$2" ] || return 0
	command -v npm >/dev/null || install_packages npm || return 1
	mkdir -p "$cache" || return 1
	(
		cd "$cache" || exit 1
		echo "fetching $1 $2 with npm"
		npm pack --silent "$1@$2" >/dev/null && rm -rf package && tar xzf "$1-$2.tgz" &&
			(cd package && npm install --silent --ignore-scripts --omit=dev --no-audit --no-fund) &&
			mv package "$1-$2" && rm -f "$1-$2.tgz"
	)
}

# run_node_gyp: in a package's folder; the headers are those that came with node.
run_node_gyp()
{
	local node gyp

	node=$(readlink -f "$(command -v node)")
	gyp=$(command -v node-gyp) || gyp=$(npm root -g)/npm/node_modules/node-gyp/bin/node-gyp.js
	"$node" "$(readlink -f "$gyp")" rebuild --nodedir="$(dirname "$(dirname "$node")")" -j "$jobs" "$@"
}

# list_made FOLDER: what compilers, linkers and ar have written there, with digests.
list_made()
{
	(cd "$1" && find . -type f -newer "$real/begun" -print | LC_ALL=C sort | while IFS= read -r file; do
		case $file in
		*.o | *.a | *.d | *.s | *.dwo | *.su | *.so | *.node | *.symvers | *.mod.c | */bzImage) sha256sum "$file" ;;
		*) [ "$(head -c 4 "$file" | tr -d '\0')" != "$(printf '\177ELF')" ] || sha256sum "$file" ;;
		esac
	done)
}

# show_jobs NAME: where the compiler calls went, by dcc's log. Sets away.
show_jobs()
{
	away=$(grep -c ': away ' "$DCC_LOG")
	printf '%-24s %5d compiler calls away (%d in pump mode), here: %s\n' "$1" "$away" \
		"$(grep -c ': away .* language=pump ' "$DCC_LOG")" \
		"$(sed -n 's/.*\]: here .* reason=\([a-z-]*\) .*/\1/p' "$DCC_LOG" | sort | uniq -c | sort -rn |
			awk '{ printf "%s%s %d", (NR > 1 ? ", " : ""), $2, $1 }')"
	sed -n 's/.*: no pump mode for [^ ]* *\(.*\)/\1/p' "$DCC_LOG" | sort | uniq -c | sort -rn | head -n 5
}

# build_once WAY SOURCE: a copy of SOURCE in $tree, built by the script's function build.
build_once()
{
	rm -rf "$tree" && cp -a "$2" "$tree" || exit 1
	touch "$real/begun" && sleep 0.1
	: >"$DCC_LOG"
	seconds=$SECONDS
	(
		cd "$tree" || exit 1
		export DCC_PUMP=never
		case $1 in
		bare) wrap='' && build ;;
		# With links and with a prefix, as the script likes.
		plain) wrap=$bin/dcc links=$farm/links && build ;;
		pump)
			export DCC_PUMP=auto
			eval "$("$pump" --startup)"
			wrap=$bin/dcc links=$farm/links && build
			status=$?
			"$bin/dcc-include-server" --statistics >"$real/$script.statistics"
			"$pump" --shutdown
			exit "$status"
			;;
		esac
	) >"$real/$script.$1.log" 2>&1 || { tail -n 15 "$real/$script.$1.log"; die "the $1 build failed"; }
	list_made "$tree" >"$real/$script.$1.list"
	echo "$script: $1 build: $((SECONDS - seconds)) seconds, $(grep -c '\.o$' "$real/$script.$1.list") objects"
}

# compare_builds SOURCE WAY...: bare, then each way; all files equal, and in pump mode nearly all objects made by
# volunteers. (Some objects are linked from others, by ld -r; plain mode has its limits, say with #pragma GCC poison.)
compare_builds()
{
	local source=$1 way objects least status=0

	shift
	tree=$real/$script.tree
	mkdir -p "$real"
	install_packages build demo || exit 1
	install_dcc
	start_farm
	build_once bare "$source"
	objects=$(grep -c '\.o$' "$real/$script.bare.list")
	[ "$objects" -gt 0 ] || die "no objects"
	for way; do
		build_once "$way" "$source"
		show_jobs "$script, $way:"
		diff "$real/$script.bare.list" "$real/$script.$way.list" || { echo "$script: $way: files differ"; status=1; }
		least=$([ "$way" = pump ] && echo $((objects * 9 / 10)) || echo 1)
		[ "$away" -ge "$least" ] || { echo "$script: $way: too few jobs went away"; status=1; }
	done
	echo "$script: $(wc -l <"$real/$script.bare.list") files compared"
	return $status
}
