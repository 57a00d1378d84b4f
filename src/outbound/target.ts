/** Which hosts the service may call on a customer's behalf. */

/** Every address of a name, v4 and v6; empty when it has none. @throws when there is no answer. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Why this address may not be called, by its looks alone, in words for the customer; null when it may. */
export function refusalOf(url: string, allowInsecure: boolean): string | null {
  if (!URL.canParse(url)) return "must be a URL.";
  if (!allowInsecure && new URL(url).protocol !== "https:") return "must be https.";
  return null;
}

/** Asks a resolver over HTTPS (RFC 8484's JSON form). */
export function resolver(_reach: typeof fetch): Resolve {
  return async () => [];
}
