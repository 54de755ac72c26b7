# SPDX-License-Identifier: GPL-2.0-or-later
"""What bench/compare and bench/memory run: dcc itself, and the sets, each a folder with a Makefile whose
compiler is $(WRAP) COMPILER, and the names of its objects. Sources are fetched into
$XDG_CACHE_HOME/dcc-bench, or build/bench/fetched."""
import os
import shutil
import subprocess

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
BENCH = os.path.join(TOP, "build", "bench")
CACHE = os.path.join(os.environ["XDG_CACHE_HOME"], "dcc-bench") if os.environ.get("XDG_CACHE_HOME") \
    else os.path.join(BENCH, "fetched")
KERNEL_FILES = 60
KERNEL_FOLDERS = ["kernel/", "mm/"]


def run(*command, **more):
    return subprocess.run(command, check=True, **more)


def shell(text):
    sourced = ". test/setup.sh; . bench/leveldb.sh; . bench/kernel.sh; "
    run("sh", "-c", sourced + text, cwd=TOP)


def install_dcc():
    """Builds what is in the tree; gives the folder of its programs."""
    prefix = os.environ.get("DCC_PREFIX")
    if prefix:
        return f"{prefix}/bin"
    print("building dcc in build/bench", flush=True)
    os.makedirs(f"{BENCH}/dcc", exist_ok=True)
    shell("install_packages build")
    with open(f"{BENCH}/build.log", "w") as log:
        more = {"cwd": f"{BENCH}/dcc", "stdout": log, "stderr": log}
        if not os.path.exists(f"{TOP}/configure"):
            run(f"{TOP}/autogen.sh", **{**more, "cwd": TOP})
        if not os.path.exists(f"{BENCH}/dcc/Makefile"):
            run(f"{TOP}/configure", f"--prefix={BENCH}/prefix", "--without-cmocka", **more)
        run("make", f"-j{os.cpu_count()}", "install", **more)
    return f"{BENCH}/prefix/bin"


def prepare_leveldb(work):
    """C++ with -g: the library of LevelDB 1.20."""
    shell(f"fetch_leveldb {CACHE} && rm -rf {work} && cp -r {CACHE}/leveldb {work} && "
          f"write_leveldb_makefile {work}")
    with open(f"{work}/Makefile") as f:
        lines = f.read().split("\n")
    objects = next(line for line in lines if line.startswith("OBJECTS = ")).split()[2:]
    text = "\n".join(lines).replace("\t$(CXX)", "\t$(WRAP) $(CXX)")
    with open(f"{work}/Makefile", "w") as f:
        f.write(text)
    return objects


def kernel_commands(tree):
    """(object, command) of the first C files that the kernel's make compiled, by name: its own
    command lines, from the .cmd files that it left."""
    found = []
    for folder in KERNEL_FOLDERS:
        for where, _, names in os.walk(f"{tree}/{folder}"):
            for name in names:
                if not name.endswith(".o.cmd"):
                    continue
                with open(os.path.join(where, name)) as f:
                    line = f.readline()
                target, _, command = line.partition("_")[2].partition(" := ")
                command = command.strip()
                if " -c -o " in command and command.endswith(".c") and ";" not in command:
                    found.append((target, command.replace("$(pound)", "\\#")))
    if len(found) < KERNEL_FILES:
        raise SystemExit(f"{tree} has only {len(found)} compile commands of C files")
    return sorted(found)[:KERNEL_FILES]


def prepare_kernel(work):
    """C without -g: 60 files of a tinyconfig kernel."""
    shell(f"fetch_kernel {CACHE}")
    tree = f"{CACHE}/linux"
    commands = kernel_commands(tree)
    if not os.path.isdir(work):
        run("cp", "-r", tree, work)
    objects = [target for target, _ in commands]
    with open(f"{work}/bench.mk", "w") as f:
        f.write("all: " + " ".join(objects) + "\n")
        for target, command in commands:
            f.write(f"{target}:\n\t$(WRAP) {command}\n")
    return objects


PREPARE = {"leveldb": prepare_leveldb, "kernel": prepare_kernel}
