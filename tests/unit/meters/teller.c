/* SPDX-License-Identifier: MIT */
#include "teller.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

enum { PERIOD_NS = 2000000, IN = 50 };

static const double RANGE_J = 10, FIRST_J = 9.99;

/* ---- the load ---- */

int64_t
teller_worked_ns(const struct teller_load *l, int64_t now_ns)
{
    int64_t since = l->since_ns, most = l->spell_ns, spell = now_ns - since;

    if (since == 0 || spell < 0)
        return l->busy_ns;
    return l->busy_ns + (spell < most ? spell : most);
}

void
teller_work(struct teller_load *l, int64_t spell_ns)
{
    int64_t start_ns = clock_ns();

    l->spell_ns = spell_ns;
    l->since_ns = start_ns;
    while (clock_ns() - start_ns < spell_ns)
        ;
    l->since_ns = 0;
    l->busy_ns += spell_ns;
}

void
teller_mark(struct teller_load *l)
{
    l->marks[l->n_marks % 64] = clock_ns();
    l->n_marks++;
}

/* ---- what is said ---- */

/* All energy up to a moment. */
static double
total_nj(const struct teller *t, int64_t now_ns)
{
    return t->load->idle_w * (double)(now_ns - t->start_ns) +
           t->load->busy_w * (double)teller_worked_ns(t->load, now_ns);
}

/* The meter's own time, in us. */
static double
own_time(const struct teller *t, int64_t now_ns)
{
    double us = (double)(now_ns - t->start_ns) / 1000 + 5e6;

    if (t->fault == TELLER_FAST)
        us *= 1.33;
    return t->fault == TELLER_BACK && t->load->trouble ? us - 5e6 : us;
}

/* The edges up to a moment. */
static void
say_marks(struct teller *t, FILE *out, int64_t now_ns)
{
    for (; t->told_marks < t->load->n_marks &&
           t->load->marks[t->told_marks % 64] <= now_ns;
         t->told_marks++)
        fprintf(out, "m %.3f %d\n",
            own_time(t, t->load->marks[t->told_marks % 64]),
            t->told_marks % 2 == 0);
}

/* The sample of the period that ends at `now_ns`. */
static void
say_sample(struct teller *t, FILE *out, int64_t now_ns, double nj)
{
    double value = (nj - t->said_w_nj) / PERIOD_NS;
    bool odd = t->said % IN == IN - 1;

    t->said_w_nj = nj;
    t->said++;
    if (t->total)
        value = fmod(FIRST_J + nj / 1e9, RANGE_J) -
                (odd && t->fault == TELLER_SINKS ? 0.5 : 0);
    if (odd && t->fault == TELLER_DROPS)
        return;
    if (odd && t->fault == TELLER_GARBAGE)
        fputs("s 12 zw\xf6lf\n", out);
    else
        fprintf(out, "s %.3f %.9f\n", own_time(t, now_ns), value);
}

/* All periods that are over; their energy is spread over them evenly. */
static void
say_due(struct teller *t, FILE *out)
{
    int64_t from_ns = t->start_ns + t->said * PERIOD_NS, now_ns = clock_ns();
    int64_t n = (now_ns - from_ns) / PERIOD_NS;
    double first = t->said_w_nj;
    double last = total_nj(t, from_ns + n * PERIOD_NS);

    for (int64_t i = 1; i <= n; i++) {
        say_marks(t, out, from_ns + i * PERIOD_NS);
        say_sample(t, out, from_ns + i * PERIOD_NS,
            first + (last - first) * (double)i / (double)n);
    }
}

static void
say_header(const struct teller *t, FILE *out)
{
    if (t->fault == TELLER_NAMELESS)
        return;
    fprintf(out,
        "meter teller kind=%s period_us=%d quantum=1e-6 gain=0.001 "
        "window_ms=400 latency_ms=100 marks=1",
        t->total ? "energy" : "power", PERIOD_NS / 1000);
    if (t->total)
        fprintf(out, " range_j=%g", RANGE_J);
    fputs("\n", out);
}

static void
flood(FILE *out)
{
    char noise[1024];

    memset(noise, 'y', sizeof(noise));
    fwrite(noise, 1, sizeof(noise), out);
}

/* Until the other end or the test is over. */
static void
talk(struct teller *t, FILE *out, bool serial)
{
    t->start_ns = clock_ns();
    t->said = 0;
    t->said_w_nj = total_nj(t, t->start_ns);
    t->told_marks = t->load->n_marks;
    say_header(t, out);
    while (!t->stop && !ferror(out)) {
        bool over = t->load->trouble;

        if (t->fault == TELLER_UNPLUGS && over)
            return;
        if (t->fault == TELLER_FLOODS)
            flood(out);
        else if (!(t->fault == TELLER_SILENT && over))
            say_due(t, out);
        if (serial && t->said % 100 == 0)
            say_header(t, out);
        if (fflush(out) != 0)
            return;
        if (t->fault != TELLER_FLOODS)
            clock_sleep_ns(PERIOD_NS);
    }
}

/* ---- lines ---- */

static void *
serve(void *arg)
{
    struct teller *t = arg;

    while (!t->stop) {
        struct pollfd p = { .fd = t->door, .events = POLLIN };
        int fd = poll(&p, 1, 50) == 1 ? accept(t->door, NULL, NULL) : -1;
        FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

        if (out == NULL)
            continue;
        talk(t, out, false);
        fclose(out);
    }
    return NULL;
}

static void *
whisper(void *arg)
{
    struct teller *t = arg;
    FILE *out = fdopen(t->door, "w");

    if (out != NULL) {
        talk(t, out, true);
        fclose(out);
    }
    return NULL;
}

static void
open_door(struct teller *t)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(a);

    assert_true((t->door = socket(AF_INET, SOCK_STREAM, 0)) >= 0);
    assert_int_equal(bind(t->door, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(t->door, 4), 0);
    assert_int_equal(getsockname(t->door, (struct sockaddr *)&a, &len), 0);
    snprintf(t->place, sizeof(t->place), "127.0.0.1:%d", ntohs(a.sin_port));
}

static void
open_terminal(struct teller *t)
{
    struct termios mode;

    assert_true((t->door = posix_openpt(O_RDWR | O_NOCTTY)) >= 0);
    assert_int_equal(grantpt(t->door), 0);
    assert_int_equal(unlockpt(t->door), 0);
    assert_int_equal(ptsname_r(t->door, t->place, sizeof(t->place)), 0);
    assert_true((t->slave = open(t->place, O_RDWR | O_NOCTTY)) >= 0);
    assert_int_equal(tcgetattr(t->slave, &mode), 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(t->slave, TCSANOW, &mode), 0);
    /* What nobody reads must not stop it. */
    assert_int_equal(fcntl(t->door, F_SETFL, O_NONBLOCK), 0);
}

void
teller_start(struct teller *t, const struct teller_load *load,
    enum teller_fault fault, bool total, bool serial)
{
    *t = (struct teller){
        .load = load, .fault = fault, .total = total, .slave = -1
    };
    if (serial)
        open_terminal(t);
    else
        open_door(t);
    assert_int_equal(
        pthread_create(&t->thread, NULL, serial ? whisper : serve, t), 0);
}

void
teller_stop(struct teller *t)
{
    t->stop = true;
    pthread_join(t->thread, NULL);
    if (t->slave < 0)
        close(t->door);
    else
        close(t->slave);
}

void
teller_name(const struct teller *t, const char *device)
{
    char text[256];

    snprintf(text, sizeof(text), "{\"m\":{\"%s\":\"%s\"%s%s%s}}",
        t->slave >= 0 ? "serial" : "tcp", t->place,
        device ? ",\"device\":\"" : "", device ? device : "",
        device ? "\"" : "");
    assert_int_equal(setenv("OFFRAMP_METERS", text, 1), 0);
}
