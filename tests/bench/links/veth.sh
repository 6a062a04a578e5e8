#!/bin/sh
# SPDX-License-Identifier: MIT
# A link that is no loopback: the ends of bench_links in two network namespaces
# with a pair of virtual cards between them, shaped by the kernel.  Needs root,
# iproute2, and of the kernel sch_tbf; with sch_netem there is a delay, too.
#   tests/bench/links/veth.sh BUILD [RATE [DELAY]]     50mbit 2ms
set -eu
bench=$1/tests/bench_links
rate=${2:-50mbit}
delay=${3:-2ms}
id=$$
folder=$(mktemp -d)
end() {
    ip netns del "of-a-$id" 2>/dev/null || true
    ip netns del "of-b-$id" 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT
for n in a b; do ip netns add "of-$n-$id"; done
ip link add "va$id" netns "of-a-$id" type veth peer name "vb$id" netns "of-b-$id"
for n in a b; do
    in="ip netns exec of-$n-$id"
    [ "$n" = a ] && at=1 || at=2
    $in ip addr add "10.199.0.$at/24" dev "v$n$id"
    $in ip link set "v$n$id" up
done
# tbf lets a burst through unshaped: as little of one as it takes.
for n in a b; do
    tc="ip netns exec of-$n-$id tc"
    if $tc qdisc add dev "v$n$id" root netem delay "$delay" rate "$rate" 2>/dev/null; then
        how="$rate, $delay each way (netem)"
    elif $tc qdisc add dev "v$n$id" root tbf rate "$rate" burst 3kb latency 500ms 2>/dev/null; then
        how="$rate (tbf; this kernel has no netem, so no delay)"
    else
        how="as it is (this kernel shapes nothing)"
    fi
    # Large pieces would not fit into the burst, and be cut up there.
    ip netns exec "of-$n-$id" ip link set "v$n$id" gso_max_segs 1 2>/dev/null || true
done
echo "a pair of virtual cards, $how"
ip netns exec "of-b-$id" "$bench" answer 10.199.0.2 >"$folder/door" &
while ! grep -qs ' ' "$folder/door"; do sleep 0.1; done
read -r port secret <"$folder/door"
ip netns exec "of-a-$id" "$bench" ask 10.199.0.2 "$port" "$secret"
wait
