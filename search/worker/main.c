/* SPDX-License-Identifier: MIT */
/* offramp-worker -- analyses models, evaluates exits, searches plans. */
#include "probes/agent/agent.h"
#include "probes/transfer/task_link.h"
#include "search/worker/kinds.h"

static const struct task_kind *const kinds[] = { &task_analyse, &task_augment,
    &task_dataset, &task_deploy, &task_live, &task_quantise, &task_records,
    &task_search, &task_trial, &task_link_answer, NULL };

static const struct agent_program program = {
    .name = "offramp-worker",
    .summary = "analyse models, evaluate exits and search plans for offrampd",
    .details = "offrampd starts one by itself; more can run anywhere:\n"
               "    offramp-worker --server http://lab:8080 --id worker-2\n"
               "Each task runs in a process of its own: a model that crashes "
               "or hangs it\nfails that task and nothing else.",
    .suffix = "-worker",
    .kinds = kinds,
};

int
main(int argc, char **argv)
{
    return agent_main(&program, argc, argv);
}
