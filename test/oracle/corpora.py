# SPDX-License-Identifier: GPL-2.0-or-later
"""Translation units to scan (test/oracle/compare says which there are), and the include server's answers about them."""
import collections
import functools
import os
import random
import re
import shlex
import shutil
import subprocess
import sys

import trees

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "dcc-bench")
C_SUFFIXES, CXX_SUFFIXES = (".c", ".S"), (".cc", ".cpp", ".cxx")

Unit = collections.namedtuple("Unit", "compiler cwd argv env")


def find_compiler(name):
    """As dcc does: links to compiler launchers are passed over."""
    for folder in os.environ["PATH"].split(":"):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.basename(os.path.realpath(path)) not in ("ccache", "distcc", "dcc", "icecc"):
            return path
    return None


# --- what the include server says

Said = collections.namedtuple("Said", "why detail us names user_names pieces hidden")


class Server:
    def __init__(self, program, directory, repeat):
        self.process = subprocess.Popen([program, directory, str(repeat)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, "LC_ALL": "C"})
        self.rest = b""

    def field(self):
        while b"\0" not in self.rest:
            more = self.process.stdout.read1(1 << 20)
            if not more:
                sys.exit("the include server's program died")
            self.rest += more
        field, self.rest = self.rest.split(b"\0", 1)
        return field.decode("latin1")

    def fields(self):
        """Up to the empty one."""
        while b"\0\0" not in self.rest and not self.rest.startswith(b"\0"):
            more = self.process.stdout.read1(1 << 20)
            if not more:
                sys.exit("the include server's program died")
            self.rest += more
        if self.rest.startswith(b"\0"):
            self.rest = self.rest[1:]
            return []
        fields, self.rest = self.rest.split(b"\0\0", 1)
        return fields.decode("latin1").split("\0")

    def ask(self, unit):
        env = [f"{k}={v}" for k, v in unit.env.items()]
        text = "\0".join([unit.compiler, unit.cwd, *env, "", *unit.argv, ""]) + "\0"
        self.process.stdin.write(text.encode("latin1"))
        self.process.stdin.flush()
        return Said(self.field(), self.field(), int(self.field()), self.fields(), self.fields(), self.fields(), self.fields())

    def close(self):
        self.process.stdin.close()
        if self.process.wait() != 0:
            sys.exit("the include server's program failed")


# --- corpora: lists of units


def headers_below(top, suffixes):
    found = []
    for where, folders, names in os.walk(top):
        folders.sort()
        if top == "/usr/include" and where == top and "boost" in folders:
            folders.remove("boost")
        found += [os.path.relpath(os.path.join(where, n), "/usr/include") for n in sorted(names) if n.endswith(suffixes)]
    return found


@functools.lru_cache(maxsize=None)
def folders_like(top):
    """-I of the folder, and of those that go with it: llvm-14 and llvm-c-14."""
    word = re.match("[A-Za-z]*", top)[0]
    names = [n for n in sorted(os.listdir("/usr/include")) if re.match("[A-Za-z]*", n)[0] == word]
    return [f"-I/usr/include/{n}" for n in names if os.path.isdir(f"/usr/include/{n}")]


def own_folders(header):
    """Most libraries with a folder of their own expect it to be searched."""
    top = header.split("/")[0]
    return [] if top in ("c++", "boost", "linux", "asm-generic") or "/" not in header or "-linux-gnu" in top else folders_like(top)


def unit_per_header(work, compiler, headers, language, options):
    units = []
    for header in headers:
        name = re.sub(r"[^A-Za-z0-9_]", "_", header) + (".c" if language == "c" else ".cc")
        path = os.path.join(work, language, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(f"#include <{header}>\n")
        units.append(Unit(compiler, os.path.dirname(path), ["cc", *options, *own_folders(header), "-c", name], {}))
    return units


def cxx_of(compiler):
    return find_compiler({"gcc": "g++", "clang": "clang++"}[os.path.basename(compiler)])


def include_headers():
    c = headers_below("/usr/include", (".h",))
    # libstdc++'s have no suffix.
    cxx = c + [h for h in headers_below("/usr/include", ("",)) if "c++" in h and "." not in os.path.basename(h)]
    return c, cxx + headers_below("/usr/include", (".hpp", ".hh", ".hxx", ".tcc"))


def corpus_include(work, compiler, _):
    c, cxx = include_headers()
    return unit_per_header(work, compiler, c, "c", []) + unit_per_header(work, cxx_of(compiler), cxx, "c++", ["-std=gnu++17"])


def shell(text):
    subprocess.run(["sh", "-c", f". {TOP}/test/setup.sh; . {TOP}/bench/leveldb.sh; . {TOP}/bench/kernel.sh; {text}"],
                   check=True, stdout=sys.stderr)


def corpus_leveldb(work, compiler, _):
    shell(f"fetch_leveldb {CACHE} && mkdir -p {work} && rm -rf {work}/leveldb && cp -r {CACHE}/leveldb {work}")
    options = ["-std=c++11", "-O2", "-g", "-I.", "-Iinclude", "-DOS_LINUX", "-DLEVELDB_PLATFORM_POSIX", "-pthread"]
    sources = sorted(os.path.relpath(os.path.join(where, n), f"{work}/leveldb")
                     for where, _, names in os.walk(f"{work}/leveldb") for n in names if n.endswith(".cc"))
    return [Unit(cxx_of(compiler), f"{work}/leveldb", ["c++", *options, "-c", s], {}) for s in sources]


def kernel_commands(tree):
    for where, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            if not (name.startswith(".") and name.endswith(".o.cmd")):
                continue
            with open(os.path.join(where, name)) as f:
                line = f.readline()
            command = line.partition(" := ")[2].partition(" ; ")[0].replace("$(pound)", "#")
            if command.startswith("gcc ") and " -c " in command and " -D__KERNEL__ " in command:
                yield shlex.split(command)


def corpus_kernel(_, compiler, __):
    shell(f"fetch_kernel {CACHE}")
    return kernel_units(f"{CACHE}/linux", compiler)


def corpus_built(_, compiler, arguments):
    return kernel_units(os.path.realpath(arguments[0]), compiler)


def kernel_units(tree, compiler):
    units = []
    for words in kernel_commands(tree):
        if os.path.basename(compiler) == "clang":
            # It was configured for gcc: clang is given what a preprocessor heeds.
            keep = ("-I", "-D", "-U", "-include", "-nostdinc", "-std", "-m32", "-ffreestanding", "-fshort-wchar", "-O", "./", "-c")
            words = [w for i, w in enumerate(words) if w.startswith(keep) or i == len(words) - 1]
        units.append(Unit(compiler, tree, words, {}))
    return units


def boost_headers():
    return headers_below("/usr/include/boost", (".hpp", ".h", ".ipp"))


def corpus_boost(work, compiler, _):
    return unit_per_header(work, cxx_of(compiler), boost_headers(), "c++", ["-std=gnu++17"])


BOOSTPP = """
#define BOOST_MPL_CFG_NO_PREPROCESSED_HEADERS
#define BOOST_MPL_LIMIT_LIST_SIZE {n}0
#define BOOST_MPL_LIMIT_VECTOR_SIZE {n}0
#define BOOST_MPL_LIMIT_MAP_SIZE {n}0
#define BOOST_MPL_LIMIT_SET_SIZE {n}0
#define FUSION_MAX_VECTOR_SIZE {n}0
#define BOOST_FUSION_DONT_USE_PREPROCESSED_FILES
#define BOOST_PHOENIX_DONT_USE_PREPROCESSED_FILES
#include <boost/{header}>
"""
BOOSTPP_SELF = """
#ifndef BOOST_PP_IS_ITERATING
#include <boost/preprocessor/iteration/iterate.hpp>
#include <boost/preprocessor/slot/slot.hpp>
#include <boost/preprocessor/repetition/enum_params.hpp>
#include <boost/preprocessor/arithmetic/mul.hpp>
#define BOOST_PP_VALUE {n} * 3 + 1
#include BOOST_PP_ASSIGN_SLOT(1)
#define BOOST_PP_ITERATION_PARAMS_1 (3, (1, BOOST_PP_SLOT(1), "self{n}.cc"))
#include BOOST_PP_ITERATE()
int main() {{ return 0; }}
#else
#if BOOST_PP_ITERATION() % 2
#include <boost/mpl/if.hpp>
#else
template <BOOST_PP_ENUM_PARAMS(BOOST_PP_ITERATION(), class T)> struct s{n};
#endif
#if BOOST_PP_ITERATION() == {n}
#include <boost/preprocessor/list/for_each.hpp>
#endif
#endif
"""


def corpus_boostpp(work, compiler, _):
    headers = ["mpl/list.hpp", "mpl/vector.hpp", "mpl/map.hpp", "mpl/set.hpp", "mpl/list_c.hpp", "mpl/vector_c.hpp",
               "mpl/bind.hpp", "mpl/lambda.hpp", "mpl/apply.hpp", "fusion/include/deque.hpp", "mpl/inherit.hpp", "mpl/unpack_args.hpp",
               "mpl/string.hpp", "mpl/transform.hpp", "mpl/sort.hpp", "fusion/container.hpp", "fusion/include/vector.hpp",
               "fusion/include/map.hpp", "fusion/include/invoke.hpp", "fusion/tuple.hpp", "phoenix/phoenix.hpp", "lambda/lambda.hpp",
               "bind.hpp", "function.hpp", "signals2.hpp", "variant.hpp", "spirit/include/qi.hpp", "proto/proto.hpp",
               "preprocessor.hpp", "type_traits.hpp", "spirit/include/karma.hpp", "typeof/std/vector.hpp"]
    os.makedirs(f"{work}/boostpp", exist_ok=True)
    units = []
    texts = [(f"list{i}.cc", BOOSTPP.format(n=3 + i % 3, header=h)) for i, h in enumerate(headers)]
    texts += [(f"self{n}.cc", BOOSTPP_SELF.format(n=n)) for n in range(1, 21)]
    for name, text in texts:
        with open(f"{work}/boostpp/{name}", "w") as f:
            f.write(text)
        units.append(Unit(cxx_of(compiler), f"{work}/boostpp", ["c++", "-I.", "-c", name], {}))
    return units


def corpus_random(work, compiler, arguments):
    count = int(arguments[0]) if arguments else 300
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    units = []
    for n in range(seed, seed + count):
        base = f"{work}/random/{n}"
        shutil.rmtree(base, ignore_errors=True)
        for cwd, words, env in trees.make_tree(n, base):
            is_cxx = words[-1].endswith(CXX_SUFFIXES)
            units.append(Unit(cxx_of(compiler) if is_cxx else compiler, cwd, ["cc", *words], env))
    return units


def corpus_directory(_, compiler, arguments):
    top = os.path.realpath(arguments[0])
    units = []
    for where, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            if name.endswith(C_SUFFIXES + CXX_SUFFIXES):
                cc = cxx_of(compiler) if name.endswith(CXX_SUFFIXES) else compiler
                units.append(Unit(cc, where, ["cc", f"-I{top}", "-c", name], {}))
    return units


def corpus_quick(work, compiler, _):
    rng = random.Random(7)

    def some(items, count):
        return rng.sample(items, min(count, len(items)))

    is_gcc = os.path.basename(compiler) == "gcc"
    c, cxx = include_headers()
    units = unit_per_header(work, compiler, some(c, 25 if is_gcc else 15), "c", [])
    units += unit_per_header(work, cxx_of(compiler), some(cxx, 20 if is_gcc else 10) + some(boost_headers(), 3), "c++", [])
    units += corpus_random(work, compiler, ["30" if is_gcc else "15"])
    if os.path.exists(f"{CACHE}/linux/.built") and is_gcc:
        units += some(corpus_kernel(work, compiler, []), 30)
    if os.path.isdir("/usr/include/boost"):
        units += some(corpus_boostpp(work, compiler, []), 3)
    return units


CORPORA = {name[len("corpus_"):]: f for name, f in globals().items() if name.startswith("corpus_")}
