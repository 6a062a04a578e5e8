/* SPDX-License-Identifier: MIT */
#include "search/model/onnx_foreign.h"

#include <string.h>

/* Marks that the formats' own documents give: the identifier of a FlatBuffer
 * stands after its first offset; a zip archive is what torch.save() and Keras
 * write; protocol 2 and later of pickle begin with their number. */
#define PYTORCH                                                                \
    "saved by PyTorch or Keras: write it with torch.onnx.export (or tf2onnx) " \
    "and send the .onnx file"

static const struct {
    size_t at;
    const char *mark, *what;
} formats[] = {
    { 4, "TFL3",
        "a TensorFlow Lite model: convert it (python -m tf2onnx.convert "
        "--tflite FILE --output FILE.onnx) and send the .onnx file" },
    { 4, "ORTM",
        "in ONNX Runtime's own format (.ort): send the .onnx file that it was "
        "made of" },
    { 0, "PK\x03\x04", "a zip archive, perhaps " PYTORCH },
    { 0, "\x80\x02", "a Python pickle, perhaps " PYTORCH },
    { 0, "\x80\x04", "a Python pickle, perhaps " PYTORCH },
    { 0, "\x80\x05", "a Python pickle, perhaps " PYTORCH },
    { 0, "\x89HDF", "an HDF5 file, perhaps " PYTORCH },
    { 0, "\x93NUMPY",
        "a NumPy array: those are given beside a model (--data, --labels)" },
    { 0, "version https://git-lfs",
        "a pointer of Git LFS and not the file itself: git lfs pull" },
    { 0, "<", "a text with tags: was a web page saved in place of the file?" },
};

const char *
onnx_foreign(const void *data, size_t len)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        size_t n = strlen(formats[i].mark);

        if (len >= formats[i].at + n &&
            memcmp((const char *)data + formats[i].at, formats[i].mark, n) == 0)
            return formats[i].what;
    }
    return NULL;
}
