/** The faults that a script can make the object storage answer the reading of an object with. */
import { gzipSync } from "node:zlib";
import * as z from "zod/mini";
import { BROKEN, type HttpReply, type Reply } from "../reply.ts";
import { isNamed, namedFaults } from "../script.ts";
import { errorWithStatus } from "./errors.ts";

/** The schema of a fault; `genuine` answers as usual, which is of use with a rule's `delayMs`. */
export const storageFaultSchema = z.union([
  namedFaults(BROKEN),
  z.strictObject({ fault: z.literal("genuine") }),
  // An error of the storage, or a page of a proxy in its place.
  z.strictObject({ fault: z.enum(["status", "page"]), status: z.int() }),
  z.strictObject({ fault: z.literal("redirect"), location: z.string() }),
  // The body comes in small pieces.
  z.strictObject({ fault: z.literal("drip"), chunkBytes: z.int(), everyMs: z.number() }),
  // The connection closes in the middle of the body. Where no length was announced, nothing shows that bytes are missing.
  z.strictObject({ fault: z.enum(["cut", "cutUnannounced"]), afterBytes: z.int() }),
  // The header says another length than the body has; `huge` sends as much as it says.
  z.strictObject({ fault: z.enum(["wrongLength", "huge"]), contentLength: z.int() }),
  // A proxy compresses the body.
  z.strictObject({ fault: z.literal("compressed") }),
]);

export type StorageFault = z.infer<typeof storageFaultSchema>;

/** The answer under a fault. Throws a StorageError for a fault that is one. */
export function faultyReply(fault: StorageFault, reply: HttpReply): Reply {
  if (isNamed(BROKEN, fault.fault)) return BROKEN[fault.fault](reply);
  switch (fault.fault) {
    case "status":
      throw errorWithStatus(fault.status);
    case "page": {
      const body = `<html>\r\n<head><title>${fault.status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n`;
      return { status: fault.status, contentType: "text/html", body };
    }
    case "redirect":
      return { status: 307, contentType: undefined, body: "", headers: { location: fault.location } };
    case "drip":
      return { ...reply, drip: fault };
    case "cut":
      return { ...reply, cut: { afterBytes: fault.afterBytes, end: "close" } };
    case "cutUnannounced":
      return { ...reply, body: Buffer.from(reply.body).subarray(0, fault.afterBytes), isUnannounced: true };
    case "wrongLength": {
      const headers = { "content-length": String(fault.contentLength), connection: "close" };
      return { ...reply, headers: { ...reply.headers, ...headers } };
    }
    case "huge": {
      const headers = { "content-length": String(fault.contentLength) };
      return { ...reply, body: "", headers, cut: { afterBytes: 0, end: { pourBytes: fault.contentLength } } };
    }
    case "compressed":
      return { ...reply, body: gzipSync(reply.body), headers: { ...reply.headers, "content-encoding": "gzip" } };
    default:
      return reply;
  }
}
