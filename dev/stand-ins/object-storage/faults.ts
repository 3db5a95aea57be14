/** The faults that a script can make the object storage answer the reading of an object with. */
import { gzipSync } from "node:zlib";
import * as z from "zod/mini";
import type { HttpReply } from "../reply.ts";
import { ruleSchema } from "../script.ts";
import { errorWithStatus } from "./errors.ts";

const faultSchema = z.union([
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

/** The schema of a rule: only the reading of objects can be broken. */
export const storageRuleSchema = ruleSchema(["read"], faultSchema);

/** The answer under a fault. Throws a StorageError for a fault that is one. */
export function faultyReply(fault: z.infer<typeof storageRuleSchema>["answer"], reply: HttpReply): HttpReply {
  switch (fault.fault) {
    case "status":
      throw errorWithStatus(fault.status);
    case "page": {
      const body = `<html>\r\n<head><title>${fault.status}</title></head>\r\n<body>nginx</body>\r\n</html>\r\n`;
      return { status: fault.status, contentType: "text/html", body };
    }
    case "redirect":
      return { status: 307, body: "", headers: { location: fault.location } };
    case "drip":
      return { ...reply, drip: fault };
    case "cut":
      return { ...reply, cut: { afterBytes: fault.afterBytes, end: "close" } };
    case "cutUnannounced":
      return { ...reply, body: Buffer.from(reply.body).subarray(0, fault.afterBytes), isUnannounced: true };
    case "wrongLength": {
      const length = String(fault.contentLength);
      return { ...reply, headers: { ...reply.headers, "content-length": length, connection: "close" } };
    }
    case "huge": {
      const headers = { "content-length": String(fault.contentLength) };
      return { ...reply, body: "", headers, cut: { afterBytes: 0, end: fault.contentLength } };
    }
    case "compressed":
      return { ...reply, body: gzipSync(reply.body), headers: { ...reply.headers, "content-encoding": "gzip" } };
    default:
      return reply;
  }
}
