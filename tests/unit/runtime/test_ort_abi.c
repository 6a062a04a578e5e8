/* SPDX-License-Identifier: MIT */
/* Our indices against the official header (built only where there is one). */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <onnxruntime_c_api.h>

#include "probes/runtimes/ort_abi.h"

static void
every_function_is_where_the_official_header_puts_it(void **state)
{
    (void)state;
#define X(index, name, type, args)                                             \
    assert_int_equal(offsetof(OrtApi, name), (index) * sizeof(void *));
    ORT_FUNCTIONS(X)
#undef X
}

static void
constants_are_those_of_the_official_header(void **state)
{
    static const struct {
        int ours, theirs;
    } rows[] = {
        { ORT_LOG_WARNING, ORT_LOGGING_LEVEL_WARNING },
        { ORT_LOG_ERROR, ORT_LOGGING_LEVEL_ERROR },
        { ORT_OPTIMISE_NONE, ORT_DISABLE_ALL },
        { ORT_OPTIMISE_ALL, ORT_ENABLE_ALL },
        { ORT_ARENA_ALLOCATOR, OrtArenaAllocator },
        { ORT_MEMORY_DEFAULT, OrtMemTypeDefault },
        { ORT_RUN_SEQUENTIAL, ORT_SEQUENTIAL },
        { ORT_ERROR_PROTOBUF, ORT_INVALID_PROTOBUF },
        { ORT_ERROR_NOT_IMPLEMENTED, ORT_NOT_IMPLEMENTED },
        { ORT_ELEMENT_F4, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT },
        { ORT_ELEMENT_U1, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 },
        { ORT_ELEMENT_I1, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 },
        { ORT_ELEMENT_U2, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 },
        { ORT_ELEMENT_I2, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 },
        { ORT_ELEMENT_I4, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 },
        { ORT_ELEMENT_I8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 },
        { ORT_ELEMENT_BOOL, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL },
        { ORT_ELEMENT_F2, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 },
        { ORT_ELEMENT_F8, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE },
        { ORT_ELEMENT_U4, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 },
        { ORT_ELEMENT_U8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 },
        { ORT_ELEMENT_BF2, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rows[i].ours, rows[i].theirs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_is_where_the_official_header_puts_it),
        cmocka_unit_test(constants_are_those_of_the_official_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
