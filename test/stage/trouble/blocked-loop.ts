/** Import this before a program: SIGUSR2 then blocks its event loop for `BLOCK_LOOP_MS`. */
const blockMs = Number(process.env["BLOCK_LOOP_MS"] ?? 0);

process.on("SIGUSR2", () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
});
