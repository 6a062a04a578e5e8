@ SPDX-License-Identifier: MIT
@ A program whose instructions between the start of the clock and its reading
@ are known, for mps2-an386: test_insn.c has the numbers.
    .syntax unified
    .thumb
    .cpu cortex-m4
    .fpu fpv4-sp-d16

    .word 0x20008000
    .word reset

    .global reset
    .thumb_func
reset:
    ldr r0, =0xe000ed88
    ldr r1, =0x00f00000
    str r1, [r0]            @ floating point on
    dsb
    isb
    ldr r0, =0xe000e010     @ SysTick
    ldr r1, =0x00ffffff
    str r1, [r0, #4]
    str r1, [r0, #8]
    ldr r6, =0x40004000     @ the line
    movs r5, #16
    str r5, [r6, #16]
    movs r5, #3
    str r5, [r6, #8]
    ldr r7, =0x20000000
    movs r1, #5
    str r1, [r0]            @ the clock starts

    movs r3, #100
loop:
    ldr r1, [r7]
    mla r2, r1, r3, r2
    smull r4, r8, r1, r3
    strb r2, [r7, #1]
    tst r3, #1
    ite eq
    addeq r2, #1
    subne r2, #1
    vfma.f32 s0, s1, s2
    subs r3, #1
    bne loop

    push {r1-r5}
    pop {r1-r5}
    ldrd r1, r2, [r7]
    movs r1, #7
    udiv r1, r1, r1
    vdiv.f32 s0, s1, s2
    vadd.f32 s0, s1, s2
    ldr r1, [r6, #4]        @ a device, in the middle of a block
    str r5, [r6, #8]
    nop
    cbz r0, never
    b behind
never:
    nop
behind:
    bl nothing
    ldr r1, [r0, #8]        @ the reading

    movs r1, #'!'
    str r1, [r6]
forever:
    b forever

    .thumb_func
nothing:
    bx lr
