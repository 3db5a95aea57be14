/** Networks in ONNX for the stand-ins: planes of floats in, lists of floats out. */
import { InferenceSession, Tensor } from "onnxruntime-node";

const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, enableCpuMemArena: false, enableMemPattern: false };

/** Runs a network on planes of this size. Resolves with its outputs in their order. */
export type Run = Awaited<ReturnType<typeof openNetwork>>;

/** Opens a network with one input. */
export async function openNetwork(model: Buffer) {
  const session = await InferenceSession.create(model, OPTIONS);
  const [name = "input"] = session.inputNames;
  return async (planes: Float32Array, { width, height }: { width: number; height: number }) => {
    const shape = [1, planes.length / (width * height), height, width];
    const outputs = await session.run({ [name]: new Tensor("float32", planes, shape) });
    return session.outputNames.map((output) => {
      const data = outputs[output]?.data;
      if (!(data instanceof Float32Array)) throw new TypeError("the network's output is not a list of floats");
      return data;
    });
  };
}
