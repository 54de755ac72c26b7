# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by ./check, ./demo and bench/: what a Debian machine needs, and how to get it.

packages_for()
{
	case $1 in
	build) # what configure and make need
		echo autoconf automake make pkg-config gcc libc6-dev libpopt-dev liblzo2-dev libzstd-dev \
			libseccomp-dev libssl-dev libxxhash-dev libavahi-client-dev libcmocka-dev
		;;
	test) # compilers to be tried, programs that dcc works with, what the scripts use
		# and two versions of gcc, one of which is not the usual one
		echo g++ g++-11 g++-12 gcc-aarch64-linux-gnu clang llvm libclang-rt-dev python3 binutils shellcheck distcc ccache cmake curl iproute2 openssl openssh-server openssh-client procps systemd \
			util-linux git xz-utils
		;;
	demo)
		echo g++ procps
		;;
	bench)
		echo g++ distcc distcc-pump python3 bc bison flex iproute2 procps util-linux xz-utils bzip2
		;;
	kernel) # what its makefiles need
		echo bc bison flex libelf-dev libssl-dev cpio
		;;
	ninja)
		echo g++ cmake ninja-build googletest python3
		;;
	binutils)
		echo g++ binutils-source xz-utils bison flex texinfo dejagnu bc
		;;
	npm) # fetches LevelDB's sources
		echo npm ca-certificates
		;;
	esac
}

# install_packages PURPOSE...: those packages that are missing, as root or through sudo.
install_packages()
{
	missing=
	for purpose in "$@"; do
		for package in $(packages_for "$purpose"); do
			dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
				missing="$missing $package"
		done
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || {
		echo "please install:$missing" >&2
		return 1
	}
	echo "installing:$missing"
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	# A machine that has just started may be installing its updates.
	# shellcheck disable=SC2086  # lists
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o DPkg::Lock::Timeout=300 install $missing >/dev/null
}

# leave_configured_folder SCRIPT [ARGUMENT...]: where ./configure was run in place, configure refuses to build
# elsewhere. Then the script starts again in a copy of the sources.
leave_configured_folder()
{
	[ -e config.status ] || return 0
	echo "configured in place: goes on in build/sources"
	mkdir -p build && make -s distdir distdir=build/sources || exit 1
	script=$1
	shift
	exec "build/sources/$script" "$@"
}

processors()
{
	nproc 2>/dev/null || echo 2
}
