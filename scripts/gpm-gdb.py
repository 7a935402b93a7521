"""gdb commands for programs that use libgpm. Load with: source scripts/gpm-gdb.py

  gpm gs          lists all Gs: number, name, state, reason, thread, where it stands
  gpm ps          lists Ps and their queues
  gpm bt NUMBER   backtrace of a parked G (the thread's registers are put back afterwards)

Works on live processes and core files; backtraces of parked Gs need a live process.
"""
import gdb

STATES = {0: "idle", 1: "runnable", 2: "running", 3: "syscall", 4: "waiting", 6: "dead", 9: "preempted"}
G_IDLE, G_RUNNING, G_SYSCALL, G_WAITING, G_DEAD = 0, 2, 3, 4, 6


def value(text):
    return gdb.parse_and_eval(text)


def all_gs():
    slab = value("sched.slabs")
    while slab != 0:
        gs = slab["gs"]
        low, high = gs.type.range()
        for i in range(low, high + 1):
            if int(gs[i]["state"]) not in (G_IDLE, G_DEAD):
                yield gs[i]
        slab = slab["next"]


def name_of(g):
    return g["name"].string() if g["name"] != 0 else ""


def reason_of(g):
    if int(g["state"]) != G_WAITING:
        return ""
    return value("wait_reason_text[%d]" % int(g["wait_reason"])).string()


def parked_registers(g):
    """-> {register: value} at the point where the G goes on, as gpm_switch() left them on its stack."""
    sp = int(g["sp"])
    word = gdb.lookup_type("unsigned long")

    def at(offset):
        return int(gdb.Value(sp + offset).cast(word.pointer()).dereference())

    if "aarch64" in gdb.selected_inferior().architecture().name():
        registers = {"x%d" % (19 + i): at(8 * i) for i in range(12)}
        registers["pc"] = registers["x30"]
        registers["sp"] = sp + 160
        return registers
    registers = {r: at(8 * i) for i, r in enumerate(("r15", "r14", "r13", "r12", "rbx", "rbp", "rip"))}
    registers["rsp"] = sp + 56
    return registers


def where(g):
    if int(g["state"]) in (G_RUNNING, G_SYSCALL):
        return "M%d, thread %d" % (int(g["m"]["id"]), int(g["m"]["tid"])) if g["m"] != 0 else ""
    if g["stack"] == 0:
        return "has not begun: %s" % g["fn"]
    registers = parked_registers(g)
    pc = registers.get("rip", registers.get("pc"))
    return gdb.execute("info symbol %d" % pc, to_string=True).strip()


class Gpm(gdb.Command):
    """Commands for libgpm: gs, ps, bt."""

    def __init__(self):
        super().__init__("gpm", gdb.COMMAND_DATA, prefix=True)


class Gs(gdb.Command):
    """Lists all Gs."""

    def __init__(self):
        super().__init__("gpm gs", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for g in all_gs():
            state = STATES.get(int(g["state"]), "?")
            print("%6d %-23s %-9s %-20s %s" % (int(g["id"]), name_of(g), state, reason_of(g), where(g)))


class Ps(gdb.Command):
    """Lists Ps and their queues."""

    def __init__(self):
        super().__init__("gpm ps", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        states = ("idle", "running", "syscall", "stopped", "dead")
        for i in range(int(value("sched.procs"))):
            p = value("sched.allp[%d]" % i)
            m = p["m"]
            print("P%-3d %-8s %-6s queue %d%s, %d timers, tick %d" % (
                i, states[int(p["state"])], "M%d" % int(m["id"]) if m != 0 else "", int(p["tail"]) - int(p["head"]),
                " + runnext" if p["runnext"] != 0 else "", int(p["timers"]["len"]), int(p["sched_tick"])))
        print("global queue %d, idle Ps %d, spinning Ms %d" % (
            int(value("sched.runq_size")), int(value("sched.np_idle")), int(value("sched.nm_spinning"))))


class Bt(gdb.Command):
    """Backtrace of a parked G."""

    def __init__(self):
        super().__init__("gpm bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        number = int(argument)
        found = [g for g in all_gs() if int(g["id"]) == number]
        if not found:
            raise gdb.GdbError("no G %d" % number)
        g = found[0]
        if int(g["state"]) in (G_RUNNING, G_SYSCALL):
            raise gdb.GdbError("G %d runs on %s: use `thread`" % (number, where(g)))
        if g["stack"] == 0:
            print(where(g))
            return
        gdb.execute("select-frame 0")
        kept = {}
        registers = parked_registers(g)
        for r in registers:
            kept[r] = int(value("(unsigned long)$%s" % r))
        try:
            for r, v in registers.items():
                gdb.execute("set $%s = %d" % (r, v))
            gdb.execute("backtrace")
        finally:
            for r, v in kept.items():
                gdb.execute("set $%s = %d" % (r, v))


Gpm()
Gs()
Ps()
Bt()
