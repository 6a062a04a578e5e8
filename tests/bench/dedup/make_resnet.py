#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A ResNet of the CIFAR family (6n + 2 layers with weights) with random
weights: make_resnet.py DEPTH FILE.  Only its shape matters here."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 10


class Net:
    def __init__(self):
        self.rng = np.random.default_rng(1)
        self.nodes, self.weights, self.n = [], [], 0

    def weight(self, *shape, scale=1.0):
        fan_in = int(np.prod(shape[1:]))
        name = f"w{len(self.weights)}"
        data = self.rng.standard_normal(shape) * scale * (2 / fan_in) ** 0.5
        self.weights.append(
            numpy_helper.from_array(data.astype(np.float32), name))
        return name

    def node(self, op, inputs, **attributes):
        self.n += 1
        out = f"t{self.n}"
        self.nodes.append(helper.make_node(
            op, inputs, [out], name=f"{op.lower()}{self.n}", **attributes))
        return out

    def conv(self, x, c_in, c_out, size=3, stride=1, scale=1.0):
        return self.node(
            "Conv", [x, self.weight(c_out, c_in, size, size, scale=scale)],
            kernel_shape=[size, size], strides=[stride, stride],
            pads=[size // 2] * 4)

    def block(self, x, c_in, c_out, stride):
        y = self.node("Relu", [self.conv(x, c_in, c_out, stride=stride)])
        # A small branch keeps the sums of many blocks bounded.
        y = self.conv(y, c_out, c_out, scale=0.1)
        if stride != 1:
            x = self.conv(x, c_in, c_out, size=1, stride=stride)
        return self.node("Relu", [self.node("Add", [x, y])])


def main(depth, path):
    blocks, rest = divmod(depth - 2, 6)
    if rest != 0:
        sys.exit(f"{depth} is not 6 n + 2")
    net = Net()
    x = net.node("Relu", [net.conv("input", 3, 16)])
    for c_in, c_out in ((16, 16), (16, 32), (32, 64)):
        for i in range(blocks):
            first = i == 0
            x = net.block(x, c_in if first else c_out, c_out,
                          2 if first and c_in != c_out else 1)
    x = net.node("Flatten", [net.node("GlobalAveragePool", [x])])
    x = net.node("Gemm", [x, net.weight(CLASSES, 64)], transB=1)
    net.nodes[-1].output[0] = "output"
    graph = helper.make_graph(
        net.nodes, f"resnet{depth}",
        [helper.make_tensor_value_info(
            "input", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info(
            "output", TensorProto.FLOAT, [1, CLASSES])], net.weights)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
