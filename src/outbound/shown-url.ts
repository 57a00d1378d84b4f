/**
 * Addresses as answers and logs show them: origin and the beginning of the path. The rest, the query and credentials
 * may be a token of the receiver's.
 */

/** Characters of the path, with its slash. */
const SHOWN_PATH = 12;
const CUT = "…";

/** The address, cut: `https://shop.example/hooks/spill…`. What is no URL is not shown at all. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return CUT;
  const { origin, href, pathname } = new URL(url);
  const start = `${origin}${pathname.slice(0, SHOWN_PATH)}`;
  return start === href ? start : `${start}${CUT}`;
}

/** Whether this is an address as `shownUrl` cut it, which can no longer be called. */
export const isCutUrl = (url: string): boolean => url.includes(CUT) || /%e2%80%a6/i.test(url);

/** A request of an export as answers show it. */
export function shownRequest<Request extends object>(request: Request): Request {
  if (!("callback_url" in request) || typeof request.callback_url !== "string") return request;
  return { ...request, callback_url: shownUrl(request.callback_url) };
}

/**
 * A request that a client read, changed and sends back: an address that it left as it was shown is the stored one.
 * @param before the stored request.
 */
export function withStoredUrl<Request extends object>(sent: Request, before: object): Request {
  const stored = "callback_url" in before ? before.callback_url : null;
  if (typeof stored !== "string" || !("callback_url" in sent)) return sent;
  return sent.callback_url === shownUrl(stored) ? { ...sent, callback_url: stored } : sent;
}
