# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs each case of a table with the bare compiler and with dcc (pump mode, plain mode) in the same folder.

same.py TABLE BARE DAEMON-LOG [PATTERN]: BARE is a folder with a "dcc" that only runs its arguments, so that
bare compiles and those with dcc have the same command. Exit status, both outputs and every file (name, mode,
bytes) must be equal, and the job must have gone where the table says: dcc's log says so, the daemon's confirms.

A table (FAMILY.cases); what begins with a tab belongs to the line above it:

    file NAME           a file of the folder in which each case runs; its text follows
    prepare COMMAND     run once, in that folder
    PUMP PLAIN COMMAND  a case: where its jobs go by default, and where with DCC_PUMP=never.
                        pump: a volunteer, from its own view of the files; text: a volunteer, from
                        preprocessed text; else the reason why it stays here, as in dcc(1).
                        "a/b": a for gcc, b for clang. A command with $CC or $CXX is run with both.
        terminal        stderr is a terminal
        varies F: SED   the bare compiler itself never makes F (files of that pattern, stdout, stderr) the same
                        twice: compared after sed SED. That it varies is checked too.
"""
import collections
import concurrent.futures
import difflib
import fnmatch
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import threading
import time

WORKERS = 2
COMMAND_SECONDS = 60
PROBLEMS_MAX = 3
RETRIES = 4
MODES = (('pump', 'auto'), ('plain', 'never'))
COMPILERS = {'gcc': ('gcc', 'g++'), 'clang': ('clang', 'clang++')}
# Nothing is compiled: there is nothing to compile, or the compiler itself refuses the command or its preprocessor the source.
NO_COMPILE = {'no-compile', 'preprocess-only', 'no-source', 'bad-command', 'cpp-failed'}

Case = collections.namedtuple('Case', 'line compiler command expected options')
Result = collections.namedtuple('Result', 'status files')


class Table:
    def __init__(self, path):
        self.files, self.prepare, self.cases = [], [], []
        with open(path, encoding='utf-8', errors='surrogateescape') as f:
            self.items = group(f.read().split('\n'))
        for number, head, body in self.items:
            word, _, rest = head.partition(' ')
            if word == 'file':
                self.files.append((rest.strip(), '\n'.join(body) + '\n' if body else ''))
            elif word == 'prepare':
                self.prepare.append(rest)
            else:
                self.cases += cases_of(number, head, body)


def group(lines):
    """(line number, line, lines that belong to it without their tab)"""
    items = []
    for number, line in enumerate(lines, 1):
        if line.startswith('\t'):
            items[-1][2].append(line[1:])
        elif line and not line.startswith('#'):
            items.append((number, line, []))
    return items


def cases_of(number, head, body):
    pump, plain, command = head.split(None, 2)
    if re.search(r'\$(CC|CXX)\b', command):
        compilers = list(COMPILERS)
    else:
        compilers = ['clang' if 'clang' in command else 'gcc']
    for compiler in compilers:
        index = list(COMPILERS).index(compiler)
        expected = {mode: words[index] if len(words) > 1 else words[0]
                    for mode, words in (('pump', pump.split('/')), ('plain', plain.split('/')))}
        yield Case(number, compiler, command, expected, body)


def option(case, name):
    return [o[len(name):].strip() for o in case.options if o.split()[0] == name]


class Runner:
    def __init__(self, table, template, bare, daemon_log):
        self.table, self.template, self.bare = table, template, bare
        self.daemon_log = daemon_log
        self.folders = threading.local()
        self.number = iter(range(1000))
        self.late = 0

    def folder(self):
        if not hasattr(self.folders, 'path'):
            self.folders.path = os.path.join(os.getcwd(), 'worker%d' % next(self.number))
        return self.folders.path

    def run(self, case, mode):
        """mode: None for the bare compiler."""
        folder = self.folder()
        log = folder + '.log'
        env = dict(os.environ, PWD=folder, DCC_LOG=log, DCC_PUMP=mode or 'never')
        env['CC'], env['CXX'] = COMPILERS[case.compiler]
        if mode is None:
            env['PATH'] = self.bare + ':' + env['PATH']
        reset(folder, self.template)
        open(log, 'w').close()
        files = run_command(case.command, folder, env, bool(option(case, 'terminal')))
        status = files.pop('status')
        files.update(snapshot(folder))
        with open(log, encoding='utf-8', errors='replace') as f:
            return Result(status, files), list(f)

    def run_in_time(self, case, mode):
        """On a machine with too much to do the include server may be late; that is another test's matter."""
        for _ in range(RETRIES):
            result, log = self.run(case, mode)
            if not any('the include server does not answer' in line for line in log):
                break
            self.late += 1
        return result, log

    def check(self, case):
        """The case's name, its verdicts, and what is wrong."""
        bare, _ = self.run(case, None)
        filters = dict(v.split(': ', 1) for v in option(case, 'varies'))
        wrong = []
        again = None
        if filters:
            time.sleep(1)
            again, _ = self.run(case, None)
            wrong += ['the bare compiler makes the same %s each time' % pattern for pattern in filters
                      if not vary(pattern, bare, again)]
        for mode, word in MODES:
            result, log = self.run_in_time(case, word)
            problems = differences(bare, result, filters)[:PROBLEMS_MAX]
            if problems and again is None:
                again, _ = self.run(case, None)
                if differences(bare, again, filters):
                    problems.append('(two bare compiles differ as well)')
            problems += misplaced(case.expected[mode], log, self.daemon_log)
            wrong += ['%s: %s' % (mode, p) for p in problems]
        return wrong


def reset(folder, template):
    subprocess.run(['rm', '-rf', folder], check=True)
    shutil.copytree(template, folder, symlinks=True)


def run_command(command, folder, env, has_terminal):
    master, slave = pty.openpty() if has_terminal else (None, subprocess.PIPE)
    p = subprocess.Popen(['sh', '-c', command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=slave, start_new_session=True)
    seen = b''
    if has_terminal:
        os.close(slave)
        seen = read_terminal(master)
    out, err = p.communicate(timeout=COMMAND_SECONDS)
    return {'status': p.returncode, 'stdout': out, 'stderr': seen or err}


def read_terminal(master):
    seen = b''
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b''
        if not data:
            os.close(master)
            return seen
        seen += data


def snapshot(folder):
    files = {}
    for at, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(at, name)
            st = os.lstat(path)
            if stat.S_ISREG(st.st_mode):
                with open(path, 'rb') as f:
                    content = f.read()
            else:
                content = os.readlink(path).encode() if stat.S_ISLNK(st.st_mode) else b''
            files[os.path.relpath(path, folder)] = (oct(st.st_mode), content)
    return files


def vary(pattern, a, b):
    names = fnmatch.filter(a.files, pattern)
    return any(a.files[name] != b.files.get(name) for name in names)


def filtered(name, value, filters):
    pattern = next((f for f in filters if fnmatch.fnmatch(name, f)), None)
    if value is None or pattern is None:
        return value
    mode, content = value if isinstance(value, tuple) else ('', value)
    p = subprocess.run(['sed', filters[pattern]], input=content, capture_output=True, check=True,
                       env=dict(os.environ, LC_ALL='C'))
    return mode, p.stdout


def differences(bare, other, filters):
    problems = []
    if bare.status != other.status:
        problems.append('exit status %d instead of %d' % (other.status, bare.status))
    for name in sorted(bare.files.keys() | other.files.keys()):
        a, b = (filtered(name, r.files.get(name), filters) for r in (bare, other))
        if a != b:
            problems.append(describe(name, a, b))
    return problems


def describe(name, a, b):
    if b is None:
        return 'no %s' % name
    if a is None:
        return 'makes %s, which the bare compiler does not' % name
    (a_mode, a), (b_mode, b) = (v if isinstance(v, tuple) else ('', v) for v in (a, b))
    if a_mode != b_mode:
        return '%s has mode %s instead of %s' % (name, b_mode, a_mode)
    if b'\0' in a + b:
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        return '%s differs at byte %d: %r instead of %r' % (name, at, b[at:at + 24], a[at:at + 24])
    lines = difflib.unified_diff(*(t.decode(errors='replace').splitlines() for t in (a, b)), 'bare', 'dcc', n=0,
                                 lineterm='')
    return '%s differs:\n\t\t%s' % (name, '\n\t\t'.join(list(lines)[2:8]))


def misplaced(expected, log, daemon_log):
    verdicts = last_verdicts(log)
    wrong = [] if verdicts else ['dcc has not logged a job']
    for verdict in verdicts:
        if place_of(verdict) != expected:
            wrong.append('expected %s: %s%s' % (expected, verdict, why_not_pump(log)))
        elif verdict.startswith('away ') and not daemon_log.confirms(verdict):
            wrong.append('the daemon knows nothing of: %s' % verdict)
    return wrong


def why_not_pump(log):
    return ''.join('\n\t\t' + line.split(': ', 1)[1].rstrip('\n') for line in log if ': no pump mode for ' in line)


def last_verdicts(log):
    """One per dcc: a job that went away may come here after all."""
    verdicts = {}
    for line in log:
        job, verdict = re.search(r' (dcc\[\d+\]): (.*)', line).groups()
        if verdict.startswith(('away ', 'here ')):
            verdicts[job] = verdict
    return verdicts.values()


def place_of(verdict):
    if verdict.startswith('here '):
        return re.search(r' reason=(\S+)', verdict).group(1)
    return {'pump': 'pump', 'native': 'text'}.get(re.search(r' language=(\S+)', verdict).group(1), 'distcc')


class DaemonLog:
    """A job's line is known by the numbers of bytes; it may come after the client has its answer."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.offset = 0
        self.jobs = []

    def confirms(self, verdict):
        name, status, sent, received = re.fullmatch(
            r'away (.*) host=.* exit=(\d+) sent=(\d+) received=(\d+)', verdict).groups()
        wanted = ' %s exit:%s in:%s out:%s ' % (name.replace(' ', '?'), status, sent, received)
        for _ in range(100):
            if self.take(wanted):
                return True
            threading.Event().wait(0.02)
        return False

    def take(self, wanted):
        with self.lock, open(self.path, encoding='utf-8', errors='replace') as f:
            f.seek(self.offset)
            self.jobs += [line for line in f if ': job ' in line]
            self.offset = f.tell()
            found = next((job for job in self.jobs if wanted in job), None)
            if found:
                self.jobs.remove(found)
            return found is not None


def make_template(table, template):
    os.mkdir(template)
    for name, text in table.files:
        path = os.path.join(template, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8', errors='surrogateescape') as f:
            f.write(text)
    for command in table.prepare:
        subprocess.run(['sh', '-c', command], cwd=template, check=True)


def summary(family, cases, failed):
    lines = ['%s: %d cases, %d equal' % (family, len(cases), len(cases) - failed)]
    for mode, _ in MODES:
        places = collections.Counter(c.expected[mode] for c in cases)
        away = places.pop('pump', 0) + places.pop('text', 0)
        reasons = ', '.join('%s %d' % p for p in sorted(places.items()))
        lines.append('%s mode: remote %d, here %d%s' % (mode, away, len(cases) - away, ' (%s)' % reasons if reasons else ''))
    return '; '.join(lines)


def main(path, bare, log, pattern=''):
    table = Table(path)
    cases = [c for c in table.cases if pattern in c.command]
    template = os.path.join(os.getcwd(), 'template')
    make_template(table, template)
    runner = Runner(table, template, bare, DaemonLog(log))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for case, wrong in zip(cases, pool.map(runner.check, cases)):
            failed += bool(wrong)
            for problem in wrong:
                print('%s:%d: %s: %s\n\t%s' % (os.path.basename(path), case.line, case.compiler, case.command, problem))
    print(summary(os.path.basename(path).removesuffix('.cases'), cases, failed))
    if runner.late:
        print('repeated because the include server was late: %d' % runner.late)
    return 1 if failed or not cases else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
