/*
 * Stack switching for x86-64, System V ABI. A parked stack, from its saved stack pointer upwards: r15 r14
 * r13 r12 rbx rbp, then the address where it goes on. `ret`, not an indirect jump, takes it there: two Gs
 * that parked in the same place predict each other's returns. The CFI describes that layout, so unwinders
 * and gdb see through a switch.
 */
#include "gpm/arch/symbols.h"

FUNCTION(gpm_switch)
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    ret
    .cfi_endproc
END(gpm_switch)

/* The outermost frame of every G: its return address is undefined, which is how unwinders know where to
 * stop. */
FUNCTION(gpm_entry)
    .cfi_startproc
    .cfi_undefined %rip
    xorl %ebp, %ebp
    andq $-16, %rsp
    call HIDDEN(g_main)
    ud2
    .cfi_endproc
END(gpm_entry)

/* The top two words stay free: gpm_entry() aligns the stack below them. */
FUNCTION(gpm_fresh_stack)
    .cfi_startproc
    leaq -64(%rdi), %rax
    leaq gpm_entry(%rip), %rcx
    movq %rcx, 48(%rax)
    movq $0, 40(%rax)
    ret
    .cfi_endproc
END(gpm_fresh_stack)

/* Below the parked registers: our own stack pointer, to come back. The CFI says where the G's registers
 * are. */
FUNCTION(gpm_call_on)
    .cfi_startproc
    pushq %rbp
    pushq %rbx
    movq %rsp, %rax
    leaq -24(%rdi), %rsp
    movq %rax, (%rsp)
    movq %rsi, %rax
    movq %rdx, %rdi
    .cfi_def_cfa %rsp, 24 + 56
    .cfi_offset %rip, -8
    .cfi_offset %rbp, -16
    .cfi_offset %rbx, -24
    .cfi_offset %r12, -32
    .cfi_offset %r13, -40
    .cfi_offset %r14, -48
    .cfi_offset %r15, -56
    call *%rax
    movq (%rsp), %rsp
    .cfi_def_cfa %rsp, 24
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
END(gpm_call_on)

    .section .note.GNU-stack, "", @progbits
