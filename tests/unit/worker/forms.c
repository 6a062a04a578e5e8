/* SPDX-License-Identifier: MIT */
#include "unit/worker/forms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/model/make_onnx.h"

float form_noise[FORM_ROWS * 3 * 16 * 16];

void
form_make_noise(void)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof(form_noise) / sizeof(form_noise[0]); i++) {
        seed = seed * 1664525u + 1013904223u;
        form_noise[i] = (float)(seed >> 8) / 16777216.0f;
    }
}

/* Elements of "3, 16, 16". */
static size_t
elements(const char *shape)
{
    size_t n = 1;

    for (char *end; *shape != '\0'; shape = *end == ',' ? end + 1 : end)
        n *= strtoul(shape, &end, 10);
    return n;
}

json_t *
form_payload(struct task_box *b, const char *text, const char *shape,
    const float *data, size_t rows, const unsigned char *labels)
{
    char hex[HASH_HEX], blob[HASH_HEX], inputs[HASH_HEX], y[HASH_HEX], dims[64];
    uint8_t *bytes;
    size_t len;

    bytes = make_onnx_bytes(text, &len);
    box_bytes(b, bytes, len, hex);
    free(bytes);
    box_run(b, "analyse", json_pack("{s:s, s:s}", "blob", hex, "name", "m"));
    snprintf(blob, sizeof(blob), "%s",
        json_string_value(json_object_get(box_done(b), "blob")));
    box_reuse(b, blob);
    snprintf(dims, sizeof(dims), "(%zu, %s)", rows, shape);
    box_array(
        b, "<f4", dims, data, rows * elements(shape) * sizeof(*data), inputs);
    snprintf(dims, sizeof(dims), "(%zu,)", rows);
    box_array(b, "|u1", dims, labels, rows, y);
    return json_pack("{s:{s:s}, s:{s:s, s:s}, s:{s:[s]}}", "model", "blob",
        blob, "dataset", "inputs", inputs, "labels", y, "options", "heads",
        "pool");
}

const unsigned char *
form_labels(void)
{
    static unsigned char labels[FORM_ROWS];

    for (size_t i = 0; i < FORM_ROWS; i++)
        labels[i] = (unsigned char)(i % 4);
    return labels;
}
