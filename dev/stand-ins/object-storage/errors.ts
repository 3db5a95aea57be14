/** An answer that Garage gives instead of an object, in its own words: status, S3 code and message. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** 400. Garage answers an expired URL with it too; AWS answers 403. */
export function badRequest(message: string): StorageError {
  return new StorageError(400, "InvalidRequest", `Bad request: ${message}`);
}

/** 403. Garage answers a wrong signature with it too; AWS has a code of its own. */
export function forbidden(message: string): StorageError {
  return new StorageError(403, "AccessDenied", `Forbidden: ${message}`);
}

/** 404 for a key without an object. */
export const noSuchKey = (): StorageError => new StorageError(404, "NoSuchKey", "Key not found");

/** 404 for another bucket. */
export function noSuchBucket(bucket: string): StorageError {
  return new StorageError(404, "NoSuchBucket", `Bucket not found: ${bucket}`);
}

/** 501 for what this storage cannot do. */
export function notImplemented(action: string): StorageError {
  return new StorageError(501, "NotImplemented", `Unimplemented action: ${action}`);
}

/** What Garage would say with this status if it went wrong with an object of a valid request. */
export function errorWithStatus(status: number): StorageError {
  if (status === 400) return badRequest("Date is too old");
  if (status === 403) return forbidden("Operation is not allowed for this key.");
  if (status === 404) return noSuchKey();
  if (status === 503) return new StorageError(status, "ServiceUnavailable", "Internal error: Timeout");
  return new StorageError(
    status,
    "InternalError",
    `Internal error: ${status === 500 ? "I/O error" : `status ${status}`}`,
  );
}

/** The body of an error, on one line, as Garage writes it. */
export function errorBody({ code, message }: StorageError, { path, region }: { path: string; region: string }): string {
  const fields = { Code: code, Message: message, Resource: path, Region: region };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?><Error>${elements.join("")}</Error>`;
}

const XML_ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => XML_ENTITIES[character] ?? character);
}
