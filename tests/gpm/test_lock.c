/*
 * Locks and notes, with plain threads; and, in builds that check, what they refuse.
 */
#include "gpm/internal.h"

#include <time.h>

#include "run.h"

static struct lock lock = LOCK_INIT(RANK_SYNC);
static long counter;
static size_t times;

static void *count_up(void *arg)
{
    (void)arg;
    for (size_t i = 0; i < times; i++) {
        lock_acquire(&lock);
        counter++;
        lock_release(&lock);
    }
    return NULL;
}

static void excludes(void)
{
    pthread_t threads[4];
    times = test_times(200000);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, count_up, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK(counter == (long)times * 4);
    CHECK(lock_try(&lock));
    CHECK(!lock_try(&lock));
    lock_release(&lock);
}

static struct lock slept_on;

/* Holds the lock so long that the others go to sleep; some more times after so many have. */
static void *hold(void *arg)
{
    (void)arg;
    for (size_t more = times; more > 0;) {
        lock_acquire(&slept_on);
        nanosleep(&(struct timespec){0, 20000}, NULL);
        if (LOAD(&slept_on.sleeps) == LOCK_CONTENDED)
            more--;
        lock_release(&slept_on);
    }
    return NULL;
}

/* The rule for waking them changes on the way: one that is left asleep would never return. */
static void wakes_sleepers(void)
{
    pthread_t threads[4];
    times = test_times(100);
    for (int round = 0; round < 5; round++) {
        lock_init(&slept_on, RANK_SYNC);
        for (int i = 0; i < 4; i++)
            CHECK(pthread_create(&threads[i], NULL, hold, NULL) == 0);
        for (int i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
        CHECK(LOAD(&slept_on.word) == 0);
    }
}

static struct note note;

static void *wake(void *arg)
{
    (void)arg;
    note_wake(&note);
    return NULL;
}

static void notes(void)
{
    pthread_t thread;
    CHECK(!note_sleep(&note, 1000000));
    CHECK(pthread_create(&thread, NULL, wake, NULL) == 0);
    CHECK(note_sleep(&note, -1));
    CHECK(note_sleep(&note, 0)); /* stays woken */
    note_clear(&note);
    CHECK(!note_sleep(&note, 0));
    pthread_join(thread, NULL);
}

#ifdef GPM_DEBUG
static struct lock lower = LOCK_INIT(RANK_CTX), higher = LOCK_INIT(RANK_SCHED);

static void wrong_order(void)
{
    lock_acquire(&higher);
    lock_acquire(&lower);
}

static void not_held(void)
{
    lock_acquire(&higher);
    lock_release(&lower);
}

static void wrong_state(void)
{
    struct g g = {0};
    g_set_state(&g, G_DEAD, G_RUNNABLE);
}
#endif

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"one thread at a time holds a lock", excludes},
        {"who sleeps on a lock is woken", wakes_sleepers},
        {"a note sleeps until it is woken", notes},
#ifdef GPM_DEBUG
        {"locks out of order abort", wrong_order, .signal = SIGABRT, .expect = "taken out of order"},
        {"releasing what is not held aborts", not_held, .signal = SIGABRT, .expect = "not held"},
        {"a change of state that is not in the table ends the program", wrong_state, .exit_code = 2,
         .expect = "is in state 0, to go from 6 to 1"},
#endif
    };
    return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
}
