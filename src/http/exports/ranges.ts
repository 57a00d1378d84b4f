/** Parts of a stored file on the wire: single ranges of bytes (RFC 9110, sections 13.1.5 and 14). */

/** The bytes [from, from + length). */
export interface Part {
  from: number;
  length: number;
}

const SINGLE = /^bytes=\s*(?:(\d+)-(\d*)|-(\d+))\s*$/i;

/**
 * The part that a request asks for. A header that is not valid, or that names several parts, is ignored, as is one
 * whose If-Range names other bytes.
 * @param bytes of the whole. @param etag the strong validator of these bytes.
 * @returns null for the whole; `beyond` where no byte of the range exists.
 */
export function partOf(request: Request, bytes: number, etag: string): Part | "beyond" | null {
  if (request.method !== "GET") return null;
  const onlyIf = request.headers.get("if-range");
  const [, first, last = "", suffix] = SINGLE.exec(request.headers.get("range") ?? "") ?? [];
  if (onlyIf !== null && onlyIf.trim() !== etag) return null;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), bytes);
    return length === 0 ? "beyond" : { from: bytes - length, length };
  }
  if (first === undefined) return null;
  const [from, to] = [Number(first), last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1)];
  if (last !== "" && Number(last) < from) return null;
  return from >= bytes ? "beyond" : { from, length: to - from + 1 };
}

/** `Content-Range` of a part, or, for a range beyond the end, of none. */
export const contentRange = (part: Part | "beyond", bytes: number): string =>
  part === "beyond" ? `bytes */${bytes}` : `bytes ${part.from}-${part.from + part.length - 1}/${bytes}`;
