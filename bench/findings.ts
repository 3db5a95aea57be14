/** Explains the figures: the part of `docs/performance.md` that no run can write. */
export const LIMITS_AND_REASONS = `## What dominates, and what was done about it

**Enqueue and intake.** A request waits for Redis once: the record's latest submission and its job leave in one write,
together with those of the other requests that arrived in the same turn of the event loop. A request has one plain
timer. (To cancel a timer with an AbortSignal makes garbage: collecting it was a quarter of the server's profile.
ioredis' \`commandTimeout\` is one more timer for each command.) ioredis' automatic pipelining took a fifth more
processor time for a request. The server at home passes a body on as text, and several log lines leave in one write.

**Cold start.** Imports are all of it, and the size of the bundle: Node reads every byte of it before the first line
runs. [The trims](decisions/bundle-trims.md) leave out what the functions do not use. What remains above ioredis:
BullMQ's queue (a fifth of ioredis' own time), opening it (a tenth), the schemas of the configuration and reading it (a
sixth).

**Worker.** Decoding is the floor. Of a 12-megapixel JPEG of 7 MB, undoing its Huffman code alone takes more than half
of the time that a picture costs, for every size of the result. The rest is the inverse transform, the resize and the
encoding (without a second pass for optimal tables: 2 % more bytes, and a sixth of the time less). Selfies and stamps
are brought down by a factor of three, from which on the decoder halves them on its way, and no JPEG is searched for
transparency: together a seventh of the processor time.

**Memory.** Uploads are fetched in a bounded number of slots and decoded in as many as there are processors, not once a
job; each is one allocation of the right size that is given back at once, read by Node's own HTTP client: \`fetch\`
copies every piece twice and leaves it to the garbage collector. The image sets \`MALLOC_ARENA_MAX=1\` (glibc keeps an
arena for each thread that decodes) and collects young garbage at 2 MB: together a third off the peak, at no measurable
cost. (1 MB is no better; at 8 MB, the peak at 32 was 343 and 335 MB instead of 316 to 332. glibc's threshold for memory
of its own, MALLOC_MMAP_THRESHOLD_, changed nothing.)

**Sizes of pictures.** 1,728 pixels for passports is where the smallest print of the sample passports still has lines of
24 pixels (test: \`bench/picture-quality.test.ts\`); 1,344 for selfies keeps a face of 600 pixels at 200.

## What falls short, and its floor

**Operations a second of the handler.** Measured alone, with a queue that answers at once, the function takes 13 to 15
us of a processor for a request (on a machine that other work shared). Middy itself takes 0.4 of them and does not
forbid the floor. Its body parser takes 2.8, of which JSON.parse is 0.5: it checks every key for \`__proto__\`. The log
line takes 3.5 (the line 2.3, the write 1.2), the two digests of the token 1.7, the schema 1.7, the metric's fields 0.7.
The rest is the request's own objects. A bare \`add\` takes about 40 us on a quiet machine, so the function alone allows
about 0.75x. In front of a real Redis the same code costs more, because it runs once for each answer of Redis and its
part of the caches is gone by then. BullMQ's deduplication, which keeps a record at one job, makes \`add\` itself a
sixth slower. The two commands for the latest submission cost a twentieth.

**Drain.** With the reader, two processors work off 18 jobs a second, and the stand-ins would answer 25 a second. So the
processors decide here, and the figure says how many slots two of them can fill: about 90.

**Jobs a second on bare loopback.** Here sending costs nothing, so that a peer that sends pictures as they are spends
less of a processor on a job than decoding takes: the last line of the worker's table sets the Huffman code of the three
pictures alone against all that the peer does. Nothing that makes pictures smaller can be faster than that. Over a
network of 100 Mbit/s, which is still more than most have to Gemini, bytes decide, and it is 7 to 8 times as many jobs;
with more processors it would be more, and the peer would gain nothing.

**Memory, at a tenth of the peer's.** The worker without any job has about 125 MB (Node.js alone 44, BullMQ 25, Node's
reading of TypeScript 16; the rest is libvips, the AWS SDK, telemetry), which is a tenth of this peer at 32 already; at
64 the distance grows, because ours hardly does. One bundled and minified file instead of sources and packages took 9
and 27 MB less in two pairs of runs, and a heap that V8 lets grow in steps of a fifth takes 70 MB less, for a third more
processor time. Neither is done: see [Node runs the TypeScript as it is](decisions/node-runs-typescript.md).

**Intake, beside Fastify.** Both wait for the same Redis; the rest is code that runs for a request, and Fastify's peer
spends about a third as much on it: no body check before JSON, no rules for object keys, no search for a misspelt field,
no latest submission.

**Our own time for a job.** What a trace of one job shows: 1 ms to read the record and set the fence, 1.5 ms for signing
three URLs and passing the pictures on, 2 to 4 ms for two requests to Gemini with the pictures in them and their answers
(read, sealed and kept in Redis), 2.5 ms for the rules and the verdict, 1 ms to end one job and take the next. The rest
is garbage collection, 1 ms a job. Ten round trips follow each other, those to the object storage and to the slower
provider included, because each is a promise: the fence is set before anything is paid for, and a later submission is
looked for while the record is locked. The figure is the difference of three measurements that are ten times as large,
so that it moves by some milliseconds from round to round.`;
