#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the golden exports as the tools they are made for do.

test_export compares them byte by byte with what the server writes, so what
is readable here is readable there.  Usage: read_exports.py FOLDER
"""
import ast
import json
import os
import re
import sys
import unittest

FOLDER = sys.argv.pop() if len(sys.argv) > 1 else "fixtures/export"
GOOD_US = {  # medians of the profile's grades A and B at L2
    "/conv1/Conv": 100.0,
    "/conv2/Conv": 200.0,
    "/exit0/Gemm": 0.07025,
    "/conv3/Conv": 200.0,
}
LAST = '/fc "final"/Gemm'  # grade C
TOTAL_US = sum(GOOD_US.values())


def text(name):
    with open(os.path.join(FOLDER, "profile." + name), encoding="utf-8") as f:
        return f.read()


def doc(name):
    return json.loads(text(name))


def comments(lines):
    """{"level": "L2", "omitted": [..]} of lines that start with '#'."""
    facts = {"omitted": []}
    for line in lines:
        if not line.startswith("# ") or ": " not in line:
            continue
        key, value = line[2:].split(": ", 1)
        if key == "omitted":
            facts[key].append(value)
        else:
            facts[key] = value
    return facts


class Readers(unittest.TestCase):
    def states_its_conditions(self, meta, level="L2", min_grade="B"):
        self.assertEqual(meta["level"], level)
        self.assertEqual(meta["device"], "localhost")
        self.assertEqual(meta["min_grade"], min_grade)
        self.assertIn(meta["statistic"], ("median", "mean"))

    def lists_the_last_layer(self, omitted):
        self.assertEqual([(o["index"], o["name"], o["grade"])
                          for o in omitted], [(4, LAST, "C")])

    def has_the_medians(self, got_us):
        self.assertEqual(list(got_us), list(GOOD_US))
        for name, us in GOOD_US.items():
            self.assertAlmostEqual(got_us[name], us, places=6)

    def test_onnxruntime_events_are_told_apart_by_cat_and_suffix(self):
        events = doc("ort.json")
        nodes = {}
        at = 0.0
        for e in events:
            self.assertEqual(e["ph"], "X")
            if e["cat"] != "Node" or not e["name"].endswith("_kernel_time"):
                continue
            self.assertGreaterEqual(e["ts"], at - 1e-9)
            at = e["ts"] + e["dur"]
            nodes[e["name"][: -len("_kernel_time")]] = e["dur"]
            int(e["args"]["node_index"])
            int(e["args"]["parameter_size"])
            self.assertEqual(e["args"]["provider"], "CPUExecutionProvider")
            for shape in e["args"]["input_type_shape"]:
                self.assertEqual(list(shape), ["float"])
        session = [e for e in events if e["cat"] == "Session"]
        self.assertEqual([e["name"] for e in session], ["model_run"])
        self.has_the_medians(nodes)
        self.states_its_conditions(session[0]["args"])
        self.lists_the_last_layer(session[0]["args"]["omitted"])

    def test_a_tvm_log_is_decoded_line_by_line(self):
        lines = text("tvm.log").splitlines()
        records = [json.loads(x) for x in lines if not x.startswith("#")]
        seconds = []
        for r in records:
            target, task, args, kwargs = r["input"]
            costs, error_no, all_cost, timestamp = r["result"]
            self.assertEqual((target, kwargs, error_no), ("llvm", {}, 0))
            self.assertTrue(task.startswith("offramp."))
            for kind, shape, dtype in args:
                self.assertEqual((kind, dtype), ("TENSOR", "float32"))
                self.assertTrue(all(d > 0 for d in shape))
            for key in ("index", "code_hash", "entity"):
                self.assertIn(key, r["config"])
            self.assertEqual(r["version"], 0.2)
            self.assertGreater(all_cost, costs[0])
            self.assertGreater(timestamp, 1e9)
            seconds += costs
        self.assertAlmostEqual(sum(seconds) * 1e6, TOTAL_US, places=6)
        facts = comments(lines)
        self.states_its_conditions(facts)
        self.assertEqual(facts["omitted"], ["4 " + LAST + " (C)"])

    def test_a_tvm_report_wraps_every_number_in_one_unit(self):
        units = {"microseconds", "count", "percent", "string"}
        report = doc("tvm.json")
        metrics = report["device_metrics"]["localhost"]
        for entry in report["calls"] + [metrics, report["configuration"]]:
            for wrapped in entry.values():
                self.assertEqual(len(wrapped), 1)
                self.assertIn(next(iter(wrapped)), units)
        self.has_the_medians({c["Name"]["string"]:
                              c["Duration (us)"]["microseconds"]
                              for c in report["calls"]})
        self.assertAlmostEqual(
            sum(c["Percent"]["percent"] for c in report["calls"]), 100)
        facts = {k: v.get("string")
                 for k, v in report["configuration"].items()}
        self.states_its_conditions(facts)
        self.lists_the_last_layer(json.loads(facts["omitted"]))

    def test_a_trtexec_profile_starts_with_its_count(self):
        # TREx keeps the records of four or five members, and no other.
        data = doc("trtexec.json")
        layers = [rec for rec in data if len(rec) in (4, 5)]
        head, = [rec for rec in data if len(rec) not in (4, 5)]
        self.assertEqual(head["count"], 1)
        self.assertEqual(head["grades"], ["A", "A", "B", "A"])
        self.has_the_medians({x["name"]: x["medianMs"] * 1e3 for x in layers})
        for x in layers:
            self.assertAlmostEqual(x["timeMs"], x["averageMs"] * head["count"])
        self.assertAlmostEqual(sum(x["percentage"] for x in layers), 100)
        self.states_its_conditions(head["offramp"])
        self.lists_the_last_layer(head["offramp"]["omitted"])

    def test_the_tflite_table_splits_at_tabs(self):
        lines = text("tflite.txt").splitlines()
        title = next(i for i, x in enumerate(lines) if "Run Order" in x)
        header = [x.strip() for x in lines[title + 1].split("\t")[1:]]
        got = {}
        for line in lines[title + 2:]:
            cells = [x.strip() for x in line.split("\t")[1:]]
            self.assertEqual(len(cells), len(header))
            row = dict(zip(header, cells))
            got[row["[Name]"]] = float(row["[avg ms]"]) * 1e3
            last = row["[cdf%]"]
        self.assertEqual(last, "100.000%")
        for name, us in GOOD_US.items():
            self.assertAlmostEqual(got[name], us, places=2)
        self.states_its_conditions(comments(lines))

    def test_google_benchmark_aggregates_come_in_threes(self):
        data = doc("benchmark.json")
        runs = {}
        for b in data["benchmarks"]:
            self.assertEqual((b["run_type"], b["time_unit"]),
                             ("aggregate", "ns"))
            self.assertEqual(b["name"],
                             b["run_name"] + "_" + b["aggregate_name"])
            self.assertEqual(b["cpu_time"], b["real_time"])
            runs.setdefault(b["run_name"], {})[b["aggregate_name"]] = b
        for index, (name, us) in enumerate(GOOD_US.items()):
            run = runs["L2/layer/%d/%s" % (index, name)]
            self.assertEqual(set(run), {"mean", "median", "stddev"})
            self.assertAlmostEqual(run["median"]["real_time"], us * 1e3)
        self.assertNotIn("L2/layer/4/" + LAST, runs)
        self.assertEqual(data["context"]["host_name"], "localhost")
        self.assertIn(LAST, [o["name"] for o in data["context"]["omitted"]])

    def test_model_explorer_finds_values_by_node(self):
        # Without a graph's id the open graph is meant: its loader looks for
        # `results` at the top that hold no `results` themselves.
        data = doc("overlay.json")
        self.assertNotIn("results", data["results"])
        self.has_the_medians(
            {k: v["value"] for k, v in data["results"].items()})
        stops = [g["stop"] for g in data["gradient"]]
        self.assertEqual(stops, [0, 1])
        for g in data["gradient"]:
            self.assertTrue(re.fullmatch("#[0-9a-f]{6}", g["bgColor"]))
        self.states_its_conditions(data["offramp"])

    def test_nn_meter_reads_one_table_a_kernel(self):
        lines = text("nnmeter.csv").splitlines()
        tables = {}
        for line in lines:
            if line.startswith("# kernel: "):
                table = tables.setdefault(line[len("# kernel: "):], [])
                header = None
            elif line.startswith("#"):
                continue
            elif header is None:
                header = line.split(",")
                self.assertEqual((header[0], header[-1]),
                                 ("model_path", "latency"))
            else:
                table.append(dict(zip(header, line.split(","))))
        conv = tables["conv-bn-relu"]
        self.assertEqual([c["CIN"] for c in conv], ["3", "4", "4"])
        self.assertEqual({c["KERNEL_SIZE"] for c in conv}, {"3"})
        self.assertEqual(tables["fc"][0]["COUT"], "3")
        self.assertAlmostEqual(
            sum(float(r["latency"]) for t in tables.values() for r in t) * 1e3,
            TOTAL_US)
        self.states_its_conditions(comments(lines))

    def test_nn_meter_takes_an_entry_without_latency_for_not_profiled(self):
        profiled, missing = {}, []
        for kernel, entries in doc("nnmeter.json").items():
            for name, e in entries.items():
                self.assertTrue(name.startswith(kernel))
                self.assertIn("config", e)
                self.states_its_conditions(e)
                if "latency" not in e:
                    missing.append((name, e["grade"]))
                    continue
                avg, std = map(float, e["latency"].split(" +- "))
                profiled[name] = avg
                self.assertGreater(std, 0)
        self.assertEqual(missing, [("fc_4", "C")])
        self.assertAlmostEqual(profiled["conv-bn-relu_0"], 0.1001)
        self.assertEqual(len(profiled), 4)

    def test_an_ofa_table_answers_every_block_of_its_network(self):
        with open(os.path.join(FOLDER, "mobile.ofa.yaml"),
                  encoding="utf-8") as f:
            lines = f.read().splitlines()
        table = {}
        for line in lines:
            if not line.startswith("#"):
                key, mean = re.fullmatch(
                    r"(\S+): \{mean: ([0-9.e-]+)\}", line).groups()
                self.assertNotIn(key, table)
                table[key] = float(mean)

        def key(ltype, i, o, **more):
            shape = "x".join
            infos = [ltype, "input:" + shape(map(str, i)),
                     "output:" + shape(map(str, o))]
            infos += ["%s:%d" % kv for kv in more.items()]
            return "-".join(infos)

        def mbconv(i, o, e, k, s, skip):
            return key("expanded_conv", i, o, expand=e, kernel=k, stride=s,
                       idskip=skip)

        want = {
            key("Conv", (16, 16, 3), (8, 8, 8)): 0.050,
            mbconv((8, 8, 8), (8, 8, 4), 1, 3, 1, 0): 0.030,
            mbconv((8, 8, 4), (4, 4, 4), 6, 5, 2, 0): 0.050,
            mbconv((4, 4, 4), (4, 4, 4), 6, 3, 1, 1): 0.053,  # of two
            key("Conv_1", (4, 4, 4), (4, 4, 32)): 0.016,
            key("AvgPool2D", (4, 4, 32), (1, 1, 32)): 0.004,
            key("Logits", (1, 1, 32), (10,)): 0.007,  # with Softmax
            # ProxylessNAS asks for what is behind Conv_1 in one.
            key("Logits", (4, 4, 32), (10,)): 0.011,
        }

        def v3(i, o, mid, k, s, skip):
            return key("expanded_conv", i, o, expand=mid, kernel=k, stride=s,
                       idskip=skip, se=0, hs=0)

        want.update({
            v3((8, 8, 8), (8, 8, 4), 8, 3, 1, 0): 0.030,
            v3((8, 8, 4), (4, 4, 4), 24, 5, 2, 0): 0.050,
            v3((4, 4, 4), (4, 4, 4), 24, 3, 1, 1): 0.053,
        })
        self.assertEqual(set(table), set(want))
        for k, ms in want.items():
            self.assertAlmostEqual(table[k], ms, msg=k)
        self.assertEqual(comments(lines)["device"], "board1")

    def test_an_fbnet_table_is_found_by_operator_and_shape(self):
        known = {"op_type", "op_args", "input_shapes", "input_dtypes",
                 "runtime_us_p0", "runtime_us_p10", "runtime_us_p50",
                 "runtime_us_p90", "runtime_us_p100", "device"}
        records = [json.loads(x) for x in text("fbnet.json").splitlines()]
        for r in records:
            self.assertEqual(set(r), known)  # the reader asserts it
            self.assertTrue(all(isinstance(a, str) for a in r["op_args"]))
            self.assertEqual(len(r["input_dtypes"]), len(r["input_shapes"]))
        table = {(x["op_type"], json.dumps(x["input_shapes"])): x
                 for x in records}
        x = table["Conv+Relu", "[[1, 3, 8, 8], [4, 3, 3, 3], [4]]"]
        self.assertIn('name: "kernels"\nints: 3\nints: 3\n', x["op_args"])
        self.assertEqual(x["op_args"], sorted(x["op_args"]))
        self.assertEqual(set(x["input_dtypes"]), {1})
        self.assertLessEqual(x["runtime_us_p0"], x["runtime_us_p10"])
        self.assertLessEqual(x["runtime_us_p10"], x["runtime_us_p50"])
        self.assertEqual(x["runtime_us_p50"], 100)
        self.assertLessEqual(x["runtime_us_p50"], x["runtime_us_p100"])
        facts = dict(a.split(": ", 1) for a in records[0]["op_args"])
        self.states_its_conditions(facts, min_grade="C")
        self.assertIn("layer: " + LAST + " (C)", records[0]["op_args"])

    def test_nni_evaluates_every_line_as_a_literal(self):
        table = {}
        for line in text("nni.txt").splitlines():
            r = ast.literal_eval(line)
            table[r["op_name"], r["op_data_shape"], r["op_dtype"]] = \
                r["op_latency"]
            self.states_its_conditions(r, min_grade="C")
        self.assertEqual(table["Conv+Relu", (8, 8, 3, 4, 1), "float"], 100)
        self.assertEqual(len(table), 3)

    def test_a_graph_runs_in_its_order_and_adds_up(self):
        data = doc("graph.json")
        self.assertEqual(data["schema"], "offramp.graph/1")
        self.assertEqual([x["reads"] for x in data["layers"]],
                         [[], [0], [1], [1], [3]])
        for i, x in enumerate(data["layers"]):
            self.assertTrue(all(r < i for r in x["reads"]))
            self.assertGreater(x["bytes_out"], 0)
        self.assertEqual(data["input_bytes"], 3 * 8 * 8 * 4)
        self.assertAlmostEqual(sum(x["latency_ns"] for x in data["layers"]),
                               100000 + 200000 + 70.25 + 200000 + 40000)
        self.states_its_conditions(data["offramp"], min_grade="C")

    def test_dnn_partitioning_finds_all_members_and_a_graph(self):
        data = doc("partition.json")
        ids = [n["id"] for n in data["nodes"]]
        for n in data["nodes"]:
            for member in ("supportedOnFpga", "cpuLatency", "fpgaLatency",
                           "isBackwardNode", "size"):
                self.assertIsInstance(n[member], (int, float))
        out = {}
        for e in data["edges"]:
            self.assertIn(e["destId"], ids)
            out.setdefault(e["sourceId"], set()).add(e["cost"])
        self.assertTrue(all(len(costs) == 1 for costs in out.values()))
        self.assertEqual([(e["sourceId"], e["destId"])
                          for e in data["edges"]],
                         [(0, 1), (1, 2), (1, 3), (3, 4)])
        self.assertAlmostEqual(sum(n["cpuLatency"] for n in data["nodes"]),
                               (TOTAL_US + 40) / 1e3)
        self.states_its_conditions(data["offramp"], min_grade="C")

    def test_pipedream_splits_lines_at_dashes(self):
        nodes, edges = {}, []
        for line in text("pipedream.txt").splitlines():
            parts = line.strip().split(" -- ")
            if line.startswith("\t"):
                edges.append(tuple(parts))
                continue
            name, description, metadata = parts
            values = [m.split("=") for m in metadata.split(", ")]
            self.assertEqual([k for k, _ in values],
                             ["forward_compute_time",
                              "backward_compute_time", "activation_size",
                              "parameter_size"])
            nodes[name] = (description, [float(v) for _, v in values])
        for a, b in edges:
            self.assertIn(a, nodes)
            self.assertIn(b, nodes)
        self.assertTrue(nodes["node0"][0].startswith("Input"))
        self.assertIn("level L2", nodes["node0"][0])
        self.assertEqual(nodes["node1"][1], [0.1, 0.0, 1024.0, 448.0])
        self.assertIn(("node2", "node4"), edges)
        self.assertEqual(len(edges), 5)

    def test_axonn_sums_the_times_of_one_processor(self):
        data = doc("axonn.json")
        self.assertAlmostEqual(sum(x["gpu_time_ms"] for x in data["layers"]),
                               (TOTAL_US + 40) / 1e3)
        for x in data["layers"]:
            self.assertFalse(x["can_run_on_dla"])
            self.assertIsNone(x["dla_time_ms"])
            self.assertGreater(x["output_tensor_size"], 0)
        self.assertIn("transition_time_per_mb", data["config"])
        self.states_its_conditions(data["offramp"], min_grade="C")

    def test_blocks_alternate_backbone_and_heads(self):
        data = doc("blocks.json")
        segments, heads = data["localhost"][0::2], data["localhost"][1::2]
        self.assertEqual((segments, heads), ([0.301, 0.239], [8.05e-5]))
        self.states_its_conditions(data["offramp"], level="L6")

    def test_openmetrics_declares_every_family_once_and_ends(self):
        body = text("metrics.txt")
        self.assertTrue(body.endswith("\n# EOF\n"))
        families, omitted, seconds = [], [], 0
        for line in body.splitlines():
            if line.startswith("# TYPE "):
                families.append(line.split()[2])
            if line.startswith("#"):
                continue
            name, labels, value = re.fullmatch(
                r'(\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\} (\S+)',
                line).groups()
            self.assertEqual(name, families[-1])
            labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
            level = "L5" if "energy" in name else "L2"
            self.states_its_conditions({"statistic": "median", **labels},
                                       level=level)
            if labels.get("stat") == "median":
                seconds += float(value)
            if name == "offramp_layer_omitted":
                omitted.append((labels["layer"], labels["grade"], value))
        self.assertEqual(len(families), len(set(families)))
        self.assertAlmostEqual(seconds * 1e6, TOTAL_US)
        self.assertEqual(omitted, [(LAST.replace('"', '\\"'), "C", "1")])


if __name__ == "__main__":
    unittest.main()
