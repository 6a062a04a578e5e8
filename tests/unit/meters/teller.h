/* SPDX-License-Identifier: MIT */
/*
 * teller.h -- an external meter of a known truth, for tests: a thread that
 * speaks the line protocol over TCP, a pseudo terminal or into nothing, of a
 * load that is switched on and off.
 *
 * It tells the mean power since its last sample, of every period even if it
 * comes late to it, so a busy machine makes no sample false.
 */
#ifndef OFFRAMP_TEST_TELLER_H
#define OFFRAMP_TEST_TELLER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum teller_fault {
    TELLER_GOOD,
    TELLER_DROPS,    /* one sample of fifty is not said */
    TELLER_BACK,     /* its time starts again, once there is trouble */
    TELLER_SINKS,    /* its total goes down at times */
    TELLER_GARBAGE,  /* one line of fifty is noise */
    TELLER_SILENT,   /* nothing more comes once there is trouble */
    TELLER_UNPLUGS,  /* it hangs up then; may be called again */
    TELLER_FLOODS,   /* endless bytes without a line's end */
    TELLER_FAST,     /* its clock runs 1.33 times as fast */
    TELLER_NAMELESS, /* it never says what it is */
};

/* The power of what is measured; written by those who do the work.  A spell
 * of work counts for as long as it was said to take, however long a busy
 * machine takes for it, so what it cost is known. */
struct teller_load {
    double idle_w, busy_w;     /* busy: on top */
    _Atomic int64_t busy_ns;   /* worked so far, without the present spell */
    _Atomic int64_t since_ns;  /* start of the present spell; 0: idle */
    _Atomic int64_t spell_ns;  /* how long that one takes */
    _Atomic int64_t marks[64]; /* edges of a pin: times, up and down in turn */
    _Atomic int n_marks;
    atomic_bool trouble; /* when the fault begins, of some */
};

struct teller {
    const struct teller_load *load; /* borrowed */
    enum teller_fault fault;
    bool total;      /* kind=energy, from 9.99 J to wrap at 10 J */
    char place[64];  /* "127.0.0.1:PORT", or the terminal's path */
    int door, slave; /* private from here on */
    atomic_bool stop;
    pthread_t thread;
    int64_t start_ns, said;
    double said_w_nj;
    int told_marks;
};

/* Over TCP, or (`serial`) a pseudo terminal. */
void teller_start(struct teller *t, const struct teller_load *load,
    enum teller_fault fault, bool total, bool serial);
void teller_stop(struct teller *t);

/* Name it to meters, as --meter does: the host's, or that of a board. */
void teller_name(const struct teller *t, const char *device);

/* Work for so long, by waiting for the time to pass. */
void teller_work(struct teller_load *l, int64_t spell_ns);
int64_t teller_worked_ns(const struct teller_load *l, int64_t now_ns);

/* The pin goes up or down now. */
void teller_mark(struct teller_load *l);

#endif
