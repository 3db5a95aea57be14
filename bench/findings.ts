/** What the figures came to, and why: the part of `docs/performance.md` that no run can write. */
export const LIMITS_AND_REASONS = `## What dominates, and what was done about it

**Enqueue.** Most of the handler's time is spent waiting for Redis and in the system call that sends to it; Redis
runs BullMQ's script for most of that. Beside the job itself, the handler looks whether an earlier job with the same id has
finished (kept by somebody's tool) or is just ending. That look is sent before the job and in the same write, so that it
costs Redis one more command and the network nothing. Middy's timer for each request was turned off (the queue's own patience
is shorter), tokens are hashed in one call, and a body that comes as text is measured without being copied.

**Cold start.** Imports are all of it. Loading Node's HTTP client for the names of status codes (by Middy's utilities) was a
third, BullMQ's unused parts (its PostgreSQL backend, job schedulers with two date libraries, the scripts of workers, clients of
other Redis libraries) another. \`config/bundle-trims.cjs\` leaves both out; a test runs every verb of the queue from such a
bundle against a real Redis. What remains above ioredis: BullMQ's queue, Middy, the schemas of the configuration.

**Worker.** Decoding is the floor. Of a 12-megapixel JPEG of 7 MB, undoing its Huffman code alone takes more than half of the
time that a picture costs, for every size of the result. The rest is the inverse transform, the resize and the encoding (without a
second pass for optimal tables: 2 % more bytes, and a sixth of the time less). Selfies and stamps are brought down by a factor
of three, from which on the decoder halves them on its way, and no JPEG is searched for transparency: together a seventh of the
processor time.

**Memory.** Uploads are fetched in a bounded number of slots and decoded in as many as there are processors, not once a job; each is
one allocation of the right size that is given back at once, read by Node's own HTTP client: \`fetch\` copies every piece twice
and leaves it to the garbage collector. The image sets \`MALLOC_ARENA_MAX=1\` (glibc keeps an arena for each thread that
decodes) and collects young garbage at 2 MB: together a third off the peak, at no measurable cost.

**Sizes of pictures.** 1,728 pixels for passports is where the smallest print of the sample passports still has lines of 24
pixels (test: \`bench/picture-quality.test.ts\`); 1,344 for selfies keeps a face of 600 pixels at 200.

## What falls short, and its floor

**Operations a second of the handler, and duplicates.** What the handler does beside BullMQ's \`add\` is asked for: the token, Middy
with its body parser (which parses with a reviver), the schema, the look for an earlier job, ioredis' timeouts (without which a
connection that was dropped silently is waited for without end), one log line. Taken out one after the other, on the machine
below and cumulatively, the ratio to a bare \`add\` goes from 0.62 to 0.63 (log line), 0.68 (look), 0.71 (timeouts) and 0.78 (Middy,
body parser and token). None of them can go: 0.85 is not to be had with them. A duplicate saves only what Redis does
less for it; the rest is the same work, so the more the handler does besides, the closer the two are.

**Jobs a second on bare loopback.** Here sending costs nothing, so that a peer that sends pictures as they are spends less of a
processor on a job than decoding takes: the last line of the worker's table sets the Huffman code of the three pictures alone
against all that the peer does. Nothing that makes pictures smaller can be faster than that. Over a network of
100 Mbit/s, which is still more than most have to Gemini, bytes decide, and it is about 8 times as many jobs; more processors
bring that further, and the peer not.

**Memory, at a tenth of the peer's.** The worker without any job has about 125 MB (Node.js alone 42, with its reading of TypeScript
60; the rest is libvips, the AWS SDK, BullMQ, telemetry), which is a tenth of this peer at 32 already; at 64 the distance
grows, because ours hardly does. Two things would help, each measured alone: one bundled and minified file instead of sources
and packages (45 MB less), and a heap that V8 lets grow in steps of a fifth (70 MB less, for a third more processor time).
Together they would bring 64 near a tenth and leave 32 at twice that, so neither is done: see
[Node runs the TypeScript as it is](decisions/node-runs-typescript.md).

**Our own time for a job.** The median of the parts, one job at a time: 0.7 ms to end one job and take the next, 1.2 ms
for the fence (PostgreSQL, then Redis), 0.7 ms for signing three URLs, 1 ms to keep the three answers (sealed, in Redis), 0.8 ms
for the rules, 0.4 ms to keep the verdict, 1.5 ms to save it: 6 to 7 ms, of which 16 are round trips that follow each other
because each is a promise: the fence is noted before anything is paid for, what was paid for is kept before anything else
can fail. The mean is higher than the median: the garbage of decoded pictures is collected in between.`;
