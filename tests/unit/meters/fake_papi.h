/* SPDX-License-Identifier: MIT */
/*
 * fake_papi.h -- PAPI's calls, as a machine would answer that has the
 * components and events below; linked before the library, so the real one is
 * not asked.  Nothing is owned.  Set `fake_denied` and `fake_value` from any
 * thread.
 */
#ifndef OFFRAMP_TEST_FAKE_PAPI_H
#define OFFRAMP_TEST_FAKE_PAPI_H

#include <stdatomic.h>
#include <stdbool.h>

#define FAKE_POWER  "nvml:::NVIDIA_GeForce:device_0:power"
#define FAKE_ENERGY "rapl:::PACKAGE_ENERGY:PACKAGE0"

/* Adding an event is refused; reads fail from now on. */
extern atomic_bool fake_denied, fake_gone;

/* Sets that are open. */
extern atomic_int fake_sets;

#endif
