/** Networks in ONNX for the stand-ins: tensors of floats in and out. */
import { InferenceSession, Tensor } from "onnxruntime-node";

const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, enableCpuMemArena: false, enableMemPattern: false };

/** Runs a network with one input. */
export type Run = (input: Float32Array, shape: readonly number[]) => Promise<Readonly<Record<string, Tensor>>>;

/** Opens a network with one input. */
export async function openNetwork(model: Buffer): Promise<Run> {
  const session = await InferenceSession.create(model, OPTIONS);
  const [name = "input"] = session.inputNames;
  return (input, shape) => session.run({ [name]: new Tensor("float32", input, shape) });
}

/** A network's output as floats. Throws a TypeError for any other kind of output. */
export function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError("the network's output is not a list of floats");
  return tensor.data;
}
