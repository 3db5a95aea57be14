/**
 * What every test file begins with (`--import`).
 *
 * Tests with random input draw the same input in every run, so that a change decides whether they pass, not chance.
 * `PROPERTY_SEED=<number>` draws other input; a failure prints the seed that it was drawn from.
 *
 * A file that leaves something open does not end, and `--test-timeout` applies to tests, not to files. So it is ended after
 * a time in which every file ends, also on a loaded machine. (`--test-force-exit` would lose the last tests' reports.)
 */
import fc from "fast-check";

const FILE_TIMEOUT_MIN = 30;

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 1) });

// Only the processes of test files have a context, not the one that starts them.
if (process.env["NODE_TEST_CONTEXT"] !== undefined) {
  const end = () => {
    console.error(`${process.argv[1]} has not ended after ${FILE_TIMEOUT_MIN} minutes: it left something open`);
    process.exit(1);
  };
  setTimeout(end, FILE_TIMEOUT_MIN * 60_000).unref();
}
