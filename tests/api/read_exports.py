#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the golden exports as the tools they are made for do.

test_export compares them byte by byte with what the server writes, so what
is readable here is readable there.  Usage: read_exports.py FOLDER
"""
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
        head, *layers = doc("trtexec.json")
        self.assertEqual(head["count"], 1)
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
        (graph, data), = doc("overlay.json").items()
        self.assertEqual(graph, "small net")
        self.has_the_medians(
            {k: v["value"] for k, v in data["results"].items()})
        stops = [g["stop"] for g in data["gradient"]]
        self.assertEqual(stops, [0, 1])
        for g in data["gradient"]:
            self.assertTrue(re.fullmatch("#[0-9a-f]{6}", g["bgColor"]))
        self.states_its_conditions(data["offramp"])


if __name__ == "__main__":
    unittest.main()
