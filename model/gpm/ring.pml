/*
 * The local run queue: src/gpm/runq.h and runq.c, load by load. A ring whose tail only the owner writes, whose head owner and thieves
 * move by CAS, and the slot runnext. Memory is sequentially consistent here; in the library acquire and release order what matters.
 *
 * Checked: no G is taken twice and none is lost, with an owner that puts and gets, a ring that overflows, and THIEVES that
 * steal; runq_empty() is true only of a queue that was empty at some moment (process `looker`).
 *
 * Switches that break it on purpose; scripts/check-model makes sure that each is found:
 *   -DCAS_FIRST    the thief moves the head, then copies
 *   -DPUBLISH_FIRST the owner moves the tail, then writes the slot
 *   -DLOOK_ONCE    runq_empty() does not read the tail again
 */
#ifndef SIZE
#define SIZE 2 /* RUNQ_SIZE */
#endif
#ifndef GS
#define GS 4
#endif
#ifndef THIEVES
#define THIEVES 2
#endif
#define NONE 0 /* Gs are 1 .. GS */

byte head, tail; /* they only grow; the index is the value modulo SIZE */
byte slot[SIZE];
byte runnext;
byte times_taken[GS + 1];
byte in_queue; /* Gs put and not yet taken, those in the hands of somebody who moves them included */
bit owner_done;

inline take(g)
{
    d_step { times_taken[g]++; assert(times_taken[g] == 1); in_queue-- }
}

/* runq_put_ring(), runq_put_slow(), spill() */
inline put_ring(g)
{
    do
    :: h = head;
        if
        :: tail - h < SIZE ->
#ifdef PUBLISH_FIRST
            tail++;
            slot[(tail - 1) % SIZE] = g;
#else
            slot[tail % SIZE] = g;
            tail++;
#endif
            break
        :: else -> /* half of the ring, and g, go to the global queue: taken, here */
            i = 0;
            do
            :: i < SIZE / 2 -> copy[i] = slot[(h + i) % SIZE]; i++
            :: else -> break
            od;
            if
            :: atomic { head == h -> head = h + SIZE / 2 } ->
                d_step {
                    i = 0;
                    do
                    :: i < SIZE / 2 -> take(copy[i]); copy[i] = NONE; i++
                    :: else -> break
                    od;
                    take(g)
                };
                break
            :: else
            fi
        fi
    od;
    h = 0; i = 0
}

/* runq_put_next() */
inline put_next(g)
{
    d_step { old = runnext; runnext = g; in_queue++ };
    if
    :: old != NONE -> put_ring(old); old = NONE
    :: else
    fi
}

/* runq_get_next(), runq_get_ring(): what a switch takes first. ret: NONE when empty */
inline get(ret)
{
    ret = runnext;
    if
    :: atomic { ret != NONE && runnext == ret -> runnext = NONE }
    :: else ->
        do
        :: h = head;
            if
            :: tail == h -> ret = NONE; break
            :: else ->
                ret = slot[h % SIZE];
                if
                :: atomic { head == h -> head = h + 1 } -> break
                :: else
                fi
            fi
        od
    fi;
    h = 0
}

proctype owner()
{
    byte made = 0, g = NONE, old = NONE, h = 0, i = 0;
    byte copy[SIZE];

    do
    :: made < GS -> made++; put_next(made)
    :: made > 0 && in_queue > 0 ->
        get(g);
        if
        :: g != NONE -> take(g); g = NONE
        :: else
        fi
    :: made == GS -> break
    od;
    /* what is left */
    do
    :: get(g);
        if
        :: g != NONE -> take(g)
        :: else -> break
        fi
    od;
    owner_done = 1
}

/* runq_steal() with runnext. Its own ring is no matter: what it grabbed is taken. */
proctype thief()
{
    byte h = 0, t = 0, n = 0, i = 0, g = NONE;
    byte copy[SIZE];

    do
    :: h = head;
        t = tail;
        n = t - h;
        n = n - n / 2;
        if
        :: n == 0 -> /* grab_next() */
            g = runnext;
            if
            :: atomic { g != NONE && runnext == g -> runnext = NONE } -> take(g)
            :: else
            fi
        :: n > SIZE / 2 && n > 0 /* head and tail were read at different times */
        :: n > 0 && n <= SIZE / 2 ->
#ifdef CAS_FIRST
            if
            :: atomic { head == h -> head = h + n } -> i = n
            :: else
            fi;
            t = i;
            i = 0;
            do
            :: i < t -> copy[i] = slot[(h + i) % SIZE]; take(copy[i]); i++
            :: else -> break
            od
#else
            i = 0;
            do
            :: i < n -> copy[i] = slot[(h + i) % SIZE]; i++
            :: else -> break
            od;
            if
            :: atomic { head == h -> head = h + n } ->
                i = 0;
                do
                :: i < n -> take(copy[i]); i++
                :: else -> break
                od
            :: else
            fi
#endif
        fi;
        atomic { h = 0; t = 0; n = 0; i = 0; g = NONE; copy[0] = NONE }
    :: owner_done -> break
    od
}

/* Never empty: G1 is put, moves from runnext to the ring as G2 comes, and G2 is taken. */
proctype looker_owner()
{
    byte g = NONE, old = NONE, h = 0, i = 0;
    byte copy[SIZE];

    put_next(1);
    run looker();
    put_next(2);
    get(g)
}

/* runq_empty() */
proctype looker()
{
    byte h, t, next;

    do
    :: h = head;
        t = tail;
        next = runnext;
        if
#ifdef LOOK_ONCE
        :: true ->
#else
        :: tail == t ->
#endif
            assert(h != t || next != NONE);
            break
        :: else
        fi
    od
}

init {
    byte i = 0;

#ifdef LOOK
    run looker_owner()
#else
    atomic {
        run owner();
        do
        :: i < THIEVES -> run thief(); i++
        :: else -> break
        od
    };
    timeout; /* all are done */
    assert(in_queue == 0);
    i = 1;
    do
    :: i <= GS -> assert(times_taken[i] == 1); i++
    :: else -> break
    od
#endif
}
