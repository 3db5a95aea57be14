/** Runs a bundle like Lambda's runtime: imports it, calls `handler`, and prints the result. */
import { pathToFileURL } from "node:url";
import * as z from "zod/mini";

const [, , path = "", event = "{}"] = process.argv;
const bundleSchema = z.object({ handler: z.custom<(event: unknown, context: object) => unknown>() });

const { handler } = bundleSchema.parse(await import(pathToFileURL(path).href));
const context = {
  functionName: "kyc-test",
  awsRequestId: "00000000-0000-4000-8000-000000000000",
  getRemainingTimeInMillis: () => 60_000,
};
console.log(JSON.stringify({ result: await handler(JSON.parse(event), context) }));
process.exit(0);
