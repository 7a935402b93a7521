/*
 * Three signals. SIGURG (or another) gets a thread whose G overran its time out of a blocking call with
 * EINTR: its handler does nothing, because switching Gs inside a handler is unsafe; the flag that the next
 * safepoint reads was set before. SIGQUIT asks sysmon for a dump. SIGSEGV in the guard page of a G's stack is
 * a stack overflow and is reported as one; every other SIGSEGV goes to whoever handled it before us.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gpm/dump.h"
#include "gpm/proc.h"
#include "gpm/sanitize.h"
#include "gpm/stack.h"

#define SIGSTACK_BYTES (64u << 10)

static struct sigaction old_segv, old_bus;

static void on_preempt(int signal)
{
    (void)signal;
}

static void on_quit(int signal)
{
    (void)signal;
    sysmon_request_dump();
}

static void say(const char *text)
{
    if (write(2, text, strlen(text)) < 0)
        return; /* nobody is there to be told */
}

static void report_overflow(struct g *g)
{
    char line[256];
    snprintf(line, sizeof line,
             "gpm: goroutine %llu \"%s\" used up its stack of %zu KiB\nfatal error: stack overflow\n\n",
             (unsigned long long)g->id, g->name != NULL ? g->name : "", stack_bytes(g->stack) >> 10);
    say(line);
    dump_own_stack(2);
    _exit(2);
}

static void pass_on(const struct sigaction *old, int signal, siginfo_t *info, void *context)
{
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(signal, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(signal);
    } else { /* the faulting instruction runs again, and this time the kernel ends us */
        struct sigaction by_default = {.sa_handler = SIG_DFL};
        sigaction(signal, &by_default, NULL);
    }
}

NO_TSAN static void on_fault(int signal, siginfo_t *info, void *context)
{
    struct m *m = m_self();
    struct g *g = m != NULL ? m->curg : NULL;
    if (g != NULL && g->stack != NULL && stack_in_guard(g->stack, info->si_addr))
        report_overflow(g);
    pass_on(signal == SIGSEGV ? &old_segv : &old_bus, signal, info, context);
}

void handlers_install(bool dump_and_fault)
{
    struct sigaction action = {0};
    sigfillset(&action.sa_mask);
    if (sched.preempt_signal > 0) {
        action.sa_handler = on_preempt; /* without SA_RESTART: that is the point */
        sigaction(sched.preempt_signal, &action, NULL);
    }
    if (!dump_and_fault)
        return;
    action.sa_handler = on_quit;
    action.sa_flags = SA_RESTART;
    sigaction(SIGQUIT, &action, NULL);
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGSEGV, &action, &old_segv);
    sigaction(SIGBUS, &action, &old_bus);
}

/* An M takes the signals that the thread which started the runtime took, and has a stack for handlers, as the
 * G's is used up when it matters. */
void handlers_thread(struct m *m)
{
    m->sigstack = mmap(NULL, SIGSTACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m->sigstack != MAP_FAILED) {
        stack_t stack = {.ss_sp = m->sigstack, .ss_size = SIGSTACK_BYTES};
        sigaltstack(&stack, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &sched.signal_mask, NULL);
}

void preempt_signal_send(struct m *m)
{
    int32_t tid = LOAD(&m->tid);
    if (sched.preempt_signal > 0 && tid > 0)
        syscall(SYS_tgkill, getpid(), tid, sched.preempt_signal);
}
