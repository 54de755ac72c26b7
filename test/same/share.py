# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the cases of all tables: how many there are, how many go away, and why the others do not."""
import collections
import sys

from same import MODES, NO_COMPILE, Table

CASES_MIN = 50
REMOTE_MIN = 0.9


def main(paths):
    cases = [case for path in paths for case in Table(path).cases]
    lines = len({case.command for case in cases})
    print('%d commands, %d cases (gcc and clang)' % (lines, len(cases)))
    shares = {}
    for mode, _ in MODES:
        places = collections.Counter(case.expected[mode] for case in cases)
        compiles = len(cases) - sum(places.pop(word, 0) for word in NO_COMPILE)
        remote = places.pop('pump', 0) + places.pop('text', 0)
        shares[mode] = remote / compiles
        print('%s mode: %d of %d compiles are remote (%.1f %%); here: %s' % (
            mode, remote, compiles, 100 * shares[mode], ', '.join('%s %d' % p for p in sorted(places.items()))))
    return 0 if lines >= CASES_MIN and shares['pump'] >= REMOTE_MIN else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
