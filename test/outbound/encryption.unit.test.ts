/** A secret decrypts for its owner alone, with the key that encrypted it, and not when a bit of it changed. */

import { expect, it } from "vitest";
import { decrypt, encrypt } from "../../src/outbound/encryption.ts";

const KEY = `k1:${Buffer.alloc(32, 7).toString("base64")}`;
const iv = () => crypto.getRandomValues(new Uint8Array(12));
const encrypted = (text = "whsec_é") => encrypt(KEY, "space-1", text, iv());

it.each(["whsec_é", "", "x".repeat(10_000)])("opens for its owner", async (text) => {
  expect(await decrypt(KEY, "space-1", await encrypted(text))).toBe(text);
});

it("opens with AES-256-GCM of any other make", async () => {
  const [, nonce = "", text = ""] = (await encrypted()).split(".");
  const bytes = (part: string) => new Uint8Array(Buffer.from(part, "base64url"));
  const key = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(7), "AES-GCM", false, ["decrypt"]);
  const additionalData = new TextEncoder().encode("space-1");
  const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(nonce), additionalData }, key, bytes(text));
  expect(new TextDecoder().decode(opened)).toBe("whsec_é");
});

it("names the key that encrypted it, so that keys can be changed", async () => {
  const other = `2026-03:${KEY.slice("k1:".length)}`;
  expect(await encrypt(other, "space-1", "whsec", iv())).toMatch(/^2026-03\.[\w-]{16}\.[\w-]+$/);
});

it("does not open for another owner", async () => {
  await expect(decrypt(KEY, "space-2", await encrypted())).rejects.toThrow();
});

it.each([
  ["another key", `k1:${Buffer.alloc(32, 8).toString("base64")}`],
  ["a key of another name", `k2:${KEY.slice("k1:".length)}`],
])("does not open with %s", async (_, key) => {
  await expect(decrypt(key, "space-1", await encrypted())).rejects.toThrow();
});

it("does not decrypt when a bit of it changed, or when it was never encrypted", async () => {
  const text = await encrypted();
  const at = text.length - 5;
  const changed = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  for (const wrong of [changed, "", "k1", "k1.x", "k1.AAAA.AAAA"])
    await expect(decrypt(KEY, "space-1", wrong)).rejects.toThrow();
});

it("shows nothing of the text", async () => {
  expect(
    Buffer.from((await encrypted("whsec_secret")).split(".")[2] ?? "", "base64url").toString("latin1"),
  ).not.toContain("secret");
});

it("decrypts with an older key while a newer one encrypts", async () => {
  const old = await encrypted("whsec_old");
  const keys = `k2:${Buffer.alloc(32, 7).toString("base64")},${KEY}`;
  expect(await decrypt(keys, "space-1", old)).toBe("whsec_old");
  const fresh = await encrypt(keys, "space-1", "whsec_new", iv());
  expect(fresh).toMatch(/^k2\./);
  expect(await decrypt(keys, "space-1", fresh)).toBe("whsec_new");
  await expect(decrypt(KEY, "space-1", fresh)).rejects.toThrow();
});
