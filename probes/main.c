/* SPDX-License-Identifier: MIT */
/* offramp-probe -- measures networks on the machine it runs on, and on the
 * microcontroller boards at its lines. */
#include <stdio.h>

#include "probes/agent/agent.h"
#include "probes/deploy/task_validate.h"
#include "probes/emulated/count.h"
#include "probes/live/task_live.h"
#include "probes/mcu/site.h"
#include "probes/mcu/task_board.h"
#include "probes/measure/counting.h"
#include "probes/measure/kit.h"
#include "probes/measure/task_profile.h"
#include "probes/relay/task_relay.h"
#include "probes/transfer/task_link.h"

/* The device decides who does it. */
static enum status
profile(struct task *t, json_t **result, struct err *err)
{
    return task_is_for_board(t) ? task_board_profile(t, result, err)
                                : task_profile.run(t, result, err);
}

static enum status
golden(struct task *t, json_t **result, struct err *err)
{
    return task_is_for_board(t) ? task_board_golden(t, result, err)
                                : task_golden.run(t, result, err);
}

static enum status
measure_link(struct task *t, json_t **result, struct err *err)
{
    return task_is_for_board(t) ? task_board_link(t, result, err)
                                : task_link.run(t, result, err);
}

static const struct task_kind any_profile = {
    .name = "profile", .run = profile, .blame = TASK_DEVICE
};
static const struct task_kind any_golden = {
    .name = "golden", .run = golden, .blame = TASK_DEVICE
};
static const struct task_kind any_link = { .name = "link",
    .run = measure_link,
    .blame = TASK_MEASURE,
    .offered = count_real_machine };
static const struct task_kind *const kinds[] = { &any_profile, &any_golden,
    &task_validate, &task_live_run, &any_link, &task_relay, NULL };

static enum status
env(json_t **out, struct err *err)
{
    char fingerprint[HASH_HEX];
    json_t *stable = NULL;
    struct kit kit;
    enum status st = kit_open(&kit, NULL, err);

    if (st != ST_OK)
        return st;
    st = kit_announce(&kit, &stable, fingerprint, err);
    if (st == ST_OK &&
        (*out = json_pack("{s:o, s:s, s:O}", "stable", stable,
             "env_fingerprint", fingerprint, "meters", kit.meters)) == NULL)
        st = err_nomem(err);
    kit_close(&kit);
    return st;
}

static const struct agent_program program = {
    .name = "offramp-probe",
    .summary = "measure networks on this machine for offrampd",
    .details =
        "Run it on the board to be measured; it only makes outgoing calls:\n"
        "    offramp-probe --server http://lab:8080 --device pi5 --label "
        "arch=arm64\n"
        "Results that cannot be sent stay in the spool folder and are sent "
        "later, also\nafter a restart.\n"
        "'env' prints what decides whether two numbers may be compared, and "
        "which meters\nthere are: PAPI's counters of the core; and for energy "
        "the first that works of\nan external meter (--meter), RAPL by PAPI, "
        "powercap's files, and a power sensor\namong hwmon's files (INA219 "
        "and its like).  For each that cannot be used it says\nwhy.\n"
        "An external meter is any program or instrument that speaks the line "
        "protocol of\nprobes/meters/README.md (ten lines of script for most):\n"
        "    offramp-probe --board m4:serial=/dev/ttyACM0 \\\n"
        "        --meter shunt:tcp=127.0.0.1:7000,device=m4\n"
        "papi=EVENT instead of tcp= takes a power or energy event of PAPI, "
        "such "
        "as a GPU's:\n"
        "    --meter gpu:papi=nvml:::NVIDIA_GeForce:device_0:power\n"
        "'boards' prints what the boards of --board are, or why one cannot be "
        "opened:\n"
        "    offramp-probe --board m4:qemu=mps2-an386 boards\n"
        "'run-task DIR' does one task by hand.",
    .suffix = "",
    .kinds = kinds,
    .env = env,
    .boards = site_announce,
};

int
main(int argc, char **argv)
{
    struct err err = { 0 };

    if (counting_prepare(&err) != ST_OK) {
        fprintf(stderr, "offramp-probe: %s\n", err.text);
        return 1;
    }
    return agent_main(&program, argc, argv);
}
