# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by bench/compare and test/oracle/compare: Debian's kernel in its smallest configuration, built once.

# fetch_kernel CACHE: makes CACHE/linux, a built tree: beside each X.o, .X.o.cmd has its command.
fetch_kernel()
{
	[ -e "$1/linux/.built" ] && return 0
	install_packages bench || return 1
	mkdir -p "$1" || return 1
	(
		cd "$1" || exit 1
		package=$(apt-cache depends linux-source | sed -n 's/^ *Depends: //p' | head -n 1)
		echo "fetching, configuring and building $package"
		apt-get -qq -o APT::Sandbox::User=root download "$package" &&
			rm -rf unpacked linux && dpkg-deb -x "$package"_*.deb unpacked &&
			mkdir linux && tar xf "unpacked/usr/src/$package.tar.xz" -C linux --strip-components=1 &&
			rm -rf unpacked "$package"_*.deb &&
			make -C linux tinyconfig >/dev/null &&
			make -C linux -j"$(processors)" >/dev/null 2>&1 &&
			touch linux/.built
	)
}
