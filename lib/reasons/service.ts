/** Reasons about the service itself and its providers. */
import { TRY_AGAIN_LATER, type Reason } from "./reason.ts";

/** By code. */
export const SERVICE_REASONS = {
  storage_unavailable: {
    class: "system",
    operator: "The object storage did not answer as it should: look at it, and at S3_ENDPOINT.",
    person: TRY_AGAIN_LATER,
  },
  storage_refused: {
    class: "system",
    operator:
      "The object storage refused access: check S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION and the bucket's grants.",
    person: TRY_AGAIN_LATER,
  },
  ocr_unavailable: {
    class: "system",
    operator:
      "Gemini did not answer as it should: look at its status page, and check that GEMINI_BASE_URL can be reached.",
    person: TRY_AGAIN_LATER,
  },
  ocr_bad_output: {
    class: "system",
    operator:
      "Gemini's answer was cut off, empty or not in the requested form, each time: if this happens often, try another GEMINI_MODEL.",
    person: TRY_AGAIN_LATER,
  },
  // Gemini would refuse again, so submitting the same pictures again is useless.
  ocr_refused: {
    class: "review",
    operator: "Gemini refused to process the picture and would refuse again: a person has to read it.",
    person: "We could not read your document by machine. A person will look at it.",
  },
  ocr_rate_limited: {
    class: "system",
    operator: "Gemini's rate limit lasted longer than this record may take: raise the quota, or KYC_STUCK_TIMEOUT_MIN.",
    person: TRY_AGAIN_LATER,
  },
  ocr_quota_exhausted: {
    class: "system",
    operator:
      "Gemini's daily quota or its credits are used up: raise the quota, add credits, or wait until the quota is renewed.",
    person: TRY_AGAIN_LATER,
  },
  ocr_misconfigured: {
    class: "system",
    operator: "Gemini refused the request: check GEMINI_API_KEY and GEMINI_MODEL.",
    person: TRY_AGAIN_LATER,
  },
  face_match_unavailable: {
    class: "system",
    operator: "CompreFace did not answer as it should: look at its containers, and at COMPREFACE_URL.",
    person: TRY_AGAIN_LATER,
  },
  face_match_misconfigured: {
    class: "system",
    operator:
      "CompreFace refused the request: check COMPREFACE_URL and that COMPREFACE_API_KEY belongs to a verification service.",
    person: TRY_AGAIN_LATER,
  },
  worker_crashed: {
    class: "system",
    operator: "The worker died each time it ran this job: look at its memory and at its last log lines.",
    person: TRY_AGAIN_LATER,
  },
  processing_timeout: {
    class: "system",
    operator:
      "The record stayed in review longer than KYC_STUCK_TIMEOUT_MIN: check that workers run, and that the backend submits each record that it sets in review.",
    person: TRY_AGAIN_LATER,
  },
  internal_error: {
    class: "system",
    operator: "An unexpected error in the worker: see its log.",
    person: TRY_AGAIN_LATER,
  },
} as const satisfies Record<string, Reason>;
