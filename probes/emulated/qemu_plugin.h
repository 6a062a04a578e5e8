/* SPDX-License-Identifier: MIT */
/*
 * qemu_plugin.h -- the few functions of QEMU's plugin interface, version 1
 * (QEMU 5.1 to 8.2), that our plugins call: Debian does not package the header.
 * QEMU resolves them when it loads the plugin.
 */
#ifndef OFFRAMP_EMULATED_QEMU_PLUGIN_H
#define OFFRAMP_EMULATED_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PLUGIN_EXPORT __attribute__((visibility("default")))

enum { QEMU_PLUGIN_INTERFACE = 1, QEMU_PLUGIN_NO_REGS = 0 };
enum { QEMU_PLUGIN_ADD_U64 = 0, QEMU_PLUGIN_MEM_RW = 3 };

struct qemu_plugin_tb;   /* a translated block */
struct qemu_plugin_insn; /* an instruction of it */
struct qemu_info;        /* of the emulated machine; not used here */

typedef void qemu_plugin_tb_fn(uint64_t id, struct qemu_plugin_tb *tb);
typedef void qemu_plugin_exec_fn(unsigned vcpu, void *ctx);
typedef void qemu_plugin_syscall_fn(uint64_t id, unsigned vcpu, int64_t number,
    uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
    uint64_t a6, uint64_t a7, uint64_t a8);
typedef void qemu_plugin_mem_fn(
    unsigned vcpu, uint32_t info, uint64_t address, void *ctx);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, qemu_plugin_tb_fn *fn);
void qemu_plugin_register_vcpu_syscall_cb(
    uint64_t id, qemu_plugin_syscall_fn *fn);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void qemu_plugin_register_vcpu_tb_exec_cb(
    struct qemu_plugin_tb *tb, qemu_plugin_exec_fn *fn, int flags, void *ctx);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(
    const struct qemu_plugin_tb *tb, size_t i);

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
/* Add `n` to *at each time before the instruction is executed. */
void qemu_plugin_register_vcpu_insn_exec_inline(
    struct qemu_plugin_insn *insn, int op, void *at, uint64_t n);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
    qemu_plugin_mem_fn *fn, int flags, int rw, void *ctx);
bool qemu_plugin_mem_is_store(uint32_t info);

/* What QEMU looks for in the plugin. */
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(
    uint64_t id, const struct qemu_info *info, int argc, char **argv);

#endif
