/*
 * How Ms go to sleep and are woken: the protocol of src/gpm/sched.c, function by function under the names it has there.
 *
 * Who makes work publishes it, then looks whether a P is idle and nobody searches (wakep). Who finds no work stops being
 * counted as searching, then looks through all queues once more (recheck). One of the two must see the other.
 *
 * Checked on the way, and by the process `quiet` each time that nothing can move by itself any more:
 *   - no wake-up is lost, work is conserved: never an idle P while a G waits in a queue;
 *   - no G runs twice, none is lost: what is executed was runnable and came out of exactly one queue;
 *   - no P leaks: each is in the idle list, in the hands of one M, or on its way to one;
 *   - nm_spinning and np_idle count what they say.
 *
 * Switches that break the protocol on purpose; scripts/check-model makes sure that each is found:
 *   -DRECHECK_FIRST      look through the queues, then decrement nm_spinning
 *   -DWAKE_FIRST         look whether to wake an M, then publish the G
 *   -DNO_NEED_SPINNING   who finds no idle P to wake tells nobody
 *   -DNO_RECHECK         go to sleep without the last look
 *   -DANNOUNCED_IN_VAIN  count as spinning, find no P to start one with, and leave it at that: only with the bounds below
 *
 * README.md has the bounds, and what is left out.
 */
#ifndef PS
#define PS 2
#endif
#ifndef MS
#define MS 3 /* threads; where the library would make one more, the waker waits for one of these */
#endif
#ifndef GS
#define GS 3
#endif
#ifndef FIRST_STEPS
#define FIRST_STEPS 3 /* what G0 does before it ends: it makes the others ready */
#endif
#ifndef STEPS
#define STEPS 1 /* what every other G does */
#endif
#ifndef FOREIGN
#define FOREIGN 1 /* Gs readied by a thread that has no P: a foreign one, or sysmon with what the poller found */
#endif
#define NONE 15

mtype = {G_RUNNABLE, G_RUNNING, G_WAITING, G_SYSCALL, G_DEAD};

/*
 * struct sched. What happens under sched.lock is one atomic step here: no such section makes more than one change that is
 * seen without the lock. Memory is sequentially consistent, as it is in the library at the places that matter: seq_cst
 * operations and fences.
 */
chan runq = [GS] of {byte}; /* the global queue */
byte nm_spinning;
byte np_idle;
bit need_spinning;

/* struct p. Ring and runnext are one queue here; ring.pml looks into it. */
chan ring[PS] = [GS] of {byte};
bit p_running[PS]; /* P_RUNNING; else P_IDLE */
bit p_listed[PS];  /* in the idle list; P_IDLE and not in it: on its way to an M */
byte p_m[PS];

/* struct m */
bit m_idle[MS]; /* in the idle list */
byte m_next_p[MS]; /* with what it is woken: its P, and ... */
bit m_next_spins[MS];

/* struct g */
mtype g_state[GS];
byte g_steps[GS];
bit g_held[GS]; /* computes, or is in a blocking call, until nothing else moves */

/* ---- p.c ---- */

/* Under sched.lock. p: the first idle P, or NONE. */
inline pidle_get(p)
{
    d_step {
        p = 0;
        do
        :: p < PS && !p_listed[p] -> p++
        :: else -> break
        od;
        if
        :: p < PS ->
            assert(!p_running[p] && p_m[p] == NONE && np_idle > 0);
            p_listed[p] = 0;
            np_idle--
        :: else -> p = NONE
        fi
    }
}

inline pidle_put(p)
{
    d_step { assert(!p_listed[p] && !p_running[p]); p_listed[p] = 1; np_idle++ }
}

inline acquirep(p)
{
    d_step { assert(!p_running[p] && !p_listed[p] && p_m[p] == NONE); p_running[p] = 1; p_m[p] = m }
}

inline releasep(p)
{
    d_step { assert(p_running[p] && p_m[p] == m); p_running[p] = 0; p_m[p] = NONE }
}

/* ---- sched.c: waking ---- */

#define some_m_idle (m_idle[0] || m_idle[1] || m_idle[MS - 1])

/* mget() and the hand-over to it. Always the first one: idle Ms are all alike. */
inline wake_m(p, spins)
{
    d_step {
        other = 0;
        do
        :: !m_idle[other] -> other++
        :: else -> break
        od;
        assert(m_next_p[other] == NONE);
        m_idle[other] = 0;
        m_next_p[other] = p;
        m_next_spins[other] = spins;
        other = 0
    }
}

/* startm(NULL, true): any idle P; lost: there is none */
inline startm_any()
{
    atomic {
        some_m_idle -> pidle_get(taken);
        if
        :: taken != NONE -> wake_m(taken, 1); taken = NONE
        :: else -> lost = 1
        fi
    }
}

inline wakep()
{
    do
    :: nm_spinning != 0 -> break
    :: nm_spinning == 0 ->
        if
        :: np_idle != 0
        :: np_idle == 0 ->
#ifdef NO_NEED_SPINNING
            break
#else
            if
            :: need_spinning -> break
            :: !need_spinning -> need_spinning = 1
            fi;
            if
            :: np_idle != 0
            :: np_idle == 0 -> break
            fi
#endif
        fi;
        if
        :: atomic { nm_spinning == 0 -> nm_spinning = 1 } ->
            startm_any();
            if
            :: lost -> atomic { nm_spinning--; lost = 0 };
#ifdef ANNOUNCED_IN_VAIN
                break
#endif
            :: else -> break
            fi
        :: nm_spinning != 0 -> break
        fi
    od
}

inline become_spinning()
{
    d_step { spinning = 1; nm_spinning++; need_spinning = 0 }
}

/* Hands on the P of an M that blocks. Nobody polls in this model, so the last busy P is never let go. */
inline handoffp(p)
{
    if
    :: len(ring[p]) > 0 || len(runq) > 0 -> atomic { some_m_idle -> wake_m(p, 0) }
    :: len(ring[p]) == 0 && len(runq) == 0 ->
        if
        :: atomic { nm_spinning + np_idle == 0 -> nm_spinning = 1; need_spinning = 0 } ->
            atomic { some_m_idle -> wake_m(p, 1) }
        :: nm_spinning + np_idle != 0 ->
            atomic {
                if
                :: len(runq) > 0 || np_idle == PS - 1 -> some_m_idle -> wake_m(p, 0)
                :: else -> pidle_put(p)
                fi
            }
        fi
    fi;
    p = NONE
}

/* ---- park.c: making work ---- */

#define some_g_waits (g_state[0] == G_WAITING || g_state[1] == G_WAITING || g_state[GS - 1] == G_WAITING)

/* Claims the first G that waits: what a channel, a lock or a permit does for its waker. */
inline claim_waiting(g)
{
    d_step {
        g = 0;
        do
        :: g_state[g] != G_WAITING -> g++
        :: else -> break
        od;
        g_state[g] = G_RUNNABLE
    }
}

/* ready_to_run(): g_ready(), gpm_go() */
inline ready_local(g)
{
#ifdef WAKE_FIRST
    wakep();
    ring[p]!g
#else
    ring[p]!g;
    wakep()
#endif
}

/* The same without a P; put_global() */
inline ready_global(g)
{
#ifdef WAKE_FIRST
    wakep();
    runq!g
#else
    runq!g;
    wakep()
#endif
}

/* ---- One M ---- */

proctype M(byte m; byte p)
{
    byte g = NONE, readied = NONE, other = 0, taken = NONE, q = 0, n = 0;
    bit lost = 0, spinning = 0;

    if
    :: p == NONE -> goto parked
    :: else
    fi;

find_runnable:
    atomic {
        assert(p_running[p] && p_m[p] == m);
        g = NONE; readied = NONE /* forgotten: fewer states */
    };
    if /* find_near() */
    :: ring[p]?g -> goto found
    :: empty(ring[p])
    fi;
    if
    :: runq?g -> goto found
    :: empty(runq)
    fi;
    if /* may_spin(), steal_work(); a pass that finds nothing changes nothing, so one stands for four */
    :: spinning || 2 * nm_spinning < PS - np_idle ->
        if
        :: !spinning -> become_spinning()
        :: else
        fi;
        do
        :: q < PS && q != p && p_running[q] ->
            if /* runq_steal(): half of it, rounded up; the last one taken is run at once */
            :: atomic {
                nempty(ring[q]) -> n = (len(ring[q]) + 1) / 2;
                do
                :: n > 1 -> ring[q]?other; ring[p]!other; n--
                :: else -> ring[q]?g; n = 0; other = 0; q = 0; break
                od
               };
                goto found
            :: empty(ring[q])
            fi;
            q++
        :: q < PS && (q == p || !p_running[q]) -> q++
        :: q == PS -> q = 0; break
        od
    :: else
    fi;
    atomic { /* give_up_p() */
        if
        :: runq?g -> goto found
        :: empty(runq)
        fi;
        releasep(p);
        pidle_put(p);
        p = NONE
    };
    if /* recheck() */
    :: spinning ->
        spinning = 0;
#ifndef RECHECK_FIRST
        nm_spinning--; /* first */
#endif
#ifndef NO_RECHECK
        if /* then: work_anywhere() */
        :: nempty(runq) -> n = 1
        :: empty(runq)
        fi;
        do
        :: q < PS && n == 0 -> n = (p_running[q] && len(ring[q]) > 0 -> 1 : 0); q++
        :: q == PS || n == 1 -> q = 0; break
        od;
#endif
#ifdef RECHECK_FIRST
        nm_spinning--;
#endif
        if
        :: n == 0 -> goto stopm
        :: n == 1 -> n = 0
        fi;
found_work:
        atomic {
            pidle_get(p);
            if
            :: p == NONE -> need_spinning = 1
            :: else -> acquirep(p)
            fi
        };
        if
        :: p != NONE -> become_spinning(); goto find_runnable
        :: else
        fi
    :: !spinning && need_spinning -> goto found_work /* wanted() */
    :: !spinning && !need_spinning
    fi;

stopm:
    m_idle[m] = 1;
parked:
end_parked:
    atomic {
        m_next_p[m] != NONE -> p = m_next_p[m];
        spinning = m_next_spins[m];
        m_next_p[m] = NONE;
        m_next_spins[m] = 0;
        acquirep(p)
    };
    goto find_runnable;

found:
    atomic {
        assert(g_state[g] == G_RUNNABLE);
        g_state[g] = G_RUNNING;
        if /* reset_spinning() */
        :: spinning -> spinning = 0; nm_spinning--
        :: else -> goto execute
        fi
    };
    wakep();

execute: /* what one G does; nobody else looks at its steps */
    atomic {
        if
        :: g_steps[g] == 0 -> g_state[g] = G_DEAD; goto find_runnable
        :: g_steps[g] > 0 ->
            g_steps[g]--;
            if
            :: g_state[g] = G_WAITING; goto find_runnable /* g_park() */
            :: g_held[g] = 1; goto computes
            :: g_state[g] = G_RUNNABLE; goto yields
            :: some_g_waits -> claim_waiting(readied); goto readies
#ifdef BLOCKING
            :: g_state[g] = G_SYSCALL; releasep(p); goto blocks
#endif
            fi
        fi
    };
computes:
    g_held[g] == 0;
    goto execute;
yields: /* gpm_yield(): which of the two depends on the tick */
    if
    :: ready_local(g)
    :: ready_global(g)
    fi;
    goto find_runnable;
readies: /* g_ready(), gpm_go() */
    ready_local(readied);
    readied = NONE;
    goto execute;
#ifdef BLOCKING
blocks: /* gpm_blocking() */
    handoffp(p);
    g_held[g] = 1;
    g_held[g] == 0;
    atomic { /* exit_slow(): take_p() */
        pidle_get(p);
        if
        :: p != NONE -> acquirep(p); g_state[g] = G_RUNNING; goto execute
        :: else -> g_state[g] = G_RUNNABLE
        fi
    };
    atomic { /* exit_finish() */
        runq!g;
        g = NONE;
        pidle_get(p);
        if
        :: p != NONE -> acquirep(p); goto find_runnable
        :: else -> goto stopm
        fi
    }
#else
    skip
#endif
}

/* A thread without a P that readies Gs. */
proctype foreign()
{
    byte readied = NONE, other = 0, taken = NONE, n = 0;
    bit lost = 0;

    do
    :: n < FOREIGN ->
        n++;
        if
        :: atomic { some_g_waits -> claim_waiting(readied) };
            ready_global(readied);
            readied = NONE
        :: n = FOREIGN
        fi
    :: n == FOREIGN -> break
    od
}

/* Looks at everything when nothing moves any more but Gs that compute or block; then lets one of those go on. */
proctype quiet()
{
    byte i = 0, idle = 0, queued = 0, runnable = 0;

    do
    :: timeout ->
        d_step {
            i = 0;
            do
            :: i < PS ->
                assert(p_listed[i] != p_running[i]); /* no P leaks */
                assert(p_running[i] == (p_m[i] != NONE));
                idle = idle + p_listed[i];
                queued = queued + len(ring[i]);
                i++
            :: else -> break
            od;
            queued = queued + len(runq);
            i = 0;
            do
            :: i < MS -> assert(m_next_p[i] == NONE); i++
            :: else -> break
            od;
            i = 0;
            do
            :: i < GS -> runnable = runnable + (g_state[i] == G_RUNNABLE); i++
            :: else -> break
            od;
            assert(np_idle == idle && nm_spinning == 0);
            assert(runnable == queued);           /* no G is lost */
            assert(queued == 0 || np_idle == 0);  /* no wake-up was lost */
            i = 0; idle = 0; queued = 0; runnable = 0
        };
        if
        :: g_held[0] -> g_held[0] = 0
        :: g_held[1] -> g_held[1] = 0
        :: g_held[GS - 1] -> g_held[GS - 1] = 0
        :: !g_held[0] && !g_held[1] && !g_held[GS - 1] -> break
        fi
    od
}

init {
    byte i = 0;

    atomic {
        do
        :: i < GS -> g_state[i] = G_WAITING; g_steps[i] = STEPS; i++
        :: else -> break
        od;
        g_state[0] = G_RUNNABLE;
        g_steps[0] = FIRST_STEPS;
        ring[0]!0;
        i = 0;
        do
        :: i < PS -> p_m[i] = NONE; p_listed[i] = i > 0; np_idle = np_idle + p_listed[i]; i++
        :: else -> break
        od;
        p_running[0] = 1;
        p_m[0] = 0;
        i = 0;
        do
        :: i < MS -> m_next_p[i] = NONE; m_idle[i] = i > 0; run M(i, (i == 0 -> 0 : NONE)); i++
        :: else -> break
        od;
        run foreign();
        run quiet()
    }
}
