/*
 * The state machines of G, P and M: every change of a state goes through here, and debug builds check it
 * against these tables. Release builds inline the store (internal.h).
 *
 *  G                          ┌───────────── yield, preemption ────────────┐
 *                             ▼                                            │
 *    idle ──▶ dead ──go──▶ runnable ───────────── execute ──────────▶ running ──exit──▶ dead
 *                          ▲  ▲  ▲                                     │ │ ▲
 *                          │  │  └── ready ─── waiting ◀──── park ─────┘ │ │ exit_syscall, with a P
 *                          │  └───── exit_syscall, no P ─── syscall ◀────┘ │
 *                          │                                   └───────────┘
 *                          └──── resume ──── preempted ◀── stopped for a request ── running
 *
 *    who owns it:  runnable: the queue it is in.  running, syscall: its M.  waiting: whatever it waits for.
 *                  dead: a free list.  Its stack may be touched by nobody but a running G itself.
 *
 *  P    idle ◀──────────▶ running ◀──────▶ syscall          idle: on sched.p_idle, empty queue, no M.
 *        ▲  pidle_get/put  │  ▲               │ sysmon:       running: owned by an M that runs a G or looks
 * for one. │                 │  │               │ retake        syscall: its G is in a blocking call. Still
 * tied to the M that may ├─────────────────┼──┼───────────────┘ (by CAS)      have it back without a lock,
 * but anybody may take it, by CAS. ▼                 ▼  │ stopped ◀───────── stop_world ──▶ dead (GOMAXPROCS
 * shrank) ──▶ stopped again when it grows
 *
 *  M has no state word; where it is follows from its fields:
 *
 *    running    curg, p            a G runs
 *    looking    p, no curg         find_runnable(); `spinning` when its own queue had nothing
 *    blocked    curg, no p         in a blocking call: the P stays in state syscall, or was taken
 *    polling    no p, no curg      in netpoll(), when it is the one that waits for the network
 *    parked     no p, no curg, `blocked`   on sched.m_idle, asleep in its note
 *
 * A design with one P state fewer is Go's since 1.26, where a P in a blocking call stays "running" and the
 * G's state is frozen while the P is taken. That needs a lock bit in the G's state, and with it a
 * compare-and-swap on every change. Here the changes of a G are plain stores, and the one contended change is
 * a CAS on the P.
 */
#include <stdio.h>

#include "gpm/internal.h"

const char *const g_state_text[] = {
    [G_IDLE] = "idle",       [G_RUNNABLE] = "runnable", [G_RUNNING] = "running",    [G_SYSCALL] = "syscall",
    [G_WAITING] = "waiting", [G_DEAD] = "dead",         [G_PREEMPTED] = "preempted"};

#define X(id, text) [WAIT_##id] = text,
const char *const wait_reason_text[WAIT_COUNT] = {WAIT_LIST(X)};
#undef X

#ifdef GPM_DEBUG

#define TO(state) (1u << (state))

static const uint32_t g_allowed[] = {
    [G_IDLE] = TO(G_DEAD),
    [G_RUNNABLE] = TO(G_RUNNING),
    [G_RUNNING] = TO(G_RUNNABLE) | TO(G_SYSCALL) | TO(G_WAITING) | TO(G_DEAD) | TO(G_PREEMPTED),
    [G_SYSCALL] = TO(G_RUNNING) | TO(G_RUNNABLE),
    [G_WAITING] = TO(G_RUNNABLE),
    [G_DEAD] = TO(G_RUNNABLE),
    [G_PREEMPTED] = TO(G_RUNNABLE),
};

static const uint32_t p_allowed[] = {
    [P_IDLE] = TO(P_RUNNING) | TO(P_STOPPED),
    [P_RUNNING] = TO(P_IDLE) | TO(P_SYSCALL) | TO(P_STOPPED),
    [P_SYSCALL] = TO(P_RUNNING) | TO(P_IDLE) | TO(P_STOPPED),
    [P_STOPPED] = TO(P_IDLE) | TO(P_RUNNING) | TO(P_DEAD),
    [P_DEAD] = TO(P_STOPPED),
};

void g_check_change(struct g *g, enum g_state from, enum g_state to)
{
    uint32_t was = LOAD(&g->state);
    if (was != from || !(g_allowed[from] & TO(to)))
        gpm_fatal("goroutine %llu is in state %u, to go from %u to %u", (unsigned long long)g->id, was, from,
                  to);
}

void p_check_change(struct p *p, enum p_state from, enum p_state to)
{
    uint32_t was = LOAD(&p->state);
    if (was != from || !(p_allowed[from] & TO(to)))
        gpm_fatal("P%d is in state %u, to go from %u to %u", p->id, was, from, to);
}

#endif

bool p_cas_state(struct p *p, enum p_state from, enum p_state to)
{
    uint32_t was = from;
    return atomic_compare_exchange_strong(&p->state, &was, to);
}
