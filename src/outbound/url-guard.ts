/**
 * Which hosts the service may call on a customer's behalf: public ones, over https. An address is looked at when it is given,
 * and again before every call, then with everything its name stands for: one address that is not public refuses the name, and
 * so does a resolver that gives no answer.
 *
 * What remains: the connection resolves the name once more, so a name whose answer changes between the check and the
 * connection is not caught here. The network that the service runs in has to be one that reaches no private address.
 */

import ipaddr from "ipaddr.js";
import * as z from "zod";

/** Every address of a name, v4 and v6; empty when it has none. @throws when there is no answer. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Names that mean this machine or this network, and whatever stands below them. */
const LOCAL_NAMES = ["localhost", "local", "internal"];
/** The only part of v6 that is handed out for the public internet: forms that embed a v4 address mostly stand elsewhere. */
const PUBLIC_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Why this address may not be called, by its looks alone, in words for the customer; null when it may.
 * @param allowInsecure local development: http and loopback targets too.
 */
export function urlFault(url: string, allowInsecure: boolean): string | null {
  if (!URL.canParse(url)) return "must be a URL.";
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== "https:" && !(allowInsecure && protocol === "http:")) return "must be https.";
  if (username !== "" || password !== "") return "must not carry a user name or a password.";
  if (allowInsecure && isLoopback(hostname)) return null;
  const literal = literalOf(hostname);
  if (literal !== null) return isPublic(literal) ? null : "must be at a public address.";
  const labels = hostname.split(".");
  if (labels.includes("")) return "must name a host without empty parts, and without a dot at its end.";
  if (labels.length < 2 || LOCAL_NAMES.includes(labels.at(-1) ?? "")) return "must name a host of the public internet.";
  return null;
}

/** Why a call was not made. */
export type TargetError = "target_not_allowed" | "target_unresolved";

/** Looks at an address as it is now, right before it is called. */
export async function checkTarget(
  url: string,
  { allowInsecure, resolve }: { allowInsecure: boolean; resolve: Resolve },
): Promise<TargetError | null> {
  if (urlFault(url, allowInsecure) !== null) return "target_not_allowed";
  const { hostname } = new URL(url);
  if (allowInsecure || literalOf(hostname) !== null) return null;
  const addresses = await resolve(hostname).catch(() => []);
  if (addresses.length === 0) return "target_unresolved";
  return addresses.every(isPublic) ? null : "target_not_allowed";
}

/** The address that a URL's host is, where it is no name. A URL has spelled it in the ordinary way by now. */
function literalOf(hostname: string): string | null {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return ipaddr.IPv4.isValidFourPartDecimal(hostname) ? hostname : null;
}

function isLoopback(hostname: string): boolean {
  const literal = literalOf(hostname);
  if (literal === null) return hostname === "localhost" || hostname.endsWith(".localhost");
  return ipaddr.isValid(literal) && ipaddr.parse(literal).range() === "loopback";
}

function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(PUBLIC_V6);
}

const RESOLVER = "https://cloudflare-dns.com/dns-query";
const RESOLVED_WITHIN_MS = 5_000;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
/** Record types and their numbers. */
const TYPES = { A: 1, AAAA: 28 } as const;

const Answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).default([]),
});

/** Asks a resolver over HTTPS, in its JSON form: developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests */
export function resolver(reach: typeof fetch): Resolve {
  async function ask(name: string, type: keyof typeof TYPES): Promise<string[]> {
    const response = await reach(`${RESOLVER}?name=${encodeURIComponent(name)}&type=${type}`, {
      headers: { accept: "application/dns-json" },
      redirect: "manual",
      signal: AbortSignal.timeout(RESOLVED_WITHIN_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the resolver answered ${response.status}`);
    }
    const answer = Answer.parse(await response.json());
    if (answer.Status !== NO_ERROR && answer.Status !== NO_SUCH_NAME)
      throw new Error(`the resolver answered with status ${answer.Status}`);
    // Aliases on the way to the addresses stand in the answer too.
    return answer.Answer.filter((record) => record.type === TYPES[type]).map((record) => record.data);
  }
  return async (name) => (await Promise.all([ask(name, "A"), ask(name, "AAAA")])).flat();
}
