"""Writes a checkpoint as ONNX: `python export.py zone zone.pt ../lib/reader/models/zone-finder.onnx`.

Weights are stored in 16 bits and become 32 bits as the model is loaded. The normalisations are folded into the convolutions.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from networks import Block, LineReader, ZoneFinder
from onnx import helper, numpy_helper
from torch import nn

SHAPES = {"zone": (1, 1, 352, 256), "line": (2, 1, 32, 768)}
DYNAMIC = {
    "zone": {"picture": {2: "height", 3: "width"}, "rows": {2: "rows", 3: "columns"}},
    "line": {"picture": {0: "lines"}, "logs": {0: "lines"}},
}
SMALL = 64  # values up to which a weight stays in 32 bits


class Outputs(nn.Module):
    """The network with what follows its scores: shares of cells, or log probabilities of characters."""

    def __init__(self, network: nn.Module, kind: str):
        super().__init__()
        self.network, self.kind = network, kind

    def forward(self, picture):
        scores = self.network(picture)
        return scores.sigmoid() if self.kind == "zone" else scores.log_softmax(-1)


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores the weights in 16 bits, each with a cast that the runtime folds away as it loads the model."""
    casts = []
    for weight in list(model.graph.initializer):
        values = numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size > SMALL:
            model.graph.initializer.remove(weight)
            stored = numpy_helper.from_array(values.astype(np.float16), weight.name + "_16")
            model.graph.initializer.append(stored)
            casts.append(helper.make_node("Cast", [stored.name], [weight.name], to=onnx.TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    return model


def main(kind: str, checkpoint: Path, out: Path) -> None:
    network = {"zone": ZoneFinder, "line": LineReader}[kind]()
    network.load_state_dict(torch.load(checkpoint)["weights"])
    network.eval()
    for module in network.modules():
        if isinstance(module, Block):
            module.fold()
    whole = Outputs(network, kind).eval()
    example = torch.randn(SHAPES[kind])
    names = list(DYNAMIC[kind])
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        torch.onnx.export(
            whole, (example,), file.name, opset_version=17, dynamo=False,
            input_names=names[:1], output_names=names[1:], dynamic_axes=DYNAMIC[kind],
        )  # fmt: skip
        model = halve(onnx.load(file.name))
    model.producer_name, model.producer_version, model.doc_string = "", "", ""
    onnx.save(model, out)
    session = onnxruntime.InferenceSession(out, providers=["CPUExecutionProvider"])
    got = session.run(None, {names[0]: example.numpy()})[0]
    difference = np.abs(got - whole(example).detach().numpy()).max()
    parameters = sum(p.numel() for p in network.parameters())
    print(f"{parameters} parameters, {out.stat().st_size} bytes, at most {difference:.4f} from the checkpoint")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
