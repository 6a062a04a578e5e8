/* SPDX-License-Identifier: MIT */
/*
 * play.h -- fuzz targets without a fuzzer: seeded mutations of good inputs, so
 * that every test run has some of it.  With clang, a target's own file built
 * with -fsanitize=fuzzer,address -DOFFRAMP_FUZZER goes on from there.
 */
#ifndef OFFRAMP_TESTS_FUZZ_PLAY_H
#define OFFRAMP_TESTS_FUZZ_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

/* The entrance that libFuzzer wants; each target defines it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Call it with `data` and with `rounds` mutations: bytes changed, mixed,
 * dropped, or cut off at the end.  Each lies in memory of its own size, so
 * that ASan sees overruns.  0, or 1 where memory is out. */
int fuzz_play(const void *data, size_t len, int rounds, struct rng *rng);

#endif
