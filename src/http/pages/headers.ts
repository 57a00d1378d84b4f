/**
 * Headers of the console's and the portal's page. The policy lets the page load scripts, styles and data from its own
 * origin alone, and run no inline script: a text that is shown as HTML by mistake runs nothing and sends nothing away.
 * Files in a bucket are opened by links, which the policy does not restrict.
 */

/** Nobody may frame the page. */
export const NO_ORIGINS: readonly string[] = [];

/** @param framers the origins of the pages that may show this one in a frame. */
function policyFor(framers: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framers.length === 0 ? "'none'" : framers.join(" ")}`,
  ].join("; ");
}

/**
 * The page is kept by no cache: the browser's Back button shows no page of a session that has ended, and a change of
 * the framing origins counts at once. A page that opens this one cannot reach it, and the other way round.
 * @param framers the origins of the pages that may show this one in a frame.
 */
export const headersOfPage = (framers: readonly string[]): Record<string, string> => ({
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": policyFor(framers),
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
});

/** A built file's name has a hash of its content, so that a browser never asks for it again. */
export const ASSET_HEADERS = {
  "cache-control": "public, max-age=31536000, immutable",
  "cross-origin-resource-policy": "same-origin",
};
