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

/** What Garage would say with this status if it went wrong with an object of a valid request. */
export function errorWithStatus(status: number): StorageError {
  if (status === 400) return badRequest("Date is too old");
  if (status === 403) return forbidden("Operation is not allowed for this key.");
  if (status === 404) return noSuchKey();
  if (status === 503) return new StorageError(status, "ServiceUnavailable", "Internal error: Timeout");
  const what = status === 500 ? "I/O error" : `status ${status}`;
  return new StorageError(status, "InternalError", `Internal error: ${what}`);
}
