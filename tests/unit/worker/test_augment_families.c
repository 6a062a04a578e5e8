/* SPDX-License-Identifier: MIT */
/* The `augment` task: families of networks, and that threads change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/worker/forms.h"

/* A network, the shape of one row of its data, how many boundaries get a head
 * whose features are `features` wide, and what is said of each boundary: +
 * for a candidate, or the reason. */
struct form {
    const char *name, *text, *shape;
    int chosen, features;
    const char *said;
};

static const struct form forms[] = {
    { "strided convolutions", CHAIN, "3, 16, 16", 1, 8,
        "+ nothing_left nothing_left" },
    { "residual",
        HEAD13 IMAGE CONV1
        "init wa f4 8,8,3,3\ninit wb f4 8,8,3,3\ninit wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a pads=1,1,1,1\nnode Relu a -> ar\n"
        "node Conv ar,wb -> b pads=1,1,1,1\nnode Add r1,b -> s\n"
        "node Relu s -> sr\nnode Conv sr,wc -> c pads=1,1,1,1\n" FINISH("c"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "inception",
        HEAD13 IMAGE CONV1
        "init wa f4 4,8,1,1\ninit wb f4 4,8,3,3\ninit wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a\nnode Conv r1,wb -> b pads=1,1,1,1\n"
        "node Concat a,b -> ab axis=1\n"
        "node Conv ab,wc -> c pads=1,1,1,1\nnode Relu c -> r3\n" FINISH("r3"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "dense block",
        HEAD13 IMAGE CONV1
        "init wa f4 4,8,3,3\ninit wb f4 4,12,3,3\ninit wc f4 8,16,1,1\n"
        "node Conv r1,wa -> a pads=1,1,1,1\nnode Concat r1,a -> d1 axis=1\n"
        "node Conv d1,wb -> b pads=1,1,1,1\nnode Concat d1,b -> d2 axis=1\n"
        "node Conv d2,wc -> c\n" FINISH("c"),
        "3, 16, 16", 3, 8, "+ + + nothing_left nothing_left" },
    { "squeeze and excite",
        HEAD13 IMAGE CONV1
        "init wa f4 8,8,3,3\ninit ws f4 2,8,1,1\ninit we f4 8,2,1,1\n"
        "init wc f4 8,8,3,3\n"
        "node Conv r1,wa -> a pads=1,1,1,1\n"
        "node GlobalAveragePool a -> q\nnode Conv q,ws -> s\nnode Relu s -> "
        "sr\n"
        "node Conv sr,we -> e\nnode Sigmoid e -> es\nnode Mul a,es -> m\n"
        "node Add m,r1 -> z\nnode Conv z,wc -> c pads=1,1,1,1\n" FINISH("c"),
        "3, 16, 16", 2, 8, "+ + nothing_left nothing_left" },
    { "depthwise chain",
        HEAD13 IMAGE CONV1
        "init wa f4 8,1,3,3\ninit wb f4 8,8,1,1\ninit wc f4 8,1,3,3\n"
        "init wd f4 8,8,1,1\n"
        "node Conv r1,wa -> a group=8 pads=1,1,1,1\nnode Conv a,wb -> b\n"
        "node Relu b -> br\nnode Conv br,wc -> c group=8 pads=1,1,1,1\n"
        "node Conv c,wd -> d\n" FINISH("d"),
        "3, 16, 16", 4, 8, "+ + + + nothing_left nothing_left" },
    { "all dense", DENSE, "20", 2, 16, "+ + nothing_left" },
    { "one dimension",
        HEAD13 "input x f4 1,2,32\n"
               "init w1 f4 8,2,3\ninit w2 f4 8,8,3\n"
               "node Conv x,w1 -> c1 pads=1,1\nnode Relu c1 -> r1\n"
               "node Conv r1,w2 -> c2 pads=1,1\n" FINISH("c2"),
        "2, 32", 1, 8, "+ nothing_left nothing_left" },
    { "transformer",
        "ir 8\nopset 17\ninput x f4 1,6,8\n"
        "init wq f4 8,8\ninit wk f4 8,8\ninit wv f4 8,8\ninit ga f4 8\n"
        "init w1 f4 8,16\ninit w2 f4 16,8\ninit wy f4 4,8\n"
        "node MatMul x,wq -> q\nnode MatMul x,wk -> k\nnode MatMul x,wv -> v\n"
        "node Transpose k -> kt perm=0,2,1\nnode MatMul q,kt -> s\n"
        "node Softmax s -> p axis=-1\nnode MatMul p,v -> o\nnode Add x,o -> h\n"
        "node LayerNormalization h,ga -> n\nnode MatMul n,w1 -> m1\n"
        "node Relu m1 -> m1r\nnode MatMul m1r,w2 -> m2\nnode Add m2,h -> h2\n"
        "node LayerNormalization h2,ga -> n2\n"
        "node Transpose n2 -> t perm=0,2,1\n"
        "node GlobalAveragePool t -> g\nnode Flatten g -> f\n"
        "node Gemm f,wy -> y transB=1\noutput y\n",
        "6, 8", 1, 8, "+ nothing_left nothing_left nothing_left nothing_left" },
};

/* What is said of the boundaries, in order. */
static void
check_said(const struct form *f, const json_t *doc)
{
    const json_t *boundaries = json_object_get(doc, "boundaries"), *item;
    char got[200] = "";
    size_t i, used = 0;

    json_array_foreach(boundaries, i, item)
    {
        const char *reason = json_get_string(item, "reason", "+");
        const char *text = json_get_string(item, "text", NULL);

        assert_true((text == NULL) == (reason[0] == '+'));
        used += (size_t)snprintf(
            got + used, sizeof(got) - used, "%s%s", i > 0 ? " " : "", reason);
    }
    if (strcmp(got, f->said) != 0)
        fail_msg("%s: %s, not %s", f->name, got, f->said);
}

static void
every_family_gets_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const json_t *heads, *head;
        struct task_box b;
        size_t k;

        box_open(&b);
        box_run(&b, "augment",
            form_payload(&b, forms[i].text, forms[i].shape, form_noise,
                FORM_ROWS, form_labels()));
        check_said(&forms[i], box_done(&b));
        heads = json_object_get(box_done(&b), "heads");
        if ((int)json_array_size(heads) != forms[i].chosen)
            fail_msg("%s: %zu heads, not %d", forms[i].name,
                json_array_size(heads), forms[i].chosen);
        head = json_array_get(heads, 0);
        assert_int_equal(json_integer_value(json_object_get(head, "features")),
            forms[i].features);
        json_array_foreach(heads, k, head)
        {
            assert_true(json_is_real(json_object_get(head, "accuracy")));
        }
        box_close(&b);
    }
}

static void
threads_change_no_bit(void **state)
{
    json_t *doc[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct task_box b;
        json_t *payload;

        box_open(&b);
        payload = form_payload(
            &b, CHAIN, "3, 16, 16", form_noise, FORM_ROWS, form_labels());
        json_object_update_new(json_object_get(payload, "options"),
            json_pack("{s:i, s:[sss]}", "threads", i ? 3 : 1, "heads", "pool",
                "hidden", "conv"));
        box_run(&b, "augment", payload);
        doc[i] = json_deep_copy(box_done(&b));
        box_close(&b);
        json_object_del(doc[i], "seconds");
        json_object_del(doc[i], "options");
    }
    assert_int_equal(json_array_size(json_object_get(doc[0], "heads")), 4);
    assert_true(json_equal(doc[0], doc[1]));
    json_decref(doc[0]);
    json_decref(doc[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_gets_heads),
        cmocka_unit_test(threads_change_no_bit),
    };

    form_make_noise();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
