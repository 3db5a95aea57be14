/** What the figures came to, and why: the part of `docs/performance.md` that no run can write. */
export const LIMITS_AND_REASONS = `## What dominates, and what was done about it

**Enqueue.** Most of the handler's time is spent waiting for Redis and in the system call that sends to it; Redis
runs BullMQ's script for most of that. Beside the job itself, the handler looks whether an earlier job with the same id has
finished (kept by somebody's tool) or is just ending. That look is sent before the job and in the same write, so that it
costs Redis one more command and the network nothing. What remains is our own work: token hashes, Middy, the body parser
(which parses with a reviver), the schema, a log line. Middy's timer for each request was turned off: the queue's own patience
is shorter.

**Cold start.** Imports are all of it. Loading Node's HTTP client for the names of status codes (by Middy's utilities) is a
third, BullMQ's unused parts (its PostgreSQL backend, job schedulers with two date libraries, the scripts of workers, clients of
other Redis libraries) are another. \`config/bundle-trims.cjs\` leaves both out; a test runs every verb of the queue from such a
bundle against a real Redis. What remains above ioredis: BullMQ's queue, Middy, the schemas of the configuration.

**Worker.** Decoding is the floor. Of a 12-megapixel JPEG of 7 MB, undoing its Huffman code alone takes about half of the time
that a picture costs, whatever size comes out; the decoder shrinks on the way, so that no step sees all 12 megapixels. The
rest is the inverse transform, the resize and the encoding (without a second pass for optimal tables: 2 % more bytes, and a
sixth of the time less). So on bare loopback, where sending costs nothing, processor time decides and the distance to a
peer that sends pictures as they are is small; over a real network, bytes decide.

**Memory.** Uploads are fetched and decoded in a bounded number of slots, not once a job, in one allocation of the right size
that is given back at once, by Node's own HTTP client: \`fetch\` copies every piece twice and leaves it to the garbage
collector. What is left at low concurrency is the runtime with its libraries, and the allocator's arenas: glibc keeps one for each
thread that decodes. \`MALLOC_ARENA_MAX=1\` in the worker's environment takes about a third off the peak.

**Rates of a picture.** 1,728 pixels for documents is where the smallest print of the sample passports still has lines of 24
pixels (test: \`bench/picture-quality.test.ts\`); 1,344 for selfies keeps a face of 600 pixels at 200.`;
