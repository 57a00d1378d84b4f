/**
 * Which hosts the service may call for a customer: public ones, over https. A URL is checked when the customer enters
 * it, and again before every call together with every address that its name resolves to. One address that is not public
 * refuses the name; a name that does not resolve is refused too.
 *
 * The connection resolves the name again, so a name whose address changes between the check and the connection is not
 * caught here (DNS rebinding), however fresh the check's addresses are. They may be up to a minute old, so that a
 * thousand parts of an upload ask the resolver once. The service must run in a network that reaches no private address.
 */

import ipaddr from "ipaddr.js";
import * as z from "zod";
import { readWholeText } from "./bodies.ts";

/** Every address of a name, v4 and v6; empty when it has none. @throws when the resolver does not answer. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Names of this machine or this network, with all names below them. */
const LOCAL_NAMES = ["localhost", "local", "internal"];
/** The block of IPv6 that is assigned to the internet. Forms that embed an IPv4 address are mostly outside it. */
const PUBLIC_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * A sentence about why a URL may not be called, without resolving its name; null for a URL that may.
 * @param allowInsecure local development: allows http and loopback targets.
 */
export function urlFault(url: string, allowInsecure: boolean): string | null {
  if (!URL.canParse(url)) return "must be a URL.";
  const { protocol, username, password, hostname } = new URL(url);
  if (protocol !== "https:" && !(allowInsecure && protocol === "http:")) return "must be https.";
  if (username !== "" || password !== "") return "must not contain a user name or a password.";
  if (allowInsecure && isLoopback(hostname)) return null;
  const literal = literalAddress(hostname);
  if (literal !== null) return isPublic(literal) ? null : "must be at a public address.";
  const labels = hostname.split(".");
  if (labels.includes("")) return "must name a host without empty labels and without a trailing dot.";
  if (labels.length < 2 || LOCAL_NAMES.includes(labels.at(-1) ?? "")) return "must name a host on the public internet.";
  return null;
}

/**
 * Checks a URL right before it is called, with the addresses that its name resolves to now.
 * @returns why the URL may not be called; null for one that may.
 */
export async function checkTarget(
  url: string,
  { allowInsecure, resolve }: { allowInsecure: boolean; resolve: Resolve },
): Promise<"target_not_allowed" | "target_unresolved" | null> {
  if (urlFault(url, allowInsecure) !== null) return "target_not_allowed";
  const { hostname } = new URL(url);
  if (allowInsecure || literalAddress(hostname) !== null) return null;
  const addresses = await resolve(hostname).catch(() => []);
  if (addresses.length === 0) return "target_unresolved";
  return addresses.every(isPublic) ? null : "target_not_allowed";
}

/** A host that is an address, null for a name. `URL` has normalized its spelling. */
function literalAddress(hostname: string): string | null {
  if (hostname.startsWith("[")) return hostname.slice(1, -1);
  return ipaddr.IPv4.isValidFourPartDecimal(hostname) ? hostname : null;
}

function isLoopback(hostname: string): boolean {
  const literal = literalAddress(hostname);
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
const MAX_ANSWER_BYTES = 65_536;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;
/** DNS record types and their numbers. */
const TYPES = { A: 1, AAAA: 28 } as const;

const Answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), TTL: z.number().min(0).default(0), data: z.string() })).default([]),
});

/** The addresses of names, and until when they may be used, epoch ms. Oldest first; kept between invocations. */
export type AddressCache = Map<string, { addresses: readonly string[]; until: number }>;

const MAX_CACHED_SECONDS = 60;
const MAX_CACHED_NAMES = 1_000;

/** The addresses of one kind, and how many seconds every record on the way to them may be kept. */
interface Found {
  addresses: string[];
  seconds: number;
}

/**
 * DNS over HTTPS in JSON: developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests
 * @param cache addresses that were found, each kept as long as its records may be, a minute at most. A name without
 * addresses is asked for each time. @param now epoch ms.
 */
export function resolver(reach: typeof fetch, now: () => number, cache: AddressCache = new Map()): Resolve {
  async function ask(name: string, type: keyof typeof TYPES): Promise<Found> {
    const response = await reach(`${RESOLVER}?name=${encodeURIComponent(name)}&type=${type}`, {
      headers: { accept: "application/dns-json" },
      redirect: "manual",
      signal: AbortSignal.timeout(RESOLVED_WITHIN_MS),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the resolver answered ${response.status}`);
    }
    const answer = Answer.parse(JSON.parse(await readWholeText(response, MAX_ANSWER_BYTES)));
    if (answer.Status !== NO_ERROR && answer.Status !== NO_SUCH_NAME)
      throw new Error(`the resolver answered with status ${answer.Status}`);
    // The answer also contains the CNAME records that lead to the addresses.
    const addresses = answer.Answer.filter((record) => record.type === TYPES[type]).map((record) => record.data);
    return { addresses, seconds: Math.min(MAX_CACHED_SECONDS, ...answer.Answer.map(({ TTL }) => TTL)) };
  }
  return async (name) => {
    const cached = cache.get(name);
    if (cached !== undefined && cached.until > now()) return cached.addresses;
    const found = await Promise.all([ask(name, "A"), ask(name, "AAAA")]);
    const addresses = found.flatMap((each) => each.addresses);
    cache.delete(name);
    if (addresses.length > 0)
      cache.set(name, { addresses, until: now() + 1_000 * Math.min(...found.map(({ seconds }) => seconds)) });
    for (const oldest of cache.keys()) if (cache.size > MAX_CACHED_NAMES) cache.delete(oldest);
    return addresses;
  };
}
