/** A `fetch` for answers of a few kilobytes from providers that are not trusted to keep to that. */

/** Many times the longest answer that is asked for. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

const unboundedFetch = globalThis.fetch;

/**
 * Like `fetch`, but follows no redirect (it would repeat keys and pictures to whoever it leads to), and breaks off an answer
 * of more than 4 MiB, counted as it is after decompression.
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
      if (bytes > MAX_ANSWER_BYTES) controller.error(new Error("The answer is too long"));
      else controller.enqueue(chunk);
    },
  });
}
