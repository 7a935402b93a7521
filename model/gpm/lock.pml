/*
 * The lock that threads sleep on: src/gpm/lock.h and lock.c. It is released by a store until LIMIT sleepers have been counted,
 * then by an exchange that tells whether to wake somebody. Memory is sequentially consistent here.
 *
 * Checked: one thread at a time holds the lock; and no thread is left asleep (spin reports that as an invalid end state), though a
 * release may be under way that does not know that the rule has changed. Only sleepers that were counted wake by themselves.
 *
 * Switches that break it on purpose; scripts/check-model makes sure that each is found:
 *   -DLAST_SLEEPS_ON  the sleeper that changes the rule already sleeps until it is woken
 *   -DTAKEN_WITH_1    who has slept takes the lock like everybody else, not with a 2
 */
#ifndef LIMIT
#define LIMIT 2 /* LOCK_CONTENDED */
#endif
#ifndef THREADS
#define THREADS 4
#endif
#define TIMES 2 /* that each takes the lock */

byte word, sleeps, holders;
bit asleep[THREADS];

/* futex_wake(): any one of them */
inline wake_one()
{
    if
    :: asleep[0] -> asleep[0] = 0
    :: asleep[1] -> asleep[1] = 0
    :: asleep[2] -> asleep[2] = 0
    :: asleep[THREADS - 1] -> asleep[THREADS - 1] = 0
    :: else
    fi
}

active [THREADS] proctype thread()
{
    byte left = TIMES, old = 0, seen = 0;
    bit by_itself = 0;

acquire: /* lock_acquire() */
    if
    :: left == 0 -> goto done
    :: else
    fi;
    atomic {
        left--;
        if
        :: word == 0 -> word = 1; goto held
        :: else
        fi
    };
again: /* lock_slow() */
    atomic { /* count_sleep() */
        if
        :: sleeps < LIMIT ->
            sleeps++;
#ifdef LAST_SLEEPS_ON
            by_itself = (sleeps < LIMIT)
#else
            by_itself = 1
#endif
        :: else
        fi
    };
    atomic {
        old = word;
#ifdef TAKEN_WITH_1
        word = (old == 0 -> 1 : 2);
#else
        word = 2;
#endif
        if
        :: old == 0 -> goto held
        :: else
        fi
    };
    atomic { /* futex_wait(): unless the word has changed */
        if
        :: word == 2 -> asleep[_pid] = 1
        :: else -> goto again
        fi
    };
    if
    :: atomic { !asleep[_pid] -> goto again }
    :: atomic { asleep[_pid] && by_itself -> asleep[_pid] = 0; goto again }
    fi;

held:
    atomic { old = 0; by_itself = 0; holders++; assert(holders == 1) };
    atomic { seen = sleeps; holders-- }; /* lock_release(): the count is read before the word is written */
    if
    :: seen < LIMIT -> atomic { seen = 0; word = 0; goto acquire }
    :: else
    fi;
    atomic { seen = 0; old = word; word = 0 };
    if
    :: old == 2 -> atomic { old = 0; wake_one(); goto acquire }
    :: else -> atomic { old = 0; goto acquire }
    fi;
done:
    skip
}
