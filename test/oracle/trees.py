# SPDX-License-Identifier: GPL-2.0-or-later
"""Random trees of headers and commands that read them, for test/oracle/compare.

A tree is a folder with headers of the same few names in several search folders. A header includes
only names of a higher number, so that every tree has an end; what may not be found stands below
__has_include. All else is left to chance, by a seed that brings the same tree again.
"""
import os
import random

HEADERS = 10
FOLDERS = ["inc", "alt", "sys", "quote", "after", "src", "src/sub", "inc/sub", "sys/sub"]
MACROS = [f"M{i}" for i in range(8)] + ["linux", "unix", "EMPTY"]
FUNCTIONS = ["F0", "F1", "F2", "VAR"]
STANDARD = ["stddef.h", "stdarg.h", "limits.h", "stdint.h", "float.h", "errno.h"]


class Writer:
    """Writes the text of one file."""

    def __init__(self, rng, base, number, is_main, features):
        self.rng = rng
        self.base = base
        self.number = number
        self.is_main = is_main
        self.features = features
        self.lines = []
        self.depth = 0
        self.includes = 0
        # In such a file __LINE__ is not modelled.
        self.breaks_words = rng.random() < 0.1

    def chance(self, p):
        return self.rng.random() < p

    def one(self, *choices):
        return self.rng.choice(choices)

    # --- expressions

    def atom(self, depth):
        rng = self.rng
        kind = rng.randrange(16)
        if kind == 15:
            if self.features.extended and self.chance(0.2):
                return rng.choice(["a$b", "\u00e9t\u00e9"])
            return rng.choice(["DEF", "EITHER", "OPT(1)", "OPT(1, 2)", "NAMED(3)", "NAMED(1, 2)",
                               "__COUNTER__ < 1000", "STRAY", "D"])
        if kind < 3:
            return str(rng.choice([0, 1, 2, 3, 7, 10, 100, 65536]))
        if kind < 7:
            return rng.choice(MACROS[:-1])
        if kind == 7:
            return f"defined {rng.choice(MACROS)}" if depth else f"defined({rng.choice(MACROS + FUNCTIONS)})"
        if kind == 8:
            return f"F0({self.expression(depth + 1)})" if depth < 3 else "F0(1)"
        if kind == 9:
            return f"F1({rng.choice(MACROS[:8])}, {rng.randrange(4)})"
        if kind == 10:
            return rng.choice(["0x10", "1u", "2UL", "077", "0xFFFFFFFFu", "3LL", "1ULL", "'a'", "'\\n'", "'\\x41'", "'\\''",
                               "L'b'", "-1", "0b101", "18446744073709551615ull"])
        if kind == 11:
            # In the body of a macro it would come to stand in directives of several lines, which are not modelled.
            return rng.choice(["__LINE__" if depth < 3 else "1", "__INCLUDE_LEVEL__", "__STDC__", "NOT_DEFINED", "true_", "__cplusplus",
                               "__STDC_VERSION__", "__STDC_HOSTED__", "__OPTIMIZE__", "__GNUC__"])
        if kind == 12:
            return f"VAR(1, {self.number})"
        if kind == 13:
            return self.one("__has_include(\"h3.h\")", "__has_include(<h4.h>)", "__has_include(<no/such.h>)",
                            "__has_include(\"sub/h5.h\")", "__has_include(QUOTED)", "__has_include(<stdint.h>)", "__has_include(\"sub\")",
                            "defined __has_include", "__has_include ( <link/../h9.h> )") \
                if self.features.has_include else "1"
        return f"({self.expression(depth + 1)})" if depth < 4 else "1"

    def expression(self, depth=0):
        rng = self.rng
        left = self.atom(depth)
        if depth > 3 or rng.random() < 0.35:
            return rng.choice(["", "", "!", "~", "-"]) + left if not left.startswith("-") else left
        kind = rng.randrange(10)
        if kind < 6:
            op = rng.choice(["+", "-", "*", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||", "<<", ">>"])
            right = self.atom(depth + 1) if op not in ("<<", ">>") else str(rng.randrange(8))
            return f"{left} {op} {right}"
        if kind == 6:
            return f"{left} {rng.choice(['/', '%'])} {rng.randrange(1, 5)}"
        if kind == 7:
            return f"({left}) ? {self.atom(depth + 1)} : {self.atom(depth + 1)}"
        if kind == 8:
            return f"1 || 1 / 0 || {left}" if self.chance(0.3) else f"0 && 1 / 0 || {left}"
        return f"{left} EMPTY"

    # --- directives

    def put(self, line):
        self.lines.append(line)

    def hash(self, rest):
        """A directive in one of its many spellings."""
        if "__LINE__" in rest and self.chance(0.9):
            self.put("#" + rest)
            return
        start = self.one("#", "#", "#", "#", "# ", "  #", "\t#\t", "#/* c */", "/* c */ #")
        if self.chance(0.03) and self.features.digraphs:
            start = "%:"
        if self.chance(0.1) and self.features.trigraphs:
            start = "??="
        end = self.one("", "", "", "", " ", " /* x */", " /* x\n y */")
        if self.chance(0.08) and self.features.line_comments:
            end = " // x"
        if self.chance(0.06) and " " in rest and "\"" not in rest and "'" not in rest and "<" not in rest:
            rest = rest.replace(" ", " \\\n", 1)
        elif self.breaks_words and self.chance(0.1) and len(rest) > 6:
            rest = rest[:4] + "\\\n" + rest[4:]
        self.put(start + rest + end)

    def body(self):
        rng = self.rng
        kind = rng.randrange(9)
        if kind < 4:
            return str(rng.randrange(5))
        if kind < 6:
            return rng.choice(MACROS[:8])
        if kind == 6:
            return f"({self.expression(3)})"
        if kind == 7:
            return f"(F0({rng.choice(MACROS[:8])}) + 1)"
        return ""

    def define(self):
        rng = self.rng
        kind = rng.randrange(12)
        name = rng.choice(MACROS[:8])
        if kind < 6:
            body = self.body()
            self.hash(f"undef {name}")
            self.hash(f"define {name} {body or rng.randrange(3)}")
        elif kind == 6:
            self.hash(f"undef {rng.choice(MACROS[:10])}")
        elif kind == 7:
            self.hash("undef F0")
            self.hash(f"define F0(x) ({rng.choice(['(x)', 'x + 1', '!(x)', '0', '(x) * (x)'])})")
        elif kind == 8:
            self.hash("undef F1")
            self.hash(f"define F1(a, b) {rng.choice(['(a + b)', '((a) > (b))', 'M ## b', 'a'])}")
        elif kind == 9:
            self.hash("undef VAR")
            self.hash(f"define VAR(x, ...) {rng.choice(['(x)', '(x + __VA_ARGS__)', '__VA_ARGS__', 'F0(x)'])}")
        elif kind == 10:
            self.hash(f"pragma push_macro(\"{name}\")")
            self.hash(f"undef {name}")
            self.hash(f"define {name} {rng.randrange(9)}")
            if self.chance(0.7):
                self.condition()
            if self.chance(0.8):
                self.hash(f"pragma pop_macro(\"{name}\")")
        else:
            self.hash(rng.choice(["undef D", "undef EITHER", "undef STRAY"]))
            if self.chance(0.3):
                self.hash(rng.choice(["undef EITHER\n#define EITHER(x) x", "undef EITHER\n#define EITHER 1",
                                      "undef DEF\n#define DEF defined(M4)", "undef STRAY\n#define STRAY F0 (M1)", "undef OPT\n#define OPT(x, ...) x + 0 ## __VA_ARGS__",
                                      "undef NAMED\n#define NAMED(x, more...) F1(x, 1)"]))
            self.hash("undef D")
            self.hash(f"define D {rng.choice(['1', 'M1', 'M2', 'F0(M3)'])}")

    def include(self):
        rng = self.rng
        if self.number + 1 >= HEADERS or self.includes >= 3:
            return
        self.includes += 1
        k = rng.randrange(self.number + 1, min(self.number + 4, HEADERS))
        name = f"h{k}.h"
        kind = rng.randrange(14)
        if kind < 3:
            self.hash(f"include \"{name}\"")
        elif kind < 5:
            self.hash(f"include <{name}>")
        elif kind == 5:
            self.hash("undef HEADER")
            self.hash(f"define HEADER {rng.choice([chr(34) + name + chr(34), '<' + name + '>'])}")
            self.hash("include HEADER")
        elif kind == 6:
            self.hash("undef WHICH")
            self.hash(f"define WHICH h{k}")
            self.hash(f"include {rng.choice(['XSTR(WHICH.h)', 'ANGLE(WHICH)', 'XSTR(PASTE(h, ' + str(k) + ').h)'])}")
        elif kind == 7 and self.features.has_include and not self.is_main:
            self.hash(f"if __has_include_next(<h{self.number}.h>)")
            self.hash(f"include_next <h{self.number}.h>" if self.chance(0.5) else f"include_next \"h{self.number}.h\"")
            self.hash("endif")
        elif kind == 8 and self.features.has_include:
            path = rng.choice([f"sub/h{k}.h", f"../inc/{name}", f"./{name}", f"sub/../{name}", f".//{name}", f"../{name}",
                               f"link/{name}", f"link/../{name}", f"link/../real/{name}", f"{self.base}/inc/{name}", f"twin{k}.h", f"copy{k}.h", f"hard{k}.h"])
            quotes = rng.choice([("\"", "\""), ("<", ">")])
            self.hash(f"if __has_include({quotes[0]}{path}{quotes[1]})")
            self.hash(f"include {quotes[0]}{path}{quotes[1]}")
            self.hash("endif")
        elif kind == 9:
            self.hash(rng.choice([f"import \"{name}\"", f"include \"{name}\" junk", f"include STR({name})",
                                  f"include \"{self.base}/inc/{name}\"", f"include_next \"{name}\""]))
        elif kind == 10:
            self.hash(f"include <{rng.choice(STANDARD)}>")
        elif kind == 11:
            self.put(f"#include/**/<{name}>" if self.chance(0.5) else f"#include\"{name}\"")
        elif kind == 12 and not self.is_main:
            self.hash(f"if ITERATION{self.number} < {rng.randrange(1, 4)}")
            for i in range(4):
                self.put(f"#{'el' if i else ''}if ITERATION{self.number} == {i}")
                self.put(f"#undef ITERATION{self.number}")
                self.put(f"#define ITERATION{self.number} {i + 1}")
            self.put("#endif")
            self.put("#include __FILE__")
            self.hash("endif")
        else:
            self.hash(f"include {rng.choice(['QUOTED', 'ANGLED'])}")

    def condition(self):
        rng = self.rng
        kind = rng.randrange(10)
        if kind < 2:
            self.hash(f"{rng.choice(['ifdef', 'ifndef'])} {rng.choice(MACROS + FUNCTIONS)}")
        elif kind < 3:
            self.hash(f"if {rng.choice(['defined', '!defined'])}({rng.choice(MACROS)}) "
                      f"{rng.choice(['&&', '||'])} defined {rng.choice(MACROS)}")
        else:
            self.hash(f"if {self.expression()}")
        self.block()
        while self.chance(0.4):
            if self.features.elifdef and self.chance(0.2):
                self.hash(f"{rng.choice(['elifdef', 'elifndef'])} {rng.choice(MACROS)}")
            else:
                self.hash(f"elif {self.expression()}")
            self.block()
        if self.chance(0.5):
            self.hash("else" if self.chance(0.95) else "else junk")
            self.block()
        self.hash("endif" if self.chance(0.95) else "endif junk")

    def block(self):
        self.depth += 1
        for _ in range(self.rng.randrange(0, 4)):
            self.item()
        self.depth -= 1

    def false_block(self):
        """What stands where nobody looks."""
        rng = self.rng
        self.hash("if 0")
        for _ in range(rng.randrange(1, 4)):
            self.put(rng.choice([
                "#error never", "#unknown directive", "#if ((\n#endif", "#if x(\n#else\n#include <no/such.h>\n#endif",
                "#include \"no such\"", "#", "/* #endif */", "#define (", "#ifdef 3\n#endif", "%:include <nothing>",
                "\"// no comment \" #endif", "#ifndef\n#elif !!!\n#endif",
            ]))
        self.hash("endif")
        if self.chance(0.3):
            self.put("#if 1\n#elif ((\n#error never\n#endif\n#ident \"x\"\n#pragma GCC poison NEVER_USED")

    def text(self):
        rng = self.rng
        choices = [
            "int x;", "/* #include \"no/such.h\"\n#define M1 77\n*/", "\"/* no comment\"", "\"a\\\"// b\" \"c\"", "'\"' '\\''",
            "a /* b */ c", "#", "# /* null */", "F0\n(1)", "x \\\n#define M2 55", "\\\n", "\f\v #define M3 1\n#undef M3",
            "_Pragma(\"once_upon_a_time\")", "\"\\\\\" /* \" */", "a ## b # c", "?" "? (", "..", ".5e+3", "0x1p3",
        ]
        if self.features.is_cxx or self.chance(0.5):
            choices += ["_Pragma(\"push_macro(\\\"M1\\\")\")\n#undef M1\n_Pragma(\"pop_macro(\\\"M1\\\")\")"]
        if self.features.line_comments:
            choices += ["// #include <no/such.h>", "// splice \\\n#include <no/such.h>", "int y; // \"", "//* odd\n"]
        if self.features.raw_strings:
            choices += ["R\"(\n#define M4 44\n#include <no/such.h>\n)\"", "R\"x(\")\" // )x\"", "u8R\"(/*)\"", "R\"-(a\\\n)-\""]
        if self.features.separators:
            choices += ["1'000'000", "0x1'2 // '"]
        self.put(rng.choice(choices))

    def line(self):
        n = self.rng.randrange(1, 1000)
        self.hash(f"line {n}")
        self.put(f"#if __LINE__ == {n + self.rng.randrange(0, 2)}")
        self.block()
        self.put("#endif")

    def item(self):
        kind = self.rng.randrange(20)
        if kind < 6:
            self.define()
        elif kind < 11 and self.depth < 4:
            self.condition()
        elif kind < 15:
            self.include()
        elif kind == 15 and self.chance(0.4):
            self.line()
        elif kind == 16:
            self.false_block()
        else:
            self.text()

    def finish(self):
        return "\n".join(self.lines) + self.rng.choice(["\n", "\n", "\n", ""])


PRELUDE = """#ifndef PRELUDE
#define PRELUDE
#define STR(x) #x
#define XSTR(x) STR(x)
#define PASTE2(a, b) a ## b
#define PASTE(a, b) PASTE2(a, b)
#define ANGLE(x) <x.h>
#define EMPTY
#define QUOTED "h9.h"
#define ANGLED <h9.h>
#define F0(x) (x)
#define F1(a, b) (a + b)
#define VAR(x, ...) (x)
#define DEF defined(M1)
#define EITHER 0
#define OPT(x, ...) (x)
#define NAMED(x, more...) (x)
#define M1 1
#define M2 M1
#define M3 (M2 + 1)
#endif
"""


class Features:
    """What a language allows; chosen before the tree is written."""

    def __init__(self, rng):
        self.is_cxx = rng.random() < 0.4
        if self.is_cxx:
            self.std = rng.choice(["", "c++98", "gnu++98", "c++11", "gnu++14", "c++17", "c++20"])
        else:
            self.std = rng.choice(["", "", "gnu89", "c99", "gnu99", "c11", "gnu11", "c17", "gnu2x", "c89"])
        modern = self.std in ("", "gnu99", "gnu11", "gnu2x") if not self.is_cxx else self.std not in ("c++98", "gnu++98")
        self.line_comments = self.std != "c89"
        self.raw_strings = modern
        self.separators = self.is_cxx and self.std in ("", "gnu++14", "c++17", "c++20")
        self.trigraphs = self.std in ("c89", "c99", "c11", "c17", "c++98", "c++11") and rng.random() < 0.5
        self.digraphs = self.std not in ("c89", "gnu89")
        self.has_include = True
        # Identifiers that not every language takes.
        self.extended = modern and rng.random() < 0.3
        self.assembler = not self.is_cxx and not self.extended
        self.elifdef = rng.random() < 0.3


def write(path, text, rng):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as f:
        if rng.random() < 0.04:
            text = text.replace("\n", "\r\n")
        if rng.random() < 0.03:
            f.write("\ufeff")
        f.write(text)
    stamp = 1600000000 + rng.randrange(2)
    os.utime(path, (stamp, stamp))


def header(rng, base, number, features):
    w = Writer(rng, base, number, False, features)
    guard = rng.randrange(7)
    name = f"GUARD_{number}" if rng.random() < 0.9 else "GUARD_SHARED"
    if guard < 2:
        if rng.random() < 0.3:
            w.text()
        w.put(f"#ifndef {name}\n#define {name}")
    elif guard == 2:
        w.put(f"#if !defined({name})\n#define {name}")
    elif guard == 3:
        w.put("#pragma once")
    elif guard == 4:
        w.put("_Pragma(\"once\")")
    for _ in range(rng.randrange(1, 7)):
        w.item()
    if guard < 3:
        w.put("#endif")
        if rng.random() < 0.15:
            w.text()
    if rng.random() < 0.05:
        w.put("#pragma GCC system_header")
        w.include()
    return w.finish()


def make_files(rng, base, features):
    for number in range(HEADERS):
        # The first is always there, so that <...> and "..." are found.
        places = ["inc"] + [f for f in FOLDERS[1:] if rng.random() < 0.3]
        text = None
        for place in places:
            if text is None or rng.random() < 0.7:
                text = header(rng, base, number, features)
            write(f"{base}/{place}/h{number}.h", text, rng)
        where = rng.choice(places)
        if rng.random() < 0.2:
            os.symlink(f"h{number}.h", f"{base}/{where}/twin{number}.h")
        if rng.random() < 0.15:
            write(f"{base}/{where}/copy{number}.h", text, rng)
        if rng.random() < 0.1:
            os.link(f"{base}/{where}/h{number}.h", f"{base}/{where}/hard{number}.h")
    os.makedirs(f"{base}/real", exist_ok=True)
    write(f"{base}/real/h9.h", header(rng, base, 9, features), rng)
    os.symlink("../real", f"{base}/inc/link")
    os.symlink("real", f"{base}/alias")
    os.makedirs(f"{base}/empty", exist_ok=True)
    extended = "#define a$b 1\n#define \u00e9t\u00e9 2\n" if features.extended else ""
    write(f"{base}/inc/prelude.h", PRELUDE.replace("#endif\n", extended + "#endif\n"), rng)


def folder_options(rng, cwd, base):
    def spell(folder):
        path = f"{base}/{folder}"
        kind = rng.randrange(5)
        if kind == 0:
            return path
        if kind == 1:
            return path + "/"
        relative = os.path.relpath(path, cwd)
        return relative if kind < 4 or relative.startswith("..") else "./" + relative

    options = []
    for option, folder, p in (("-iquote", "quote", 0.5), ("-I", "inc", 1), ("-I", "alt", 0.6), ("-isystem", "sys", 0.6),
                              ("-idirafter", "after", 0.4), ("-I", "no/such", 0.2), ("-I", "empty", 0.2),
                              ("-isystem", "alias", 0.2), ("-I", "src", 0.2), ("-I", "alt", 0.1), ("-isystem", "alt", 0.1),
                              ("-I", "real", 0.15), ("-iquote", "inc", 0.1)):
        if rng.random() < p:
            options.append((option, spell(folder)))
    rng.shuffle(options)
    words = []
    for option, folder in options:
        words += [option + folder] if rng.random() < 0.5 else [option, folder]
    return words


def macro_options(rng):
    words = []
    for _ in range(rng.randrange(0, 5)):
        name = rng.choice(MACROS[:10])
        words.append(rng.choice([f"-D{name}", f"-D{name}={rng.randrange(4)}", f"-U{name}", "-DF0(x)=(x)",
                                 f"-D{name}=({rng.randrange(4)}+1)", f"-Wp,-D{name}=5"]))
    return words


def make_tree(seed, base):
    """Writes a tree below base; its commands as (cwd, words without the compiler, variables)."""
    rng = random.Random(seed)
    features = Features(rng)
    make_files(rng, base, features)
    commands = []
    for number in range(3):
        name = f"main{number}" + rng.choice([".cc", ".cpp"] if features.is_cxx else [".c"] * 6 + [".S" if features.assembler else ".c"])
        w = Writer(rng, base, -1, True, features)
        w.put(rng.choice(["#include <prelude.h>", "#include \"prelude.h\""]))
        for _ in range(rng.randrange(3, 9)):
            w.includes = 0
            w.item()
        write(f"{base}/src/{name}", w.finish(), rng)
        cwd = rng.choice([base, f"{base}/src", f"{base}/src/sub", f"{base}/alias"])
        os.makedirs(cwd, exist_ok=True)
        source = f"{base}/src/{name}"
        if rng.random() < 0.7:
            source = os.path.relpath(os.path.realpath(source), os.path.realpath(cwd))
            source = rng.choice([source, source, "./" + source])
        words = folder_options(rng, cwd, base) + macro_options(rng)
        if features.std:
            words.append(f"-std={features.std}")
        if rng.random() < 0.15:
            words += ["-include", "prelude.h"]
        if rng.random() < 0.1:
            words += ["-imacros", "prelude.h"]
        if rng.random() < 0.1:
            words += ["-include", "h8.h"]
        if rng.random() < 0.1:
            words += ["-iprefix", base + "/", "-iwithprefixbefore", "alt", "-iwithprefix", "sys"]
        if rng.random() < 0.1:
            words += rng.choice([[f"-Wp,-I,{base}/alt"], ["-Xpreprocessor", "-DM3=2"], [f"--sysroot={base}", "-I=/alt"], ["-nostdinc"]])
        if rng.random() < 0.2:
            words.append(rng.choice(["-O2", "-ffreestanding", "-undef", "-m32", "-funsigned-char"]))
        variables = {}
        if rng.random() < 0.15:
            variables[rng.choice(["CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH"])] = \
                rng.choice([f"{base}/alt", f"{base}/sys:{base}/after", f"{base}/no:", "alt"])
        commands.append((cwd, words + ["-c", source], variables))
    return commands
