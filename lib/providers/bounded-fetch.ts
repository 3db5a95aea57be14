/** A `fetch` with a limit on the size of the answer: a faulty provider may send more than a few kilobytes. */

/**
 * A usual reading has 2 KB. The longest answer that our limit of 8,192 tokens allows is about 70 KB of text in a script
 * with three bytes per letter, and as much base64 for the signature of Gemini's thinking. A longer answer is an attack:
 * parsing one kilobyte of nested brackets takes a hundred kilobytes of memory.
 */
const MAX_ANSWER_BYTES = 128 * 1024;

/** Thrown when an answer is longer than any valid one. */
export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

const unboundedFetch = globalThis.fetch;

/**
 * Like `fetch`, but rejects redirects, which would send keys and pictures to another host, and throws
 * {@link AnswerTooLongError} after 128 KiB, counted after decompression.
 */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await unboundedFetch(input, { ...init, redirect: "error" });
  return response.body === null ? response : new Response(response.body.pipeThrough(limit()), response);
};

function limit() {
  let bytes = 0;
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) controller.error(new AnswerTooLongError("The answer is too long"));
      else controller.enqueue(chunk);
    },
  });
}
