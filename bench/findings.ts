/** Explains the figures: the part of `docs/performance.md` that no run can write. */
export const LIMITS_AND_REASONS = `## What dominates, and what was done about it

**Enqueue and intake.** A request waits for Redis once. The record's latest submission and its job leave in one write,
together with those of the other requests that arrived in the same turn of the event loop. A request has one plain
timer: an AbortSignal that cancels a timer makes garbage, and collecting it was a quarter of the server's profile.
ioredis' \`commandTimeout\` would be one more timer for each command, and its automatic pipelining took a fifth more
processor time for a request. The server at home passes a body on as text, and writes several log lines at once.

**Cold start.** Imports take all of it, so the size of the bundle decides: Node reads every byte of it before the first
line runs. [The trims](decisions/bundle-trims.md) leave out what the functions do not use. What remains above ioredis is
BullMQ's queue (a fifth of ioredis' own time), opening it (a tenth), and the schemas of the configuration with reading
it (a sixth).

**Worker.** Decoding takes the most. Of a 12-megapixel JPEG of 7 MB, undoing its Huffman code alone takes more than half
of the time for the picture, for every size of the result. The rest is the inverse transform, the resize and the
encoding. The encoder does no second pass for optimal tables: the picture has 2 % more bytes, and a sixth of the time is
saved. Selfies and stamps become smaller by a factor of three, so the decoder already halves them, and the worker does
not look for transparency in a JPEG. Together, this saves a seventh of the processor time.

**Memory.** The worker fetches uploads in a limited number of slots, and decodes as many at once as there are
processors, however many jobs run. Each upload is one allocation of the right size, which is given back at once. Node's
own HTTP client reads it, because \`fetch\` copies every piece twice and leaves the copies to the garbage collector. The
image sets \`MALLOC_ARENA_MAX=1\` (glibc would keep an arena for each thread that decodes) and collects young garbage at
2 MB. Together, this saves a third of the peak, at no measurable cost. (1 MB is no better. At 8 MB, the peak at 32 was
343 and 335 MB instead of 316 to 332. glibc's threshold for memory of its own, MALLOC_MMAP_THRESHOLD_, changed nothing.
In single runs on a machine that other work shared, jemalloc took 429 MB instead of 360, or 335 with a quarter more
processor time, and mimalloc 379.)
Gemini's SDK keeps its parameters until the answer comes, so it gets the pictures' base64 text from a getter: while 32
requests wait, that is 25 MB less. URLs are signed without an S3 client, which saves 9 MB.

**Sizes of pictures.** Passports have 1,728 pixels: there, the smallest print of the sample passports still has lines of
24 pixels (test: \`bench/picture-quality.test.ts\`). Selfies have 1,344, which keeps a face of 600 pixels at 200.

## What falls short, and why

**Operations a second of the handler.** Measured alone, with a queue that answers at once, the function takes 13 to 15
us of a processor for a request (on a machine that other work shared). Middy itself takes 0.4 of them, so Middy does not
stand in the way. Its body parser takes 2.8, of which JSON.parse is 0.5: the parser checks every key for \`__proto__\`.
The log line takes 3.5 (the line 2.3, the write 1.2), the two digests of the token 1.7, the schema 1.7, and the metric's
fields 0.7. The rest is the request's own objects. A bare \`add\` takes about 40 us on a quiet machine, so the function
alone allows about 0.75x. In front of a real Redis the same code costs more: it runs once for each answer of Redis, when
its part of the processor's caches is gone. BullMQ's deduplication, which keeps a record at one job, makes \`add\`
itself a sixth slower. The two commands for the latest submission cost a twentieth.

**Drain.** With the reader, two processors complete 17 or 18 jobs a second, and the stand-ins would answer 25 a
second. So the processors limit this figure: two of them can fill 85 to 90 slots.

**Jobs a second on bare loopback.** Sending costs nothing there, so a peer that sends pictures as they are spends less
of a processor on a job than decoding takes. The last line of the worker's table compares the Huffman code of the three
pictures alone with all the work of the peer: no service that makes pictures smaller can be faster than that. A network
of 100 Mbit/s is still more than most have to Gemini, and bytes decide there: this worker does 7 to 8 times as many
jobs. With more processors it would do more, and the peer would not.

**Memory, at a tenth of the peer's.** The worker without any job has about 125 MB: Node.js alone 44, BullMQ 25, Node's
reading of TypeScript 16, and for the rest libvips and telemetry. That is a tenth of this peer at 32
already. At 64 the distance grows, because ours hardly needs more. One bundled and minified file instead of sources and
packages took 9 and 27 MB less in two pairs of runs. A heap that V8 lets grow in steps of a fifth takes 70 MB less, for
a third more processor time. Neither is done: see [Node runs the TypeScript as it
is](decisions/node-runs-typescript.md).

**Intake, beside Fastify.** Both wait for the same Redis. The rest is code that runs for a request, and Fastify's peer
has about a third as much of it: no body check before JSON, no rules for object keys, no search for a misspelt field, no
latest submission.

**Our own time for a job.** A trace of one job shows 1 ms to read the record and set the fence, 0.8 ms to sign three
URLs and pass the pictures on, 2 to 4 ms for two requests to Gemini with the pictures in them and for their answers
(read, sealed and kept in Redis), 2.5 ms for the rules and the verdict, and 1 ms to end one job and take the next.
Collecting garbage takes 1 ms a job. Ten round trips follow each other, including those to the object storage and to the
slower provider. Each is a promise: the fence is set before anything is paid for, and the worker looks for a later
submission while the record is locked. The figure is the difference of three measurements that are ten times as large,
so it moves by some milliseconds from round to round.`;
