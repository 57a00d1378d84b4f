/**
 * Texts that the service must read again (webhook secrets, access keys of destinations, cursors, links, tokens) are
 * encrypted: AES-256-GCM, written `<key id>.<iv>.<ciphertext>` in base64url so that the Worker secret SECRETS_KEY
 * can be rotated.
 * Each purpose has a key of its own, derived from SECRETS_KEY by HKDF (RFC 5869). Key id, purpose and row are
 * authenticated with the text: what is copied to another row, or used for another purpose, does not decrypt.
 */

/** What a text is encrypted for, and where it belongs. */
export interface Place {
  purpose: "destination-secret" | "webhook-secret" | "redaction-key" | "list-cursor" | "download-link" | "access-token";
  /**
   * The id of the row that keeps the text; of a cursor, the request that it continues; of a link, the API it is of; of
   * a token, what it says.
   */
  row: string;
}

/** @param secretsKey the setting: its first key encrypts. */
export async function encrypt(
  secretsKey: string,
  place: Place,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const [first = ""] = secretsKey.split(",");
  const key = await deriveKey(first, place.purpose);
  const encrypted = await crypto.subtle.encrypt(algorithm(idOf(first), place, iv), key, utf8(text));
  return `${idOf(first)}.${Buffer.from(iv).toString("base64url")}.${Buffer.from(encrypted).toString("base64url")}`;
}

const idOf = (key: string): string => key.slice(0, key.indexOf(":"));

/** The ids of the keys that still decrypt, and no longer encrypt. */
export const olderKeyIds = (secretsKey: string): string[] => secretsKey.split(",").slice(1).map(idOf);

/** As `encrypt`, with the key's id beside it: a query can then find the secrets that an older key encrypted. */
export async function encryptForStore(
  secretsKey: string,
  place: Place,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<{ secret: string; encryptedWith: string }> {
  return { secret: await encrypt(secretsKey, place, text, iv), encryptedWith: idOf(secretsKey) };
}

/** @throws Error when the key is not in SECRETS_KEY, the place is another, or the text was changed. */
export async function decrypt(secretsKey: string, place: Place, encrypted: string): Promise<string> {
  const [keyId = "", iv, text, ...more] = encrypted.split(".");
  const known = secretsKey.split(",").find((each) => each.startsWith(`${keyId}:`));
  if (known === undefined || iv === undefined || text === undefined || more.length > 0)
    throw new Error("the secret was encrypted with another key");
  const key = await deriveKey(known, place.purpose);
  const decrypted = await crypto.subtle.decrypt(algorithm(keyId, place, fromBase64url(iv)), key, fromBase64url(text));
  return new TextDecoder().decode(decrypted);
}

const algorithm = (keyId: string, { purpose, row }: Place, iv: Uint8Array<ArrayBuffer>) => ({
  name: "AES-GCM",
  iv,
  additionalData: utf8(JSON.stringify([keyId, purpose, row])),
});

/** @param secretsKey one `<key id>:<base64>` of the setting. */
async function deriveKey(secretsKey: string, purpose: Place["purpose"]): Promise<CryptoKey> {
  const bytes = Buffer.from(secretsKey.slice(secretsKey.indexOf(":") + 1), "base64");
  const base = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  // No salt: SECRETS_KEY is uniformly random (RFC 5869, section 3.1).
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(`spillway ${purpose}`) };
  return crypto.subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/**
 * One text for one value: decoders pass over foreign characters and unused bits, so that a changed text would be read.
 * @throws Error for any other spelling of the bytes.
 */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.from(text, "base64url"));
  if (Buffer.from(bytes).toString("base64url") !== text) throw new Error("the text is not base64url as it was written");
  return bytes;
}

const utf8 = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
