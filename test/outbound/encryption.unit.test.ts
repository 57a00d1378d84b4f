/**
 * A secret decrypts for its row and purpose alone, with the key that encrypted it, and not when a bit of it changed.
 */

import { createDecipheriv, hkdfSync } from "node:crypto";
import { expect, it } from "vitest";
import { decrypt, encrypt, type Place } from "../../src/outbound/encryption.ts";

const PLACE: Place = { purpose: "webhook-secret", row: "space-1" };
const KEY = `k1:${Buffer.alloc(32, 7).toString("base64")}`;
const iv = () => crypto.getRandomValues(new Uint8Array(12));
const encrypted = (text = "whsec_é") => encrypt(KEY, PLACE, text, iv());

it.each(["whsec_é", "", "x".repeat(10_000)])("opens for its row", async (text) => {
  expect(await decrypt(KEY, PLACE, await encrypted(text))).toBe(text);
});

it("opens with HKDF and AES-256-GCM of any other make", async () => {
  const [, nonce = "", text = ""] = (await encrypted()).split(".");
  const bytes = Buffer.from(text, "base64url");
  const key = hkdfSync("sha256", Buffer.alloc(32, 7), "", "spillway webhook-secret", 32);
  const cipher = createDecipheriv("aes-256-gcm", Buffer.from(key), Buffer.from(nonce, "base64url"));
  cipher.setAAD(Buffer.from('["k1","webhook-secret","space-1"]'));
  cipher.setAuthTag(bytes.subarray(-16));
  expect(cipher.update(bytes.subarray(0, -16)).toString() + cipher.final("utf8")).toBe("whsec_é");
});

const PURPOSES = ["destination-secret", "webhook-secret", "redaction-key", "list-cursor", "download-link"] as const;

it.each(PURPOSES)("that is encrypted as %s opens for no other purpose", async (purpose) => {
  const text = await encrypt(KEY, { purpose, row: "r" }, "secret", iv());
  const opened = await Promise.all(
    PURPOSES.map((other) => decrypt(KEY, { purpose: other, row: "r" }, text).catch(() => "refused")),
  );
  expect(opened).toEqual(PURPOSES.map((other) => (other === purpose ? "secret" : "refused")));
});

it("names the key that encrypted it, so that keys can be changed", async () => {
  const other = `2026-03:${KEY.slice("k1:".length)}`;
  expect(await encrypt(other, PLACE, "whsec", iv())).toMatch(/^2026-03\.[\w-]{16}\.[\w-]+$/);
});

it("does not open for another row", async () => {
  await expect(decrypt(KEY, { ...PLACE, row: "space-2" }, await encrypted())).rejects.toThrow();
});

it.each([
  ["another key", `k1:${Buffer.alloc(32, 8).toString("base64")}`],
  ["a key of another name", `k2:${KEY.slice("k1:".length)}`],
])("does not open with %s", async (_, key) => {
  await expect(decrypt(key, PLACE, await encrypted())).rejects.toThrow();
});

it("does not decrypt when a bit of it changed, or when it was never encrypted", async () => {
  const text = await encrypted();
  const at = text.length - 5;
  const changed = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  for (const wrong of [changed, "", "k1", "k1.x", "k1.AAAA.AAAA"])
    await expect(decrypt(KEY, PLACE, wrong)).rejects.toThrow();
});

it("shows nothing of the text", async () => {
  expect(
    Buffer.from((await encrypted("whsec_secret")).split(".")[2] ?? "", "base64url").toString("latin1"),
  ).not.toContain("secret");
});

it("decrypts with an older key while a newer one encrypts", async () => {
  const old = await encrypted("whsec_old");
  const keys = `k2:${Buffer.alloc(32, 7).toString("base64")},${KEY}`;
  expect(await decrypt(keys, PLACE, old)).toBe("whsec_old");
  const fresh = await encrypt(keys, PLACE, "whsec_new", iv());
  expect(fresh).toMatch(/^k2\./);
  expect(await decrypt(keys, PLACE, fresh)).toBe("whsec_new");
  await expect(decrypt(KEY, PLACE, fresh)).rejects.toThrow();
});

it.each<[string, (text: string) => string]>([
  ["characters behind it", (text) => `${text}A`],
  ["padding", (text) => `${text}=`],
  ["another part", (text) => `${text}.AAAA`],
  ["a character that is no base64url", (text) => text.replace(".", ".!")],
  ["a line break", (text) => `${text}\n`],
  ["the other alphabet", (text) => text.replaceAll("-", "+").replaceAll("_", "/")],
  ["unused bits", (text) => text.replace(/.$/, (last) => String.fromCodePoint((last.codePointAt(0) ?? 0) + 1))],
])("does not decrypt with %s, as decoders of base64url would read it", async (_, change) => {
  // The last character of these lengths has unused bits, and the bytes have both of the characters that differ.
  const text = await encrypt(KEY, PLACE, "ab", Uint8Array.of(0xfb, 0xff, 0xbf, 0xfb, 0xff, 0xbf, 0, 0, 0, 0, 0, 0));
  const changed = change(text);
  expect(changed).not.toBe(text);
  await expect(decrypt(KEY, PLACE, changed)).rejects.toThrow();
});
