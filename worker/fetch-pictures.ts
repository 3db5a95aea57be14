/** Fetches the pictures of a submission, and brings each to one form while its upload is in memory. */
import pLimit from "p-limit";
import type { ImagePreparation, Picture } from "../lib/images/images.ts";
import type { Storage } from "../lib/providers/storage/storage.ts";
import type { ImageRole } from "../lib/reasons.ts";
import type { Submission } from "../lib/submission.ts";
import { together } from "../lib/together.ts";
import type { Steps } from "./steps.ts";
import type { Testimony, Witness } from "./witness.ts";

/** How many uploads are in memory at once, however many jobs run: each may be as large as the limit for pictures. */
const UPLOADS_AT_ONCE = 6;

/** The passport's page as it came, and what the second witness says of it. */
export interface PassportPage {
  readonly picture: Picture;
  readonly testimony: Testimony;
}

interface FetchOptions {
  readonly storage: Storage;
  readonly images: Pick<ImagePreparation, "prepare">;
  readonly witness: Pick<Witness, "begin">;
}

/** Returns the function that fetches and prepares the pictures of a submission. */
export function createFetchPictures({ storage, images, witness }: FetchOptions) {
  const uploads = pLimit(UPLOADS_AT_ONCE);

  const fetchPicture = (key: string, role: ImageRole, signal: AbortSignal): Promise<Picture> =>
    uploads(async () => {
      const upload = await storage.fetchImage(key, role, signal);
      try {
        return await images.prepare(upload, role);
      } finally {
        discard(upload);
      }
    });

  /** The witness begins to read here. It goes on after the pictures are fetched, so it has a signal of its own. */
  const fetchPassport = (
    key: string,
    steps: Steps,
    fetching: AbortSignal,
    reading: AbortSignal,
  ): Promise<PassportPage> =>
    uploads(async () => {
      const upload = await storage.fetchImage(key, "passport", fetching);
      const testimony = witness.begin(upload, steps, reading);
      const picture = images.prepare(upload, "passport");
      void Promise.allSettled([picture, testimony.read]).then(() => discard(upload));
      return { picture: await picture, testimony };
    });

  return ({ passportKey, selfieKey, stampKey }: Submission, steps: Steps, signal: AbortSignal) =>
    together(
      signal,
      (joint) => fetchPassport(passportKey, steps, joint, signal),
      (joint) => fetchPicture(selfieKey, "selfie", joint),
      async (joint) => (stampKey ? fetchPicture(stampKey, "stamp", joint) : undefined),
    );
}

/**
 * Frees an upload's memory immediately. To the garbage collector it is a small object: dozens of uploads would pile up
 * before it frees the first one.
 */
function discard({ buffer, byteLength }: Buffer): void {
  // A buffer can be part of a larger one that others use.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
