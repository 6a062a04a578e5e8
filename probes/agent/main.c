/* SPDX-License-Identifier: MIT */
/* main.c -- the command line of every agent. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "probes/agent/devices.h"
#include "probes/agent/folder.h"
#include "probes/agent/lanes.h"
#include "probes/agent/loop.h"
#include "probes/agent/meter_option.h"

enum { MIB = 1 << 20, OPTS = 15, DEVICE_OPTS = 4 };

/* The command line as given. */
struct settings {
    const char *server, *token, *id, *spool, *runtime, *link, *emulator,
        *log_level;
    struct opt_list labels, devices, boards, meters;
    int64_t cache_mib, memory_mib;
    bool once;
    struct opt opts[OPTS];
    struct opt_cmd cmd;
    char host[128], default_id[160], default_spool[FOLDER_PATH];
};

/* ---- options ---- */

static void
make_options(struct settings *s, const struct agent_program *p)
{
    const struct opt opts[OPTS] = {
        { "server", 's', OPT_STR, &s->server, "URL",
            "where offrampd listens (default http://127.0.0.1:8080)",
            "OFFRAMP_SERVER", 0, 0 },
        { "token", 0, OPT_STR, &s->token, "TOKEN",
            "bearer token of this agent (better in the environment)",
            "OFFRAMP_TOKEN", 0, 0 },
        { "id", 0, OPT_STR, &s->id, "NAME",
            "the agent's own name (default: from the host's)", NULL, 0, 0 },
        { "label", 'l', OPT_LIST, &s->labels, "KEY=VALUE",
            "a label of the agent and its devices; may be repeated", NULL, 0,
            0 },
        { "spool", 0, OPT_STR, &s->spool, "DIR",
            "results to send and cached blobs (default below "
            "~/.local/state/offramp)",
            NULL, 0, 0 },
        { "cache-size", 0, OPT_INT, &s->cache_mib, "MIB",
            "disk for cached blobs (default 2048)", NULL, 0, 1e9 },
        { "memory", 0, OPT_INT, &s->memory_mib, "MIB",
            "address space of a task (default: the machine's memory; 0: no "
            "limit)",
            NULL, 0, 1e9 },
        { "runtime", 0, OPT_STR, &s->runtime, "FILE",
            "the ONNX Runtime library to use (default: searched for)",
            "OFFRAMP_RUNTIME", 0, 0 },
        { "link", 0, OPT_STR, &s->link, "ADDRESS",
            "of this machine, as others reach it: links to it may be measured, "
            "on a port that is open meanwhile",
            "OFFRAMP_LINK", 0, 255 },
        { "once", 0, OPT_FLAG, &s->once, NULL, "end after one task", NULL, 0,
            0 },
        { "log-level", 0, OPT_STR, &s->log_level, "LEVEL",
            "error, warn, info or debug (default info)", NULL, 0, 0 },
        { "emulator", 0, OPT_STR, &s->emulator, "FILE",
            "run tasks by this program, which emulates another machine and "
            "counts instructions (scripts/arm64 makes one)",
            "OFFRAMP_EMULATED", 0, 0 },
        { "device", 'd', OPT_LIST, &s->devices, "NAME[:KEY=VALUE,..]",
            "name of the device that this is, with labels of its own (default: "
            "the host's name); again for more, which take turns",
            NULL, 0, 0 },
        { "board", 'b', OPT_LIST, &s->boards, "NAME:PLACE[,KEY=VALUE,..]",
            "a microcontroller board of this host, with labels of its own; "
            "PLACE is qemu=MACHINE (mps2-an385, an386, an500, an505, "
            "mps3-an547), or serial=PATH with baud=N (default 115200) and "
            "id=TEXT "
            "where its USB adapter has no serial number; again for more, which "
            "work at the same time; without --device the host is then none",
            NULL, 0, 0 },
        { "meter", 'm', OPT_LIST, &s->meters, "NAME:PLACE[,device=BOARD]",
            "an energy meter outside of the machine, that tells its samples as "
            "lines of text; PLACE is tcp=HOST:PORT, serial=PATH with baud=N "
            "(default 115200), trace=FILE, a recording, or papi=EVENT, a "
            "power or energy event of PAPI such as a GPU's by NVML; it "
            "measures this host, or a board; again for more",
            NULL, 0, 0 },
    };

    memcpy(s->opts, opts, sizeof(opts));
    s->cmd = (struct opt_cmd){ .name = p->name,
        .summary = p->summary,
        .synopsis = p->env ? "[OPTION].. [run-task DIR | env | boards | man]"
                           : "[OPTION].. [run-task DIR | man]",
        .details = p->details,
        .opts = s->opts,
        .n_opts = p->env ? OPTS : OPTS - DEVICE_OPTS }; /* the last ones */
}

/* What was not said: names from the host's, the spool from the id. */
static enum status
fill_defaults(
    struct settings *s, const struct agent_program *p, struct err *err)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (gethostname(s->host, sizeof(s->host) - 1) < 0)
        return err_errno(err, "the host's name");
    snprintf(s->default_id, sizeof(s->default_id), "%s%s", s->host, p->suffix);
    if (s->id == NULL)
        s->id = s->default_id;
    if (p->env != NULL && s->devices.n == 0 && s->boards.n == 0)
        s->devices.item[s->devices.n++] = s->host;
    if (s->spool != NULL)
        return ST_OK;
    if (state != NULL && state[0] == '/')
        snprintf(s->default_spool, sizeof(s->default_spool), "%s/offramp/%s",
            state, s->id);
    else if (home != NULL)
        snprintf(s->default_spool, sizeof(s->default_spool),
            "%s/.local/state/offramp/%s", home, s->id);
    else
        return err_set(err, ST_INVALID, "cli.option",
            "no HOME to keep results in: give --spool DIR");
    s->spool = s->default_spool;
    return ST_OK;
}

/* ---- verbs ---- */

static int
complain(const struct settings *s, enum status st, const struct err *err)
{
    if (st == ST_OK)
        return 0;
    fprintf(stderr, "%s: %s\n", s->cmd.name, err->text);
    return st == ST_INVALID ? 2 : 1;
}

static int64_t
memory_limit(const struct settings *s)
{
    if (s->memory_mib >= 0)
        return s->memory_mib * MIB;
    return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

/* What an interrupted task can go on from outlives its folder: in SPOOL/work,
 * which tasks find in their environment. */
static enum status
make_work_folder(const char *spool, struct err *err)
{
    char path[PATH_MAX];
    enum status st;

    snprintf(path, sizeof(path), "%.*s/work", FOLDER_PATH, spool);
    if ((st = file_mkdirs(path, err)) != ST_OK)
        return st;
    return setenv("OFFRAMP_WORK", path, 1) == 0 ? ST_OK : err_nomem(err);
}

/* One agent of the command line: all of it, or one of its lanes. */
static int
run_agent(struct settings *s, struct agent_config *c, const char *spool)
{
    struct err err = { 0 };
    enum status st;

    if ((st = file_mkdirs(spool, &err)) != ST_OK ||
        (st = stop_on_signals(&c->stop, &err)) != ST_OK)
        goto out;
    /* The child needs the folder whatever its own folder is. */
    if ((c->spool = realpath(spool, NULL)) == NULL) {
        st = err_errno(&err, spool);
        goto out;
    }
    if ((st = make_work_folder(c->spool, &err)) != ST_OK)
        goto out;
    c->cache_bytes = s->cache_mib * MIB;
    c->memory_bytes = memory_limit(s);
    if (setenv("OFFRAMP_SERVER", s->server, 1) < 0 ||
        (s->link != NULL && setenv("OFFRAMP_LINK", s->link, 1) < 0) ||
        (s->emulator != NULL &&
            setenv("OFFRAMP_EMULATED", s->emulator, 1) < 0)) {
        st = err_nomem(&err);
        goto out;
    }
    /* The token is no business of a task: neither from its own environment
     * nor from ours in /proc, nor from our memory. */
    unsetenv("OFFRAMP_TOKEN");
    prctl(PR_SET_DUMPABLE, 0);
    st = agent_loop(c, &err);
out:
    free((char *)c->spool);
    return complain(s, st, &err);
}

/* What the lanes are made of. */
struct loop {
    struct settings *s;
    struct agent_config c;
};

static int
run_lane(void *ctx, size_t i)
{
    const struct loop *all = ctx;
    struct agent_config c = all->c;
    char id[256], spool[FOLDER_PATH];
    const char *board = NULL;
    int code;

    c.devices = lanes_devices(all->c.devices, i, &board);
    if (c.devices == NULL)
        return complain(all->s, ST_NOMEM, &(struct err){ .text = "no memory" });
    if (board == NULL)
        return run_agent(all->s, &c, all->s->spool);
    snprintf(id, sizeof(id), "%s.%s", all->s->id, board);
    snprintf(spool, sizeof(spool), "%s/boards/%s", all->s->spool, board);
    c.id = id;
    code = run_agent(all->s, &c, spool);
    json_decref(c.devices);
    return code;
}

static int
verb_loop(struct settings *s, const struct agent_program *p, const char *arg)
{
    struct loop all = { .s = s,
        .c = { .program = p,
            .server = s->server,
            .token = s->token,
            .once = s->once } };
    struct err err = { 0 };
    enum status st;
    size_t lanes;
    int code;

    (void)arg;
    if ((st = fill_defaults(s, p, &err)) == ST_OK &&
        (st = agent_labels(&s->labels, &all.c.labels, &err)) == ST_OK &&
        (st = agent_devices(&s->devices, all.c.labels, &all.c.devices, &err)) ==
            ST_OK)
        st = agent_boards(&s->boards, all.c.labels, all.c.devices, &err);
    all.c.id = s->id;
    prctl(PR_SET_DUMPABLE, 0); /* lanes have the token; so has this process */
    lanes = st == ST_OK ? lanes_count(all.c.devices) : 0;
    code = st != ST_OK  ? complain(s, st, &err)
           : lanes == 1 ? run_agent(s, &all.c, s->spool)
                        : lanes_run(lanes, run_lane, &all);
    json_decref(all.c.devices);
    json_decref(all.c.labels);
    return code;
}

/* Libraries print to standard output at times: progress gets a descriptor of
 * its own, and standard output becomes standard error. */
static int
verb_run_task(
    struct settings *s, const struct agent_program *p, const char *dir)
{
    struct err err = { 0 };
    int fd = dup(STDOUT_FILENO);

    signal(SIGPIPE, SIG_IGN);
    if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return complain(s, err_errno(&err, "standard output"), &err);
    return complain(s, agent_run_task(p->kinds, dir, fd, &err), &err);
}

static int
print_answer(struct settings *s, enum status (*ask)(json_t **, struct err *))
{
    struct err err = { 0 };
    json_t *answer = NULL;
    enum status st = ask(&answer, &err);

    if (st == ST_OK && json_dumpf(answer, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
    json_decref(answer);
    return complain(s, st, &err);
}

static int
verb_env(struct settings *s, const struct agent_program *p, const char *arg)
{
    (void)arg;
    return print_answer(s, p->env);
}

/* Asked by the agent of itself with the list in the environment, by a person
 * with --board. */
static int
verb_boards(struct settings *s, const struct agent_program *p, const char *arg)
{
    struct err err = { 0 };
    json_t *devices = json_array(), *labels = json_object();
    enum status st = agent_boards(&s->boards, labels, devices, &err);

    (void)arg;
    json_decref(devices);
    json_decref(labels);
    return st == ST_OK ? print_answer(s, p->boards) : complain(s, st, &err);
}

static int
verb_man(struct settings *s, const struct agent_program *p, const char *arg)
{
    (void)p;
    (void)arg;
    opt_man(&s->cmd, 1, stdout);
    return 0;
}

static const struct verb {
    const char *name; /* NULL: no verb at all */
    bool arg;         /* takes one word */
    bool env;         /* only where the program has an environment */
    int (*run)(
        struct settings *s, const struct agent_program *p, const char *arg);
} verbs[] = {
    { NULL, false, false, verb_loop },
    { "run-task", true, false, verb_run_task },
    { "env", false, true, verb_env },
    { "boards", false, true, verb_boards },
    { "man", false, false, verb_man },
};

static const struct verb *
find_verb(const struct agent_program *p, char **args, int n)
{
    if (n == 0)
        return &verbs[0];
    for (size_t i = 1; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (strcmp(verbs[i].name, args[0]) == 0 && n == 1 + verbs[i].arg &&
            (p->env != NULL || !verbs[i].env))
            return &verbs[i];
    return NULL;
}

int
agent_main(const struct agent_program *program, int argc, char **argv)
{
    struct settings s = { .server = "http://127.0.0.1:8080",
        .log_level = "info",
        .cache_mib = 2048,
        .memory_mib = -1 };
    enum log_level level = LOG_INFO;
    const struct verb *verb = NULL;
    struct err err = { 0 };
    bool done = false;
    int n = 0;
    enum status st;

    make_options(&s, program);
    log_init(program->name, LOG_INFO);
    if ((st = hash_start(&err)) != ST_OK ||
        (st = opt_parse(&s.cmd, argc, argv, &n, &done, &err)) != ST_OK ||
        (st = log_level_from(s.log_level, &level, &err)) != ST_OK || done)
        return complain(&s, st, &err);
    log_init(program->name, level);
    if ((verb = find_verb(program, argv + 1, n)) == NULL)
        return complain(&s,
            err_set(&err, ST_INVALID, "cli.usage",
                "'%s' is not understood here (see %s --help)", argv[1],
                program->name),
            &err);
    if (agent_meters(&s.meters, &s.boards, &err) != ST_OK)
        return complain(&s, err.status, &err);
    if (s.runtime != NULL && setenv("OFFRAMP_RUNTIME", s.runtime, 1) < 0)
        return complain(&s, err_nomem(&err), &err);
    return verb->run(&s, program, n == 2 ? argv[2] : NULL);
}
