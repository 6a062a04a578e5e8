/* SPDX-License-Identifier: MIT */
/* Any bytes as exit records: they are refused with words, or written and read
 * again they are the same. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "search/data/records.h"
#include "unit/fuzz/play.h"

static void
again(const struct records *r)
{
    struct buf text;
    struct records back = { 0 };
    uint8_t *half = malloc(r->n + 1);

    buf_init(&text, RECORDS_BYTES_MAX);
    if (half == NULL || records_write(r, &text, NULL) != ST_OK ||
        records_parse(text.data, text.len, &back, NULL) != ST_OK ||
        back.n != r->n || back.exits != r->exits)
        abort();
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(back.sample[i], r->sample[i]) != 0 ||
            back.label[i] != r->label[i])
            abort();
    records_split(r, 1, half);
    free(half);
    records_clear(&back);
    buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct records r = { 0 };
    struct err err = { 0 };
    enum status st = records_parse((const char *)data, len, &r, &err);

    if (st == ST_OK)
        again(&r);
    else if (st != ST_INVALID || err.text[0] == '\0')
        abort();
    records_clear(&r);
    return 0;
}

#ifndef OFFRAMP_FUZZER

int
main(void)
{
    static const char *const seeds[] = {
        "sample,label,pred_0,score_0,pred_1,score_1\n"
        "a,0,0,0.5,1,0.75\nb,1,1,-3e2,1,\n",
        "sample,label,pred_0,conf_0,pred_1,conf_1,split,group,seconds_0,"
        "seconds_1\r\n\"x,\"\"y\",-1,3,1e-9,4,1,cal,g1,0.1,0.2\r\n"
        "\"two\nlines\",2,2,0.5,2,0.5,test,g2,,\r\n",
    };
    struct rng rng = { 4 };
    struct err err = { 0 };

    if (hash_start(&err) != ST_OK)
        return 1;
    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++)
        if (fuzz_play(seeds[i], strlen(seeds[i]), 8000, &rng) != 0)
            return 1;
    return 0;
}

#endif
