/* Shared by the assembly files: a hidden, aligned function. Only for the preprocessor of .S files. */
#ifndef GPM_SYMBOLS_H
#define GPM_SYMBOLS_H
#ifdef __ASSEMBLER__

#define FUNCTION(name)                                                        \
    .text;                                                                    \
    .balign 32;                                                               \
    .globl name;                                                              \
    .hidden name;                                                             \
    .type name, %function;                                                    \
    name:
#define END(name) .size name, . - name
#define HIDDEN(name) name

#endif
#endif
