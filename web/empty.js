// SPDX-License-Identifier: MIT
// What a page without data says: how to get some.
import { h } from "./dom.js";

const here = location.origin;

const teach = (why, ...steps) => h("div", { class: "empty" },
    h("p", null, why), steps.map(([title, code]) => [h("h3", null, title),
        h("pre", { tabindex: 0, "aria-label": title },
            h("code", null, code))]));

export const noJobs = () => teach(
    "Nothing has been measured yet. Choose a model file above, or:",
    ["With the command line", "offramp submit net.onnx --device localhost --watch"],
    ["With curl", `HEX=$(sha256sum net.onnx | cut -d' ' -f1)
curl -T net.onnx ${here}/v1/blobs/sha256:$HEX
curl "${here}/v1/models?wait=50" --json '{"blob":"'$HEX'","name":"net"}'
curl ${here}/v1/jobs --json '{"model":"'$HEX'","devices":["localhost"]}'`]);

export const noModels = () => teach(
    "No model is here yet. Offramp reads ONNX files; several classifier outputs make a network with early exits.",
    ["Register one", `HEX=$(sha256sum net.onnx | cut -d' ' -f1)
curl -T net.onnx ${here}/v1/blobs/sha256:$HEX
curl "${here}/v1/models?wait=50" --json '{"blob":"'$HEX'","name":"net"}'`]);

export const noDevices = () => teach(
    "No device has announced itself. A device is a machine on which a probe runs; the probe only makes outbound calls.",
    ["Measure on this machine", `offramp-probe --server ${here}`]);

export const noRecords = (model) => teach(
    "A search needs to know how often each exit is right. Choose a CSV of exit records above, or let a worker make them from labelled data:",
    ["Exit records from a data set", `X=$(sha256sum x.npy | cut -d' ' -f1); Y=$(sha256sum y.npy | cut -d' ' -f1)
curl -T x.npy ${here}/v1/blobs/sha256:$X
curl -T y.npy ${here}/v1/blobs/sha256:$Y
curl "${here}/v1/datasets?wait=50" --json '{"inputs":"'$X'","labels":"'$Y'","preprocess":{"scale":0.00392157},"model":"${model}"}'
curl "${here}/v1/records?wait=50" --json '{"model":"${model}","dataset":1}'`]);
