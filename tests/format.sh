#!/bin/sh
# SPDX-License-Identifier: MIT
# Every C file is as clang-format leaves it.   format.sh SOURCE-FOLDER
set -u
cd "$1" || exit 1
find base db probes search server web tests -name '*.[ch]' |
    xargs clang-format --dry-run -Werror
