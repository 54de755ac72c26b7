# SPDX-License-Identifier: GPL-2.0-or-later
"""The two sides of bench/compare on one machine: a daemon in a network namespace of its own, and
what make and its descendants, the daemon and the wire cost."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time

from sets import run

CLIENT, SERVER = "10.77.77.1", "10.77.77.2"
PORT = 3632
# Not below this tree: the daemon drops to a user who may not be let in here.
STORE = "/var/tmp/dcc-bench"
TICK = os.sysconf("SC_CLK_TCK")
PR_SET_CHILD_SUBREAPER = 36
INCLUDE_SERVER = "dcc-include-server"


def adopt_orphans():
    """What a build leaves behind, an include server, becomes this process's child: its CPU counts."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


# --- the daemon


def start_server(command, log):
    """Starts a daemon behind the far end of a new veth pair; the near end is bench0."""
    script = "read go && ip link set lo up && ip addr add $0/24 dev bench1 && " \
             "ip link set bench1 up && exec \"$@\""
    p = subprocess.Popen(["unshare", "--net", "sh", "-c", script, SERVER, *command],
                         stdin=subprocess.PIPE, stdout=log, stderr=log)
    while os.readlink(f"/proc/{p.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        time.sleep(0.01)
    run("ip", "link", "add", "bench0", "type", "veth", "peer", "name", "bench1")
    run("ip", "link", "set", "bench1", "netns", str(p.pid))
    run("ip", "addr", "add", f"{CLIENT}/24", "dev", "bench0")
    run("ip", "link", "set", "bench0", "up")
    p.stdin.write(b"go\n")
    p.stdin.close()
    return p


def wait_for_server(p, log):
    for _ in range(600):
        if p.poll() is not None:
            raise SystemExit(f"the daemon ended with status {p.returncode}: see {log}")
        try:
            socket.create_connection((SERVER, PORT), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the daemon does not listen")


def stop_server(p):
    p.send_signal(signal.SIGTERM)
    try:
        p.wait(20)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
    # distccd's workers survive it for a moment; what they took is no client's.
    for pid in orphans(None):
        reap(pid, 5)
    subprocess.run(["ip", "link", "del", "bench0"], stderr=subprocess.DEVNULL)
    shutil.rmtree(STORE, ignore_errors=True)


# --- what it costs


def read_stat(pid):
    """The parent, the CPU ticks with those of dead children, and the state of a process, or None."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(int(t) for t in fields[11:15]), fields[0]


def all_processes():
    stats = {int(name): read_stat(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: stat for pid, stat in stats.items() if stat is not None}


def tree_cpu(root):
    """CPU seconds of the process root and all its descendants, the dead ones included."""
    stats, total = all_processes(), 0
    for pid, (_, ticks, _) in stats.items():
        p = pid
        while p not in (0, root):
            p = stats[p][0] if p in stats else 0
        if p == root:
            total += ticks
    return total / TICK


def wire_bytes():
    """Bytes sent to and received from the server so far."""
    with open("/proc/self/net/dev") as f:
        fields = next(line for line in f if "bench0:" in line).partition(":")[2].split()
    return int(fields[8]), int(fields[0])


def orphans(server):
    """pid -> state of this process's other children: what a build left behind."""
    mine, known = os.getpid(), server.pid if server is not None else 0
    return {pid: stat[2] for pid, stat in all_processes().items() if stat[0] == mine and pid != known}


def is_include_server(pid):
    try:
        with open(f"/proc/{pid}/comm") as f:
            return INCLUDE_SERVER.startswith(f.read().strip())
    except OSError:
        return False


def include_server_cpu(server):
    """CPU seconds so far of the include servers that a build left running."""
    total = 0.0
    for pid, state in orphans(server).items():
        if state != "Z" and is_include_server(pid):
            # The clock of another process's CPU time: nanoseconds, where /proc counts ticks.
            total += time.clock_gettime((~pid << 3) | 2)
            with open(f"/proc/{pid}/stat") as f:
                total += sum(int(t) for t in f.read().rpartition(")")[2].split()[13:15]) / TICK
    return total


def reap(pid, seconds):
    """CPU seconds of a child that ends by itself within some seconds, or is killed then."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, _, usage = os.wait4(pid, os.WNOHANG)
        if done == pid:
            return usage.ru_utime + usage.ru_stime
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    usage = os.wait4(pid, 0)[2]
    return usage.ru_utime + usage.ru_stime


def reap_orphans(server):
    """CPU seconds of what a build left behind, save for dcc's include server, which goes on."""
    return sum(reap(pid, 5) for pid in orphans(server) if not is_include_server(pid))


def stop_include_servers(server):
    for pid in orphans(server):
        os.kill(pid, signal.SIGTERM)
        reap(pid, 5)


def timed(command, **more):
    """CPU and wall seconds and status of a command with its descendants, also of those that outlived
    their parents and ended since: who waits for such a one to be gone must not wait for ever."""
    start, cpu = time.monotonic(), 0.0
    p = subprocess.Popen(command, **more)
    while p.returncode is None:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT).si_pid
        _, status, usage = os.wait4(ended, 0)
        cpu += usage.ru_utime + usage.ru_stime
        if ended == p.pid:
            p.returncode = os.waitstatus_to_exitcode(status)
    return cpu, time.monotonic() - start, p.returncode
