/** Versions of texts that clients may keep (RFC 9110, 8.8.3). */

/** A strong validator: equal texts have the same. */
export async function etagOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `"${Buffer.from(hash).toString("base64url").slice(0, 27)}"`;
}

/**
 * Whether a request may go on with this version: RFC 9110, 13.1.1, the strong comparison with any of a list, or `*`.
 * @param etag a strong validator; null: the version is not known.
 */
export function wantsVersion(request: Request, etag: string | null): boolean {
  const sent = request.headers.get("if-match");
  if (sent === null) return true;
  const listed = sent.split(",").map((each) => each.trim());
  return listed.includes("*") || (etag !== null && listed.includes(etag));
}

/** Whether a client has this version: RFC 9110, 13.1.2, the weak comparison with any of a list, or with `*`. */
export function hasVersion(request: Request, etag: string): boolean {
  const sent = request.headers.get("if-none-match") ?? "";
  const listed = sent.split(",").map((each) => each.trim().replace(/^W\//, ""));
  return listed.includes("*") || listed.includes(etag);
}
