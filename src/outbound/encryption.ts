/**
 * Secrets that the service must read again (webhook secrets, access keys of destinations) are stored encrypted:
 * AES-256-GCM under the Worker secret SECRETS_KEY, written `<key id>.<iv>.<ciphertext>` in base64url so that the key
 * can be rotated. The owner's id is authenticated with the text: a secret that is copied to another row does not
 * decrypt.
 */

/** @param secretsKey the setting: its first key encrypts. @param owner the id of the row that keeps the secret. */
export async function encrypt(
  secretsKey: string,
  owner: string,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const { id, key } = await importKey(secretsKey.split(",")[0] ?? "");
  const encrypted = await crypto.subtle.encrypt(algorithm(owner, iv), key, new TextEncoder().encode(text));
  return `${id}.${Buffer.from(iv).toString("base64url")}.${Buffer.from(encrypted).toString("base64url")}`;
}

const idOf = (key: string): string => key.slice(0, key.indexOf(":"));

/** The ids of the keys that still decrypt, and no longer encrypt. */
export const olderKeyIds = (secretsKey: string): string[] => secretsKey.split(",").slice(1).map(idOf);

/** As `encrypt`, with the key's id beside it: a query can then find the secrets that an older key encrypted. */
export async function encryptForStore(
  secretsKey: string,
  owner: string,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<{ secret: string; encryptedWith: string }> {
  return { secret: await encrypt(secretsKey, owner, text, iv), encryptedWith: idOf(secretsKey) };
}

/** @throws Error when the key is not in SECRETS_KEY, the owner is another, or the text was changed. */
export async function decrypt(secretsKey: string, owner: string, encrypted: string): Promise<string> {
  const [keyId, iv, text] = encrypted.split(".");
  const known = secretsKey.split(",").find((each) => each.startsWith(`${keyId}:`));
  if (known === undefined || iv === undefined || text === undefined)
    throw new Error("the secret was encrypted with another key");
  const { key } = await importKey(known);
  const bytes = (part: string) => new Uint8Array(Buffer.from(part, "base64url"));
  const decrypted = await crypto.subtle.decrypt(algorithm(owner, bytes(iv)), key, bytes(text));
  return new TextDecoder().decode(decrypted);
}

const algorithm = (owner: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: "AES-GCM",
  iv,
  additionalData: new TextEncoder().encode(owner),
});

async function importKey(secretsKey: string): Promise<{ id: string; key: CryptoKey }> {
  const bytes = Buffer.from(secretsKey.slice(secretsKey.indexOf(":") + 1), "base64");
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { id: idOf(secretsKey), key };
}
