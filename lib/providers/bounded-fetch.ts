/** A `fetch` for answers of a few kilobytes from providers that are not trusted to keep to that. */

/**
 * A reading has 2 KB. The longest that Gemini can write with our limit of 8,192 tokens, its thinking included, is about
 * 70 KB of text in a script of three bytes a letter, and as much base64 for the signature of its thinking. More is an
 * attack: parsed, each kilobyte of nested brackets takes a hundred of memory.
 */
const MAX_ANSWER_BYTES = 128 * 1024;

/** Thrown while an answer is read that is longer than any true one. */
export class AnswerTooLongError extends Error {
  override readonly name = "AnswerTooLongError";
}

const unboundedFetch = globalThis.fetch;

/**
 * Like `fetch`, but follows no redirect (it would repeat keys and pictures to another host), and breaks off an answer of
 * more than 128 KiB, counted after decompression, with {@link AnswerTooLongError}.
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
