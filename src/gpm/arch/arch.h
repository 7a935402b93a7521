/*
 * What depends on the machine: finding the current M, switching stacks, a hint in spin loops.
 *
 * The current M is a thread-local variable, and a G changes threads under the feet of its C functions: a
 * compiler may compute the address of a thread-local once and use it again after a switch, when it is another
 * thread's. So the variable is read with one volatile asm statement, which the compiler can neither keep nor
 * share. What it yields must not be kept across a switch either: after anything that may switch, ask m_self()
 * again.
 */
#ifndef GPM_ARCH_H
#define GPM_ARCH_H

#include <stddef.h>

struct m;
extern _Thread_local __attribute__((tls_model("initial-exec"), visibility("hidden"))) struct m *gpm_tls_m;

static inline struct m *m_self(void)
{
    struct m *m;
#if defined(__x86_64__)
    __asm__ volatile("movq gpm_tls_m@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(m));
#elif defined(__aarch64__)
    size_t offset;
    __asm__ volatile("adrp %1, :gottprel:gpm_tls_m\n\t"
                     "ldr %1, [%1, :gottprel_lo12:gpm_tls_m]\n\t"
                     "mrs %0, tpidr_el0\n\t"
                     "ldr %0, [%0, %1]"
                     : "=&r"(m), "=&r"(offset));
#else
#error "libgpm knows x86-64 and aarch64"
#endif
    return m;
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
    __asm__ volatile("pause");
#else
    __asm__ volatile("yield");
#endif
}

/* atomic_thread_fence(memory_order_seq_cst), which ThreadSanitizer does not support. */
static inline void full_fence(void)
{
#if defined(__x86_64__)
    __asm__ volatile("lock orl $0, (%%rsp)" : : : "memory", "cc");
#else
    __asm__ volatile("dmb ish" ::: "memory");
#endif
}

/* Pushes the registers that a call preserves, stores the stack pointer in *save, and goes on where *load*
 * stopped. Floating-point control words are not part of it: they stay with the thread, as in Go. */
void gpm_switch(void **save, void *load);

/* Where a fresh stack begins: calls g_main() with an empty frame chain above it. */
void gpm_entry(void);

/* Calls fn(arg) on the stack of a parked G as if the G had called it where it parked, so that an unwinder in
 * fn sees the G's frames. What lies below the stack pointer of a parked G is free. Returns when fn does. */
void gpm_call_on(void *sp, void (*fn)(void *), void *arg);

/* The stack pointer of a fresh stack whose highest usable address is top: gpm_switch() to it enters
 * gpm_entry(). */
void *gpm_fresh_stack(char *top);

#endif
