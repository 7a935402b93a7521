/*
 * Mutex, reader-writer mutex, condition, wait group, once, semaphore.
 */
#include "on_g.h"
#include <stdatomic.h>

/* Runs fn(arg) on n Gs and waits for all of them. */
struct crew {
    gpm_fn *fn;
    void *arg;
    struct gpm_waitgroup end;
};

static void crew_member(void *arg)
{
    struct crew *crew = arg;
    crew->fn(crew->arg);
    gpm_waitgroup_done(&crew->end);
}

static void run_crew(int n, gpm_fn *fn, void *arg)
{
    struct crew crew = {.fn = fn, .arg = arg};
    gpm_waitgroup_add(&crew.end, n);
    for (int i = 0; i < n; i++)
        go(crew_member, &crew);
    gpm_waitgroup_wait(&crew.end);
}

/* ---- Mutex ---- */

struct account {
    struct gpm_mutex mutex;
    struct gpm_rwmutex rwmutex;
    size_t rounds;
    uint64_t a, b; /* equal while nobody writes */
    _Atomic uint64_t readers, most_readers;
};

static void deposit(void *arg)
{
    struct account *account = arg;
    for (size_t i = 0; i < account->rounds; i++) {
        gpm_mutex_lock(&account->mutex);
        account->a++;
        if (i % 64 == 0)
            gpm_yield(); /* with the lock held, so that others come to wait */
        CHECK(account->a == ++account->b);
        gpm_mutex_unlock(&account->mutex);
    }
}

ON_G(mutual_exclusion)
{
    struct account account = {.rounds = test_times(test_scale(2000))};
    run_crew(100, deposit, &account);
    CHECK(account.a == 100 * account.rounds && account.b == account.a);
}

ON_G(trying)
{
    struct gpm_mutex m = {0};
    CHECK(gpm_mutex_trylock(&m));
    CHECK(!gpm_mutex_trylock(&m));
    gpm_mutex_unlock(&m);
    CHECK(gpm_mutex_trylock(&m));
    gpm_mutex_unlock(&m);
}

ON_G(unlocking_what_is_unlocked)
{
    struct gpm_mutex m = {0};
    gpm_mutex_unlock(&m);
}

ON_G(locking_twice)
{
    struct gpm_mutex m = {0};
    gpm_mutex_lock(&m);
    gpm_mutex_lock(&m);
}

/* One that holds the lock nearly always, and never waits for it. */
struct greed {
    struct gpm_mutex mutex;
    _Atomic bool is_over;
};

static void be_greedy(void *arg)
{
    struct greed *greed = arg;
    while (!atomic_load(&greed->is_over)) {
        gpm_mutex_lock(&greed->mutex);
        for (int64_t until = gpm_now() + 50000; gpm_now() < until;)
            gpm_checkpoint();
        gpm_mutex_unlock(&greed->mutex);
    }
}

static void lock_a_few_times(void *arg)
{
    struct greed *greed = arg;
    for (int i = 0; i < 5; i++) {
        gpm_mutex_lock(&greed->mutex);
        gpm_mutex_unlock(&greed->mutex);
    }
}

ON_G(nobody_starves)
{
    struct greed greed = {.is_over = false};
    struct crew greedy = {.fn = be_greedy, .arg = &greed};
    gpm_waitgroup_add(&greedy.end, 1);
    go(crew_member, &greedy);
    run_crew(10, lock_a_few_times, &greed);
    atomic_store(&greed.is_over, true);
    gpm_waitgroup_wait(&greedy.end);
}

/* ---- Reader-writer mutex ---- */

static void read_account(struct account *account)
{
    gpm_rwmutex_rlock(&account->rwmutex);
    uint64_t readers = atomic_fetch_add(&account->readers, 1) + 1;
    if (readers > atomic_load(&account->most_readers))
        atomic_store(&account->most_readers, readers);
    gpm_yield();
    CHECK(account->a == account->b);
    atomic_fetch_sub(&account->readers, 1);
    gpm_rwmutex_runlock(&account->rwmutex);
}

static void write_account(struct account *account)
{
    gpm_rwmutex_lock(&account->rwmutex);
    CHECK(atomic_load(&account->readers) == 0);
    account->a++;
    gpm_yield();
    account->b++;
    CHECK(account->a == account->b);
    gpm_rwmutex_unlock(&account->rwmutex);
}

static void read_mostly(void *arg)
{
    struct account *account = arg;
    for (size_t i = 0; i < account->rounds; i++)
        if (i % 8 == 0)
            write_account(account);
        else
            read_account(account);
}

ON_G(readers_share_writers_do_not)
{
    struct account account = {.rounds = test_times(test_scale(400))};
    run_crew(50, read_mostly, &account);
    CHECK(account.a == 50 * ((account.rounds + 7) / 8) && account.b == account.a);
    CHECK(atomic_load(&account.most_readers) > 1);
}

/* Readers that always overlap would keep a writer out for ever if a waiting one did not hold them back. */
struct overlap {
    struct gpm_rwmutex mutex;
    _Atomic bool is_written;
};

static void read_until_written(void *arg)
{
    struct overlap *o = arg;
    while (!atomic_load(&o->is_written)) {
        gpm_rwmutex_rlock(&o->mutex);
        gpm_yield();
        gpm_rwmutex_runlock(&o->mutex);
    }
}

static void write_once(void *arg)
{
    struct overlap *o = arg;
    for (int i = 0; i < 50; i++)
        gpm_yield();
    gpm_rwmutex_lock(&o->mutex);
    atomic_store(&o->is_written, true);
    gpm_rwmutex_unlock(&o->mutex);
}

ON_G(a_writer_holds_back_new_readers)
{
    struct overlap o = {.is_written = false};
    struct crew writer = {.fn = write_once, .arg = &o};
    gpm_waitgroup_add(&writer.end, 1);
    go(crew_member, &writer);
    run_crew(5, read_until_written, &o);
    gpm_waitgroup_wait(&writer.end);
}

ON_G(unlocking_for_reading_what_is_unlocked)
{
    struct gpm_rwmutex m = {0};
    gpm_rwmutex_runlock(&m);
}

ON_G(unlocking_for_writing_what_is_read)
{
    struct gpm_rwmutex m = {0};
    gpm_rwmutex_rlock(&m);
    gpm_rwmutex_unlock(&m);
}

/* ---- Condition ---- */

struct shop {
    struct gpm_mutex mutex;
    struct gpm_cond has_goods, has_room;
    int goods, rounds;
    int served[8];
    int served_len, number;
    _Atomic int waiting;
};

static void produce(void *arg)
{
    struct shop *shop = arg;
    for (int i = 0; i < shop->rounds; i++) {
        gpm_mutex_lock(&shop->mutex);
        while (shop->goods == 3)
            CHECK(gpm_cond_wait(&shop->has_room, &shop->mutex, GPM_NEVER) == 0);
        shop->goods++;
        gpm_cond_signal(&shop->has_goods);
        gpm_mutex_unlock(&shop->mutex);
    }
}

static void consume(void *arg)
{
    struct shop *shop = arg;
    for (int i = 0; i < shop->rounds; i++) {
        gpm_mutex_lock(&shop->mutex);
        while (shop->goods == 0)
            gpm_cond_wait(&shop->has_goods, &shop->mutex, i % 2 ? GPM_NEVER : gpm_now() + (i % 20) * 1000);
        shop->goods--;
        gpm_cond_signal(&shop->has_room);
        gpm_mutex_unlock(&shop->mutex);
    }
}

static void produce_or_consume(void *arg)
{
    struct shop *shop = arg;
    gpm_mutex_lock(&shop->mutex);
    bool is_producer = shop->number++ % 2 == 0;
    gpm_mutex_unlock(&shop->mutex);
    (is_producer ? produce : consume)(shop);
}

ON_G(conditions_lose_no_signal)
{
    struct shop shop = {.rounds = (int)test_times(test_scale(3000))};
    run_crew(8, produce_or_consume, &shop);
    CHECK(shop.goods == 0);
}

static void queue_up(void *arg)
{
    struct shop *shop = arg;
    gpm_mutex_lock(&shop->mutex);
    int number = shop->number++;
    atomic_fetch_add(&shop->waiting, 1);
    CHECK(gpm_cond_wait(&shop->has_goods, &shop->mutex, GPM_NEVER) == 0);
    shop->served[shop->served_len++] = number;
    gpm_mutex_unlock(&shop->mutex);
}

/* Whoever counts as waiting has the mutex until it is in the queue. */
static void signal_in_turn(void *arg)
{
    struct shop *shop = arg;
    while (atomic_load(&shop->waiting) < 8)
        gpm_yield();
    for (int i = 0; i < 8; i++) {
        gpm_mutex_lock(&shop->mutex);
        CHECK(shop->served_len <= i);
        gpm_cond_signal(&shop->has_goods);
        gpm_mutex_unlock(&shop->mutex);
        for (bool is_served = false; !is_served; gpm_yield()) {
            gpm_mutex_lock(&shop->mutex);
            is_served = shop->served_len == i + 1;
            gpm_mutex_unlock(&shop->mutex);
        }
    }
}

static void broadcast(void *arg)
{
    struct shop *shop = arg;
    while (atomic_load(&shop->waiting) < 8)
        gpm_yield();
    gpm_mutex_lock(&shop->mutex);
    gpm_cond_broadcast(&shop->has_goods);
    gpm_mutex_unlock(&shop->mutex);
}

ON_G(signals_go_to_the_one_that_waited_longest)
{
    struct shop shop = {0};
    struct crew signaller = {.fn = signal_in_turn, .arg = &shop};
    gpm_waitgroup_add(&signaller.end, 1);
    go(crew_member, &signaller);
    run_crew(8, queue_up, &shop);
    gpm_waitgroup_wait(&signaller.end);
    for (int i = 0; i < 8; i++)
        CHECK(shop.served[i] == i);
}

ON_G(a_broadcast_wakes_all)
{
    struct shop shop = {0};
    struct crew signaller = {.fn = broadcast, .arg = &shop};
    gpm_waitgroup_add(&signaller.end, 1);
    go(crew_member, &signaller);
    run_crew(8, queue_up, &shop);
    gpm_waitgroup_wait(&signaller.end);
    CHECK(shop.served_len == 8);
}

ON_G(a_condition_times_out)
{
    struct shop shop = {0};
    gpm_cond_signal(&shop.has_goods); /* is not remembered */
    gpm_mutex_lock(&shop.mutex);
    CHECK(gpm_cond_wait(&shop.has_goods, &shop.mutex, gpm_after(MS(1))) == -ETIMEDOUT);
    CHECK(!gpm_mutex_trylock(&shop.mutex));
    gpm_mutex_unlock(&shop.mutex);
}

/* ---- Wait group and once ---- */

ON_G(more_done_than_added)
{
    struct gpm_waitgroup w = {0};
    gpm_waitgroup_add(&w, 1);
    gpm_waitgroup_done(&w);
    gpm_waitgroup_done(&w);
}

static void done(void *w)
{
    gpm_waitgroup_done(w);
}

/* Each on a stack frame that is written over as soon as the wait is over. */
static __attribute__((noinline)) void wait_for_some(int n)
{
    struct gpm_waitgroup w = {0};
    gpm_waitgroup_add(&w, n);
    for (int i = 0; i < n; i++)
        go(done, &w);
    gpm_waitgroup_wait(&w);
}

ON_G(groups_on_the_stack)
{
    struct gpm_waitgroup empty = {0};
    gpm_waitgroup_wait(&empty);
    for (size_t i = 0; i < test_times(test_scale(20000)); i++)
        wait_for_some((int)(i % 4));
}

struct single {
    struct gpm_once once;
    int calls;
    bool is_over;
};

static void call_slowly(void *arg)
{
    struct single *s = arg;
    s->calls++;
    for (int i = 0; i < 20; i++)
        gpm_yield();
    s->is_over = true;
}

static void call_once(void *arg)
{
    struct single *s = arg;
    gpm_once(&s->once, call_slowly, s);
    CHECK(s->is_over && s->calls == 1);
}

ON_G(once_is_once)
{
    struct single s = {.calls = 0};
    run_crew(50, call_once, &s);
}

/* ---- Semaphore ---- */

struct pool {
    struct gpm_semaphore permits;
    size_t rounds;
    _Atomic int64_t used;
    _Atomic int next;
};

enum { POOL = 5 };

static void use_pool(void *arg)
{
    struct pool *pool = arg;
    int64_t n = 1 + atomic_fetch_add(&pool->next, 1) % POOL;
    for (size_t i = 0; i < pool->rounds; i++) {
        int64_t deadline = i % 3 ? GPM_NEVER : gpm_now() + (int64_t)(i % 50) * 1000;
        int r = gpm_semaphore_acquire(&pool->permits, n, deadline);
        CHECK(r == 0 || (r == -ETIMEDOUT && deadline != GPM_NEVER));
        if (r < 0)
            continue;
        CHECK(atomic_fetch_add(&pool->used, n) + n <= POOL);
        if (i % 4 == 0)
            gpm_yield();
        atomic_fetch_sub(&pool->used, n);
        gpm_semaphore_release(&pool->permits, n);
    }
}

ON_G(permits_are_never_exceeded)
{
    struct pool pool = {.rounds = test_times(test_scale(2000))};
    gpm_semaphore_release(&pool.permits, POOL);
    run_crew(20, use_pool, &pool);
    CHECK(gpm_semaphore_acquire(&pool.permits, POOL, GPM_NOW) == 0);
    CHECK(gpm_semaphore_acquire(&pool.permits, 1, GPM_NOW) == -ETIMEDOUT);
}

struct request {
    struct gpm_semaphore *s;
    int64_t n, deadline;
    int result;
    struct gpm_waitgroup *end;
    _Atomic bool is_over;
};

static void request(void *arg)
{
    struct request *r = arg;
    r->result = gpm_semaphore_acquire(r->s, r->n, r->deadline);
    atomic_store(&r->is_over, true);
    gpm_waitgroup_done(r->end);
}

ON_G(big_requests_are_not_overtaken)
{
    struct gpm_semaphore s = {0};
    struct gpm_waitgroup end = {0};
    struct request big = {&s, 5, GPM_NEVER, 1, &end, false}, small = {&s, 1, GPM_NEVER, 1, &end, false};
    gpm_set_maxprocs(1);
    gpm_waitgroup_add(&end, 2);
    go(request, &big);
    let_others_run();
    gpm_semaphore_release(&s, 4); /* enough for the small one only */
    CHECK(gpm_semaphore_acquire(&s, 1, GPM_NOW) == -ETIMEDOUT);
    go(request, &small);
    let_others_run();
    CHECK(!atomic_load(&big.is_over) && !atomic_load(&small.is_over));
    gpm_semaphore_release(&s, 2);
    gpm_waitgroup_wait(&end);
    CHECK(big.result == 0 && small.result == 0);
    CHECK(gpm_semaphore_acquire(&s, 1, GPM_NOW) == -ETIMEDOUT);
}

ON_G(a_big_request_that_gives_up_lets_the_small_ones_through)
{
    struct gpm_semaphore s = {0};
    struct gpm_waitgroup end = {0};
    struct request big = {&s, 5, gpm_after(MS(5)), 1, &end, false},
                   small = {&s, 1, GPM_NEVER, 1, &end, false};
    gpm_set_maxprocs(1);
    gpm_semaphore_release(&s, 4);
    gpm_waitgroup_add(&end, 2);
    go(request, &big);
    let_others_run();
    go(request, &small);
    gpm_waitgroup_wait(&end);
    CHECK(big.result == -ETIMEDOUT && small.result == 0);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"a mutex lets one in at a time", mutual_exclusion},
        {"trying a mutex does not wait", trying},
        {"unlocking an unlocked mutex is fatal", unlocking_what_is_unlocked, 2, "unlock of unlocked mutex"},
        {"locking a mutex twice is a deadlock", locking_twice, 2, "deadlock"},
        {"nobody starves at a mutex", nobody_starves},
        {"readers share, writers do not", readers_share_writers_do_not},
        {"a writer that waits holds back new readers", a_writer_holds_back_new_readers},
        {"ending a read that did not begin is fatal", unlocking_for_reading_what_is_unlocked, 2,
         "runlock of unlocked"},
        {"ending a write that did not begin is fatal", unlocking_for_writing_what_is_read, 2,
         "unlock of unlocked"},
        {"conditions lose no signal", conditions_lose_no_signal},
        {"a signal goes to the one that waited longest", signals_go_to_the_one_that_waited_longest},
        {"a broadcast wakes all", a_broadcast_wakes_all},
        {"a deadline ends waiting for a condition", a_condition_times_out},
        {"more done than added is fatal", more_done_than_added, 2, "negative wait group"},
        {"a wait group may go as soon as the wait is over", groups_on_the_stack},
        {"once is once, and all wait until it is over", once_is_once},
        {"a semaphore's permits are never exceeded nor lost", permits_are_never_exceeded},
        {"big requests are not overtaken", big_requests_are_not_overtaken},
        {"a big request that gives up lets the small ones through",
         a_big_request_that_gives_up_lets_the_small_ones_through},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
