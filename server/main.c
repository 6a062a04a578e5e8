/* SPDX-License-Identifier: MIT */
/* offrampd: options, start, stop; the verbs token, routes and man. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/opt.h"
#include "db/token.h"
#include "server/http.h"
#include "server/listen.h"
#include "server/lock.h"
#include "server/mhd.h"
#include "server/server.h"
#include "server/spawn.h"
#include "server/sweep.h"
#include "server/token_cmd.h"

struct settings {
    const char *db, *listen, *address_file, *log_level;
    bool auth, no_worker;
    int64_t workers, max_blob_mib;
    double lease_ttl_s, heartbeat_s, poll_s, head_s, audit;
};

static struct settings settings = {
    .db = "offramp.db",
    .listen = "127.0.0.1:8080",
    .log_level = "info",
    .workers = 1,
    .max_blob_mib = 1024,
    .lease_ttl_s = 30,
    .heartbeat_s = 10,
    .poll_s = 50,
    .head_s = 10,
    .audit = 0.05,
};

static const struct opt opts[] = {
    { "db", 'd', OPT_STR, &settings.db, "FILE",
        "the store; made if absent (default offramp.db)", "OFFRAMP_DB", 0, 0 },
    { "listen", 'l', OPT_STR, &settings.listen, "HOST:PORT",
        "where to listen; port 0 takes any (default 127.0.0.1:8080)",
        "OFFRAMP_LISTEN", 0, 0 },
    { "address-file", 0, OPT_STR, &settings.address_file, "FILE",
        "write the address there once it answers", NULL, 0, 0 },
    { "auth", 0, OPT_FLAG, &settings.auth, NULL,
        "ask for tokens on loopback too", NULL, 0, 0 },
    { "workers", 'w', OPT_INT, &settings.workers, "N",
        "workers to start here (default 1)", NULL, 1, SPAWN_MAX },
    { "no-worker", 0, OPT_FLAG, &settings.no_worker, NULL,
        "start no worker: others will connect", NULL, 0, 0 },
    { "max-blob", 0, OPT_INT, &settings.max_blob_mib, "MIB",
        "largest file taken (default 1024)", NULL, 1, 1024 },
    { "lease-ttl", 0, OPT_REAL, &settings.lease_ttl_s, "S",
        "a lease ends after so long a silence (default 30)", NULL, 0.1, 3600 },
    { "heartbeat", 0, OPT_REAL, &settings.heartbeat_s, "S",
        "how often agents report (default 10, at most a third of the ttl)",
        NULL, 0.05, 600 },
    { "poll", 0, OPT_REAL, &settings.poll_s, "S",
        "longest long poll (default 50)", NULL, 0.1, 60 },
    { "head-timeout", 0, OPT_REAL, &settings.head_s, "S",
        "a new client's request head must be here by then (default 10)", NULL,
        0.1, 600 },
    { "audit", 0, OPT_REAL, &settings.audit, "RATE",
        "share of cached rows measured again (default 0.05)", NULL, 0, 1 },
    { "log-level", 0, OPT_STR, &settings.log_level, "LEVEL",
        "error, warn, info or debug (default info)", "OFFRAMP_LOG", 0, 0 },
};

static const struct opt_cmd command = {
    .name = "offrampd",
    .summary = "the Offramp service: REST API, queue and page",
    .synopsis = "[OPTION]... | token ... | routes | man [token]",
    .details =
        "Keeps models, measurements and plans in one SQLite file, hands tasks\n"
        "to agents (offramp-worker, offramp-probe) and serves the page.  "
        "Prints\n"
        "its address on standard output; logs go to standard error.\n\n"
        "On loopback no token is needed.  Any other address needs tokens:\n"
        "  offrampd token add --name laptop --scope submit\n"
        "  offrampd --listen 0.0.0.0:8080\n\n"
        "SIGTERM and SIGINT stop it in good order; a second one at once.",
    .opts = opts,
    .n_opts = sizeof(opts) / sizeof(opts[0]),
};

static enum status
set_log_level(struct err *err)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };

    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++)
        if (strcmp(settings.log_level, names[i]) == 0) {
            log_init("offrampd", (enum log_level)i);
            return ST_OK;
        }
    return err_set(err, ST_INVALID, "cli.option",
        "--log-level: error, warn, info or debug, not '%s'",
        settings.log_level);
}

/* Each long poll is an open file. */
static void
allow_many_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 4096) {
        files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* What is not loopback may only be served with tokens. */
static enum status
need_tokens(struct server *s, const struct endpoint *at, struct err *err)
{
    struct db *db;
    int64_t n = 0;
    enum status st = server_db_take(s, &db, err);

    if (st != ST_OK)
        return st;
    st = db_token_count(db, &n, err);
    server_db_give(s, db);
    if (st == ST_OK && n == 0)
        st = err_set(err, ST_FORBIDDEN, "auth.no_tokens",
            "%s is reachable from other machines, and no token is stored: make "
            "one first with: offrampd token add --db %s --name me --scope "
            "admin",
            at->url, settings.db);
    return st;
}

struct parts {
    int lock_fd;
    struct endpoint at;
    struct server *server;
    struct mhd *mhd;
    struct sweep *sweep;
    struct spawn *spawn;
};

static enum status
start_workers(struct parts *p, struct err *err)
{
    struct err why = { 0 };
    enum status st;

    if (settings.no_worker)
        return ST_OK;
    st = spawn_new(&p->spawn, p->server, (int)settings.workers, &why);
    if (st == ST_NOT_FOUND) {
        log_warn("%s: models will wait until a worker connects", why.text);
        return ST_OK;
    }
    return st == ST_OK ? st : err_set(err, st, why.code, "%s", why.text);
}

/* Tell where it answers: the file for programs, stdout for people. */
static enum status
announce(const struct endpoint *at, struct err *err)
{
    char line[sizeof(at->url) + 1];
    int n = snprintf(line, sizeof(line), "%s\n", at->url);
    enum status st = ST_OK;

    /* The file first: who reads the line may look for it at once. */
    if (settings.address_file != NULL)
        st = file_write(settings.address_file, line, (size_t)n, err);
    if (st == ST_OK) {
        fputs(line, stdout);
        fflush(stdout);
    }
    return st;
}

static enum status
start(struct parts *p, struct err *err)
{
    struct server_config c = server_defaults(settings.db);
    enum status st;

    if ((st = lock_store(settings.db, &p->lock_fd, err)) != ST_OK ||
        (st = listen_open(settings.listen, &p->at, err)) != ST_OK)
        return st;
    c.auth = settings.auth || !p->at.loopback;
    c.max_blob_bytes = settings.max_blob_mib << 20;
    c.lease_ttl_ms = (int64_t)(settings.lease_ttl_s * 1000);
    c.heartbeat_ms = (int64_t)(settings.heartbeat_s * 1000);
    if (c.heartbeat_ms > c.lease_ttl_ms / 3)
        c.heartbeat_ms = c.lease_ttl_ms / 3; /* two may be lost */
    c.poll_ms = (int64_t)(settings.poll_s * 1000);
    c.head_ms = (int64_t)(settings.head_s * 1000);
    c.audit_rate = settings.audit;
    if ((st = server_open(&p->server, &c, err)) != ST_OK ||
        (!p->at.loopback &&
            (st = need_tokens(p->server, &p->at, err)) != ST_OK) ||
        (st = start_workers(p, err)) != ST_OK ||
        (st = mhd_start(&p->mhd, p->server, p->at.fd, err)) != ST_OK)
        return st;
    p->at.fd = -1; /* the HTTP server's now */
    if ((st = sweep_start(&p->sweep, p->server, err)) != ST_OK ||
        (p->spawn != NULL &&
            (st = spawn_start(p->spawn, p->at.url, err)) != ST_OK))
        return st;
    return announce(&p->at, err);
}

/* In the order that lets the workers say goodbye. */
static void
stop(struct parts *p)
{
    spawn_stop(p->spawn);
    mhd_stop(p->mhd);
    sweep_stop(p->sweep);
    server_close(p->server);
    if (p->at.fd >= 0)
        close(p->at.fd);
    if (p->lock_fd >= 0)
        close(p->lock_fd);
}

static int
serve(int argc, char **argv)
{
    struct parts p = { .lock_fd = -1, .at.fd = -1 };
    struct err err = { 0 };
    bool done = false;
    int n_args = 0, sig;
    sigset_t ends;
    enum status st = opt_parse(&command, argc, argv, &n_args, &done, &err);

    if (st == ST_OK && done)
        return 0;
    if (st == ST_OK && n_args > 0)
        st = err_set(&err, ST_INVALID, "cli.usage",
            "no verb '%s' (see offrampd --help)", argv[1]);
    if (st == ST_OK)
        st = set_log_level(&err);
    if (st != ST_OK) {
        fprintf(stderr, "offrampd: %s\n", err.text);
        return 2;
    }
    /* Before any thread, so that all of them leave these to sigwait(). */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    allow_many_files();
    if ((st = start(&p, &err)) == ST_OK) {
        log_info("serving %s at %s%s", settings.db, p.at.url,
            server_config(p.server)->auth ? " (tokens needed)" : "");
        sigwait(&ends, &sig);
        log_info("stopping");
        sigprocmask(SIG_UNBLOCK, &ends, NULL);
    } else {
        fprintf(stderr, "offrampd: %s\n", err.text);
    }
    stop(&p);
    return st == ST_OK ? 0 : st == ST_INVALID ? 2 : 1;
}

static void
print_scopes(unsigned scopes)
{
    static const char *const names[] = { "read", "submit", "agent" };
    const char *comma = "";

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (scopes & (1u << i)) {
            printf("%s%s", comma, names[i]);
            comma = ",";
        }
    printf("%s\n", scopes == SCOPE_ANYONE ? "anyone" : "");
}

static int
print_routes(void)
{
    for (const struct route *r = routes; r->method != NULL; r++) {
        printf("%-6s %-34s ", r->method, r->pattern);
        print_scopes(r->scopes);
    }
    return 0;
}

static int
print_man(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "token") == 0)
        token_man(stdout);
    else
        opt_man(&command, 8, stdout);
    return 0;
}

int
main(int argc, char **argv)
{
    struct err err = { 0 };
    const char *verb = argc > 1 ? argv[1] : "";

    log_init("offrampd", LOG_INFO);
    if (hash_start(&err) != ST_OK) {
        fprintf(stderr, "offrampd: %s\n", err.text);
        return 1;
    }
    if (strcmp(verb, "token") == 0)
        return token_main(argc - 1, argv + 1);
    if (strcmp(verb, "routes") == 0)
        return print_routes();
    if (strcmp(verb, "man") == 0)
        return print_man(argc, argv);
    return serve(argc, argv);
}
