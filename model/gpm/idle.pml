/*
 * How Ms go to sleep and are woken: the protocol of src/gpm/sched.c, under its names there.
 *
 * Who makes work publishes it, then looks whether somebody searches (nm_spinning) and wakes an M if not. Who finds no work
 * stops searching (nm_spinning), then looks through all queues once more. One of the two must see the other.
 *
 * What is checked, each time that nothing can move by itself any more (process `quiet`), and on the way:
 *   - work conservation, and with it that no wake-up is lost: never an idle P while a G waits in a queue;
 *   - no G is run twice, or lost: one that is executed was runnable and in exactly one queue (execute, `quiet`);
 *   - no P leaks: each P is either idle and in the idle list or owned by exactly one M (acquirep, releasep, `quiet`);
 *   - nm_spinning and np_idle count what they say.
 *
 * Switches that break the protocol on purpose; the checker must find each (scripts/check-model):
 *   -DRECHECK_FIRST     look through the queues, then decrement nm_spinning
 *   -DWAKE_FIRST        look at nm_spinning, then publish the G
 *   -DNO_NEED_SPINNING  an M that finds work but no idle P to run it on tells nobody
 *   -DNO_RESET_WAKEP    a spinning M that found work wakes no other
 *
 * README.md has the bounds, and what is left out.
 */
#ifndef MS
#define MS 4 /* threads; more than PS + 1 so that startm() finds one */
#endif
#ifndef PS
#define PS 2
#endif
#ifndef GS
#define GS 3
#endif
#ifndef STEPS
#define STEPS 2 /* what each G does before it ends */
#endif
#ifndef INJECTED
#define INJECTED 1 /* Gs readied from outside, by a foreign thread or the poller */
#endif
#ifndef FIRST_STEPS
#define FIRST_STEPS GS /* of the G that runs first: it can ready all others */
#endif
#define NONE 15

mtype = {G_RUNNABLE, G_RUNNING, G_WAITING, G_DEAD};
mtype = {P_IDLE, P_RUNNING};

/*
 * struct sched. What happens under its lock is one atomic step here: none of these sections makes more than one change
 * that is seen without the lock.
 */
chan runq = [GS] of {byte}; /* the global queue */
byte nm_spinning;
byte np_idle;
bit need_spinning;

/* struct p. The ring and runnext are one queue here: runq.c takes and gives atomically (ring.pml looks into it). */
chan ring[PS] = [GS] of {byte};
mtype p_state[PS];
byte p_m[PS]; /* that owns it */

/* struct m */
bit m_idle[MS]; /* in the idle list, asleep or about to be */
bit m_spinning[MS];
byte m_next_p[MS];

/* struct g */
mtype g_state[GS];
byte g_steps[GS];
bit g_long[GS]; /* computes until nothing else moves */

/* ---- Ps: under sched.lock ---- */

inline p_idle_put(m, p)
{
    d_step {
        assert(p_state[p] == P_RUNNING && p_m[p] == m);
        p_m[p] = NONE;
        p_state[p] = P_IDLE;
        np_idle++;
        p = NONE
    }
}

/* p: an idle P, which is m's from now on, or NONE. */
inline p_idle_get(m, p)
{
    d_step {
        p = 0;
        do
        :: p < PS && p_state[p] != P_IDLE -> p++
        :: else -> break
        od;
        if
        :: p < PS ->
            assert(p_m[p] == NONE && np_idle > 0);
            p_state[p] = P_RUNNING;
            p_m[p] = m;
            np_idle--
        :: else -> p = NONE
        fi
    }
}

/* The same for whoever found work: without an idle P, Ms that are about to give theirs up must be told. */
inline p_idle_get_spinning(m, p)
{
    p_idle_get(m, p);
#ifndef NO_NEED_SPINNING
    if
    :: p == NONE -> need_spinning = 1
    :: else
    fi
#endif
}

/* ---- Waking an M ---- */

inline become_spinning(m)
{
    d_step { m_spinning[m] = 1; nm_spinning++; need_spinning = 0 }
}

#define some_m_idle() (m_idle[0] || m_idle[1] || m_idle[2] || m_idle[MS - 1])

/* Hands P p to an idle M, which spins. Always the first one: idle Ms are all alike. Where the library makes a thread because
 * none is idle, this waits for one. */
inline startm(p)
{
    atomic {
        some_m_idle() -> other = 0;
        do
        :: !m_idle[other] -> other++
        :: else -> break
        od;
        assert(!m_spinning[other] && m_next_p[other] == NONE);
        m_idle[other] = 0;
        m_spinning[other] = 1;
        p_m[p] = other;
        m_next_p[other] = p; /* and wakes it */
        other = 0
    }
}

inline wakep(m)
{
    if
    :: atomic { nm_spinning == 0 -> nm_spinning = 1 } ->
        p_idle_get_spinning(m, taken);
        if
        :: taken == NONE -> nm_spinning--
        :: else -> startm(taken); taken = NONE
        fi
    :: else
    fi
}

/* ---- Making work ---- */

#define some_g_waits() (g_state[0] == G_WAITING || g_state[1] == G_WAITING || g_state[2] == G_WAITING)

inline pick_waiting(g)
{
    g = 0;
    do
    :: g_state[g] != G_WAITING -> g++
    :: else -> break
    od;
    g_state[g] = G_RUNNABLE
}

/* g_ready(), gpm_go(): into the own queue, then wakes an M. */
inline ready_local(m, p, g)
{
#ifdef WAKE_FIRST
    wakep(m);
    ring[p]!g
#else
    ring[p]!g;
    wakep(m)
#endif
}

/* gpm_yield(), and whoever has no P. */
inline ready_global(m, g)
{
#ifdef WAKE_FIRST
    wakep(m);
#endif
    runq!g;
#ifndef WAKE_FIRST
    wakep(m)
#endif
}

/* ---- One M ---- */

proctype M(byte m; byte start_p)
{
    byte p = start_p;
    byte g = NONE, readied = NONE, other = 0, taken = NONE, q = 0, n = 0;
    bit was_spinning = 0;

    if
    :: p == NONE -> goto parked
    :: else
    fi;

schedule: /* find_runnable() */
    d_step {
        assert(p_m[p] == m && p_state[p] == P_RUNNING);
        g = NONE; readied = NONE; q = 0 /* forgotten: fewer states */
    };
    if /* runq_get() */
    :: ring[p]?g -> goto found
    :: empty(ring[p])
    fi;
    if /* globrunq_get() */
    :: runq?g -> goto found
    :: empty(runq)
    fi;
    if /* steal_work() */
    :: m_spinning[m] || 2 * nm_spinning < PS - np_idle ->
        if
        :: !m_spinning[m] -> become_spinning(m)
        :: else
        fi;
        q = 0;
        do
        :: q < PS ->
            if
            :: q != p && nempty(ring[q]) ->
                if /* runq_steal(): half of it, rounded up; the last one taken is run */
                :: atomic {
                    nempty(ring[q]) -> n = (len(ring[q]) + 1) / 2;
                    do
                    :: n > 1 -> ring[q]?other; ring[p]!other; n--
                    :: n == 1 -> ring[q]?g; n = 0; other = 0; break
                    od
                   };
                    goto found
                :: empty(ring[q]) /* its owner was faster */
                fi
            :: q == p || empty(ring[q])
            fi;
            q++
        :: q == PS -> break
        od
    :: else
    fi;
    atomic { /* under sched.lock: the last look */
        if
        :: runq?g -> goto found
        :: empty(runq)
        fi;
        if
        :: !m_spinning[m] && need_spinning -> become_spinning(m); goto schedule
        :: else
        fi;
        p_idle_put(m, p)
    };

    was_spinning = m_spinning[m];
    if
    :: was_spinning ->
        m_spinning[m] = 0;
#ifndef RECHECK_FIRST
        nm_spinning--; /* first; the barrier is spin's: its memory is sequentially consistent */
#define GIVE_UP_SPINNING skip
#else
#define GIVE_UP_SPINNING nm_spinning--
#endif
        atomic { /* then: recheck(), under sched.lock */
            if
            :: nempty(runq) ->
                p_idle_get_spinning(m, p);
                if
                :: p != NONE -> runq?g; become_spinning(m); GIVE_UP_SPINNING; goto found
                :: else
                fi
            :: empty(runq)
            fi
        };
        q = 0;
        do
        :: q < PS && nempty(ring[q]) ->
            p_idle_get_spinning(m, p);
            if
            :: p != NONE -> become_spinning(m); GIVE_UP_SPINNING; goto schedule
            :: else -> break
            fi
        :: q < PS && empty(ring[q]) -> q++
        :: q == PS -> break
        od;
        GIVE_UP_SPINNING
    :: else
    fi;

    atomic { /* stopm(), under sched.lock */
        m_idle[m] = 1;
        q = 0; was_spinning = 0
    };
parked:
end_parked:
    atomic { m_next_p[m] != NONE -> p = m_next_p[m]; m_next_p[m] = NONE };
    goto schedule;

found:
    atomic {
        assert(g_state[g] == G_RUNNABLE);
        g_state[g] = G_RUNNING;
        q = 0
    };
    if /* reset_spinning() */
    :: m_spinning[m] ->
        m_spinning[m] = 0;
        assert(nm_spinning > 0);
        nm_spinning--;
#ifndef NO_RESET_WAKEP
        wakep(m)
#endif
    :: else
    fi;

execute:
    if
    :: g_steps[g] == 0 -> g_state[g] = G_DEAD; goto schedule
    :: g_steps[g] > 0 ->
        g_steps[g]--;
        if
        :: g_state[g] = G_WAITING; goto schedule /* g_park() */
        :: g_state[g] = G_RUNNABLE; /* gpm_yield() */
            ready_global(m, g);
            goto schedule
        :: g_long[g] = 1; g_long[g] == 0; goto execute
        :: atomic { some_g_waits() -> pick_waiting(readied) };
            ready_local(m, p, readied); /* g_ready(), gpm_go() */
            readied = NONE;
            goto execute
        fi
    fi
}

/* A foreign thread, a timer, the poller: readies a G without having a P. */
proctype foreign(byte m)
{
    byte readied = NONE, other = 0, taken = NONE, n = 0;

    do
    :: n < INJECTED ->
        n++;
        if
        :: atomic { some_g_waits() -> pick_waiting(readied) };
            ready_global(m, readied)
        :: skip /* nobody to wake now: not a reason to wait for one */
        fi
    :: n == INJECTED -> break
    od
}

/* Looks at everything when nothing moves any more but Gs that compute; then lets one of those go on. */
proctype quiet()
{
    byte i, idle, spinning, queued, runnable;

    do
    :: timeout ->
        d_step {
            idle = 0; queued = len(runq); i = 0;
            do
            :: i < PS ->
                idle = idle + (p_state[i] == P_IDLE);
                assert((p_state[i] == P_IDLE) == (p_m[i] == NONE));
                queued = queued + len(ring[i]);
                i++
            :: else -> break
            od;
            assert(np_idle == idle);
            assert(queued == 0 || np_idle == 0); /* work conservation: no wake-up was lost */
            spinning = 0; i = 0;
            do
            :: i < MS -> spinning = spinning + m_spinning[i]; i++
            :: else -> break
            od;
            assert(spinning == 0 && nm_spinning == 0);
            runnable = 0; i = 0;
            do
            :: i < GS -> runnable = runnable + (g_state[i] == G_RUNNABLE); i++
            :: else -> break
            od;
            assert(runnable == queued) /* no G was lost */
        };
        if
        :: g_long[0] -> g_long[0] = 0
        :: g_long[1] -> g_long[1] = 0
        :: g_long[2] -> g_long[2] = 0
        :: !g_long[0] && !g_long[1] && !g_long[2] -> break
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
        i = 1;
        do
        :: i < PS -> p_state[i] = P_IDLE; p_m[i] = NONE; np_idle++; i++
        :: else -> break
        od;
        p_state[0] = P_RUNNING;
        i = 0;
        do
        :: i < MS -> m_idle[i] = i > 0; m_next_p[i] = NONE; run M(i, (i == 0 -> 0 : NONE)); i++
        :: else -> break
        od;
        run foreign(MS);
        run quiet()
    }
}
