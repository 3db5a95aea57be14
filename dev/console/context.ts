/** What the console's calls work with: the running stack, and what has happened to its records. */
import { readWorkerConfig } from "../../lib/config.ts";
import { openStorage } from "../../lib/providers/storage/storage.ts";
import { createBackend } from "../stack/backend.ts";
import type { Stack } from "../stack/stack.ts";
import type { Happenings } from "./happenings.ts";

/** Opens what belongs to a stack. Close its backend when done. */
export function openContext({ apiUrl, dependencies }: Pick<Stack, "apiUrl" | "dependencies">, happenings: Happenings) {
  const { environment } = dependencies;
  const config = readWorkerConfig(environment);
  const backend = createBackend({ apiUrl, environment });
  return { apiUrl, dependencies, happenings, config, backend, storage: openStorage(config) };
}

export type Context = ReturnType<typeof openContext>;
