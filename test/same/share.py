# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the cases of all tables: how many there are, how many go away, and why the others do not."""
import collections
import re
import sys

from same import MODES, NO_COMPILE, Table

CASES_MIN = 250
REMOTE_MIN = 0.9


def listed(places, words):
    return ', '.join('%s %d' % (word, places[word]) for word in sorted(words))


def unexplained(cases, page):
    """Commands that stay here for plain mode's sake though dcc(1) names none of their options at DCC_EXACT."""
    with open(page, encoding='utf-8') as f:
        text = f.read().replace('\\-', '-')
    text = text.partition('.B DCC_EXACT\n')[2].partition('\n.TP\n.B DCC_PUMP\n')[0]
    options = tuple(re.findall(r'(?<![\w-])--?[A-Za-z][\w-]*', text))
    return [case for case in cases if case.expected['plain'] == 'plain'
            and not any(word.startswith(options) for word in case.command.split())]


def main(page, paths):
    cases = [case for path in paths for case in Table(path).cases]
    lines = len({case.command for case in cases})
    print('%d commands, %d cases (gcc and clang)' % (lines, len(cases)))
    shares = {}
    for mode, _ in MODES:
        places = collections.Counter(case.expected[mode] for case in cases)
        compiles = len(cases) - sum(places.get(word, 0) for word in NO_COMPILE)
        remote = places.pop('pump', 0) + places.pop('text', 0)
        shares[mode] = remote / compiles
        print('%s mode: %d of %d compiles are remote (%.1f %%); here: %s; nothing to compile: %s' % (
            mode, remote, compiles, 100 * shares[mode], listed(places, places.keys() - NO_COMPILE),
            listed(places, places.keys() & NO_COMPILE)))
    odd = unexplained(cases, page)
    for case in odd:
        print('dcc(1) does not say why plain mode keeps this: %s' % case.command)
    return 0 if not odd and lines >= CASES_MIN and shares['pump'] >= REMOTE_MIN else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))
