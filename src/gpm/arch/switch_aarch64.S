/*
 * Stack switching for aarch64, AAPCS64. A parked stack, from its saved stack pointer upwards: x19 .. x28,
 * x29 (frame), x30 (where it goes on), d8 .. d15. The CFI describes that layout, so unwinders and gdb see
 * through a switch.
 */
#include "gpm/arch/symbols.h"

#define SAVED_BYTES 160

/* CFI for the saved registers, the CFA being SAVED_BYTES above them. */
.macro saved_registers
    .cfi_offset x19, -160
    .cfi_offset x20, -152
    .cfi_offset x21, -144
    .cfi_offset x22, -136
    .cfi_offset x23, -128
    .cfi_offset x24, -120
    .cfi_offset x25, -112
    .cfi_offset x26, -104
    .cfi_offset x27, -96
    .cfi_offset x28, -88
    .cfi_offset x29, -80
    .cfi_offset x30, -72
    .cfi_offset d8, -64
    .cfi_offset d9, -56
    .cfi_offset d10, -48
    .cfi_offset d11, -40
    .cfi_offset d12, -32
    .cfi_offset d13, -24
    .cfi_offset d14, -16
    .cfi_offset d15, -8
.endm

FUNCTION(gpm_switch)
    .cfi_startproc
    sub sp, sp, #SAVED_BYTES
    .cfi_adjust_cfa_offset SAVED_BYTES
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    saved_registers
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #SAVED_BYTES
    .cfi_def_cfa sp, 0
    ret
    .cfi_endproc
END(gpm_switch)

/* The outermost frame of every G: its return address is undefined, which is how unwinders know where to
 * stop. */
FUNCTION(gpm_entry)
    .cfi_startproc
    .cfi_undefined x30
    mov x29, #0
    mov x30, #0
    bl HIDDEN(g_main)
    brk #1
    .cfi_endproc
END(gpm_entry)

FUNCTION(gpm_fresh_stack)
    .cfi_startproc
    and x0, x0, #-16
    sub x0, x0, #SAVED_BYTES
    adr x9, gpm_entry
    stp xzr, x9, [x0, #80]
    ret
    .cfi_endproc
END(gpm_fresh_stack)

/* Below the parked registers: our own stack pointer, to come back. The CFI says where the G's registers
 * are. */
FUNCTION(gpm_call_on)
    .cfi_startproc
    stp x29, x30, [sp, #-16]!
    mov x9, sp
    sub sp, x0, #16
    str x9, [sp]
    mov x9, x1
    mov x0, x2
    .cfi_def_cfa sp, 16 + SAVED_BYTES
    saved_registers
    blr x9
    ldr x9, [sp]
    mov sp, x9
    ldp x29, x30, [sp], #16
    .cfi_def_cfa sp, 0
    ret
    .cfi_endproc
END(gpm_call_on)

    .section .note.GNU-stack, "", %progbits
