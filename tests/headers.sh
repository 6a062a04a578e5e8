#!/bin/sh
# SPDX-License-Identifier: MIT
# Every header compiles alone, twice in one file, and without warnings.
#   headers.sh CC SOURCE-FOLDER BUILD-FOLDER
set -u
cd "$2" || exit 1
bad=0 n=0
for h in $(find base db probes search server web -name '*.h' | sort); do
    n=$((n + 1))
    printf '#include "%s"\n#include "%s"\n' "$h" "$h" |
        "$1" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
            -I. -isystem "$3/search/model/gen" -x c - || bad=$((bad + 1))
done
echo "$n headers, $bad of them do not stand alone"
[ "$n" -gt 0 ] && [ "$bad" -eq 0 ]
