/** Frees memory that is no longer needed. */

/**
 * Frees the memory of an upload or of pixels immediately. The garbage collector sees only small objects: dozens of them
 * would pile up before it frees the first one.
 */
export function discard({ buffer, byteLength }: Uint8Array): void {
  // A buffer can be part of a larger one that others use.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
