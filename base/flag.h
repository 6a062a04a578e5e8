/* SPDX-License-Identifier: MIT */
/*
 * flag.h -- the quality flags a number can carry, and the grade they give.
 *
 * Grades (measurement.md 12): A no flag that touches the number and a 95 %
 * interval of at most 1 %; B at most 3 % and only mild flags; C for ranking
 * only; X do not use (kept all the same).
 */
#ifndef OFFRAMP_BASE_FLAG_H
#define OFFRAMP_BASE_FLAG_H

#include <stdint.h>

#include "base/json.h"

/* How far a flag lowers the grade: NOTE not at all, MILD to B, RANK to C,
 * BAD to X. */
enum flag_weight { FLAG_NOTE, FLAG_MILD, FLAG_RANK, FLAG_BAD };

/* name, weight, what a person should know.  The order is stored: only add. */
#define FLAG_MAP(X)                                                            \
    X(not_steady, MILD, "warm-up ended before the times settled")              \
    X(drift, MILD, "the sentinel slowed by over 2 % within a round")           \
    X(thermal_unstable, RANK, "three rounds were lost to drift")               \
    X(throttled, RANK, "the processor reported throttling")                    \
    X(undervoltage, RANK, "the board reported low supply voltage")             \
    X(freq_varied, MILD, "the processor's pace changed while measuring")       \
    X(short_layer, MILD, "shorter than 100 clock reads")                       \
    X(autocorrelated, MILD, "epochs depend on each other")                     \
    X(bimodal, RANK, "two separate groups of times")                           \
    X(ci_not_met, MILD, "the interval is wider than asked for")                \
    X(few_samples, RANK, "fewer than eleven epochs")                           \
    X(overhead_high, MILD, "the instrument slowed the model by over 10 %")     \
    X(closure_warn, MILD, "parts and whole differ by 3 to 10 %")               \
    X(closure_fail, RANK, "parts and whole differ by over 10 %")               \
    X(counter_pass_mismatch, RANK, "cycles differ between counter passes")     \
    X(multiplexed, RANK, "counters were time-shared")                          \
    X(counter_missing, NOTE, "this machine offers no hardware counters")       \
    X(energy_coarse, RANK, "the energy sensor is too coarse")                  \
    X(idle_drift, MILD, "idle power changed while measuring")                  \
    X(meter_drops, BAD, "the energy meter lost samples")                       \
    X(no_energy_sensor, NOTE, "no energy sensor here: energy is null")         \
    X(timer_suspect, BAD, "the timer failed its own test")                     \
    X(wrong_output, BAD, "the outputs differ from the reference")              \
    X(emulated, NOTE, "counts from an emulator, never time")                   \
    X(modelled, NOTE, "derived, not measured")                                 \
    X(stale, RANK, "made under conditions that no longer hold")                \
    X(late_lease, BAD, "came after its lease had ended")                       \
    X(partial, RANK, "the job ended before this was complete")                 \
    X(shared_host, MILD, "other work ran on the machine")                      \
    X(ctx_switched, MILD, "the process was interrupted while measuring")       \
    X(cached, NOTE, "measured earlier for an equal kernel and environment")    \
    X(fused, NOTE, "one kernel does this and another layer: one has the time") \
    X(meter_backwards, BAD, "the energy meter's total went down")              \
    X(meter_stuck, BAD, "the energy meter stood still")                        \
    X(meter_window, BAD, "longer than the energy meter can tell apart")        \
    X(out_of_control, RANK, "a golden kernel was off the device's chart")      \
    X(residual, MILD, "a plan run for real was beyond these numbers")          \
    X(meter_lost, BAD, "the energy meter went away")                           \
    X(meter_clock, BAD, "the energy meter's clock or marks do not fit")        \
    X(replayed, RANK, "the energy is a recording of another run")              \
    X(unsupported, NOTE, "cannot run there: its support says why")             \
    X(one_machine, NOTE, "both ends ran on one machine")                       \
    X(shared_core, MILD, "both ends ran on one core: never at the same time")

enum flag_index {
#define X(name, weight, text) FLAG_INDEX_##name,
    FLAG_MAP(X)
#undef X
        FLAG_COUNT
};

/* One bit a flag, so that a set is one integer. */
#define FLAG(name) (INT64_C(1) << FLAG_INDEX_##name)

const char *flag_name(enum flag_index i);
const char *flag_text(enum flag_index i);
enum flag_weight flag_weight(enum flag_index i);

/* The grade of a number with these flags and this relative half-width of its
 * 95 % interval (NaN: no interval, so C at best). */
char flag_grade(int64_t flags, double ci_rel);

/* Names as a JSON array and back; unknown names are ST_INVALID. */
json_t *flag_json(int64_t flags);
enum status flag_from_json(
    const json_t *names, int64_t *flags, struct err *err) MUST_CHECK;

#endif
