#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The include server's lists equal those of gcc and clang, for a few hundred translation units: system
# headers, random trees, and what else this machine has (test/oracle/compare names it all).
set -eu
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$top_srcdir}
export top_builddir

work=$(mktemp -d /tmp/dcc-oracle.XXXXXX)
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 "$top_srcdir/test/oracle/compare" --work "$work" --user quick
