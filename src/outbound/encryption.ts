/**
 * Secrets that must be read again (webhook secrets, a destination's keys) are stored encrypted: AES-256-GCM under the Worker
 * secret SECRETS_KEY, written `<key id>.<iv>.<ciphertext>` in base64url so that the key can be rotated. The owner's id is
 * authenticated with the text: a sealed secret that is copied to another row does not open.
 */

export async function encrypt(
  secretsKey: string,
  owner: string,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const { id, key } = await importKey(secretsKey.split(",")[0] ?? "");
  const sealed = await crypto.subtle.encrypt(algorithm(owner, iv), key, new TextEncoder().encode(text));
  return `${id}.${Buffer.from(iv).toString("base64url")}.${Buffer.from(sealed).toString("base64url")}`;
}

const idOf = (key: string): string => key.slice(0, key.indexOf(":"));

/** The ids of the keys that still open, and no longer seal. */
export const olderKeyIds = (secretsKey: string): string[] => secretsKey.split(",").slice(1).map(idOf);

/** Sealed, with the id of the key beside it, so that what an older key sealed can be found. */
export async function encryptForStore(
  secretsKey: string,
  owner: string,
  text: string,
  iv: Uint8Array<ArrayBuffer>,
): Promise<{ secret: string; sealedWith: string }> {
  return { secret: await encrypt(secretsKey, owner, text, iv), sealedWith: idOf(secretsKey) };
}

/** @throws when it was sealed with another key, for another owner, or was changed. */
export async function decrypt(secretsKey: string, owner: string, sealed: string): Promise<string> {
  const [sealedWith, iv, text] = sealed.split(".");
  const known = secretsKey.split(",").find((each) => each.startsWith(`${sealedWith}:`));
  if (known === undefined || iv === undefined || text === undefined)
    throw new Error("the secret was sealed with another key");
  const { key } = await importKey(known);
  const bytes = (part: string) => new Uint8Array(Buffer.from(part, "base64url"));
  const opened = await crypto.subtle.decrypt(algorithm(owner, bytes(iv)), key, bytes(text));
  return new TextDecoder().decode(opened);
}

const algorithm = (owner: string, iv: Uint8Array<ArrayBuffer>) => ({
  name: "AES-GCM",
  iv,
  additionalData: new TextEncoder().encode(owner),
});

async function importKey(secretsKey: string): Promise<{ id: string; key: CryptoKey }> {
  const colon = secretsKey.indexOf(":");
  const bytes = Buffer.from(secretsKey.slice(colon + 1), "base64");
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { id: secretsKey.slice(0, colon), key };
}
