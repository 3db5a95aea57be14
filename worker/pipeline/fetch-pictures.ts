/** Fetches the pictures of a submission and prepares each for the providers. */
import pLimit from "p-limit";
import { discard } from "../../lib/images/discard.ts";
import type { ImagePreparation, Picture } from "../../lib/images/images.ts";
import type { Storage } from "../../lib/providers/storage/storage.ts";
import type { ImageRole } from "../../lib/reasons.ts";
import type { Submission } from "../../lib/submission.ts";
import { together } from "../../lib/together.ts";
import type { Steps } from "../run/steps.ts";
import type { PassportPage, PassportPages } from "./passport-pages.ts";

/** How many uploads are in memory at once, across all jobs: each may be as large as the limit for pictures. */
const UPLOADS_AT_ONCE = 6;

/**
 * How many passport pages are decoded or wait for the reader at once: each takes up to 13 MB, and it reads one at a
 * time.
 */
const PAGES_AT_ONCE = 3;

interface FetchOptions {
  readonly storage: Pick<Storage, "fetchImage">;
  readonly images: Pick<ImagePreparation, "prepare">;
  readonly pages: Pick<PassportPages, "prepare">;
}

/** Returns the function that fetches and prepares the pictures of a submission. */
export function createFetchPictures({ storage, images, pages }: FetchOptions) {
  const limitUploads = pLimit(UPLOADS_AT_ONCE);
  const limitPages = pLimit(PAGES_AT_ONCE);

  const fetchPicture = (key: string, role: ImageRole, signal: AbortSignal): Promise<Picture> =>
    limitUploads(async () => {
      const upload = await storage.fetchImage(key, role, signal);
      try {
        return await images.prepare(upload, role);
      } finally {
        discard(upload);
      }
    });

  /**
   * Resolves as soon as the page is prepared. The reader continues with its own signal, and the page keeps its place
   * until it is read. Otherwise pages would pile up in memory when the reader is slower than the jobs.
   */
  function fetchPassport(
    key: string,
    steps: Steps,
    fetching: AbortSignal,
    reading: AbortSignal,
  ): Promise<PassportPage> {
    const { promise, resolve, reject } = Promise.withResolvers<PassportPage>();
    const prepare = async (upload: Buffer) => {
      const page = await pages.prepare(upload, steps, reading).finally(() => discard(upload));
      resolve(page);
      await page.read;
    };
    const fetch = async () => {
      const upload = await storage.fetchImage(key, "passport", fetching);
      await limitPages(() => prepare(upload));
    };
    limitUploads(fetch).catch(reject);
    return promise;
  }

  return ({ passportKey, selfieKey, stampKey }: Submission, steps: Steps, signal: AbortSignal) =>
    together(
      signal,
      (joint) => fetchPassport(passportKey, steps, joint, signal),
      (joint) => fetchPicture(selfieKey, "selfie", joint),
      async (joint) => (stampKey ? fetchPicture(stampKey, "stamp", joint) : undefined),
    );
}
