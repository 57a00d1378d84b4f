/** A sealed secret opens for its owner alone, with the key that sealed it, and not when a bit of it changed. */

import { expect, it } from "vitest";
import { seal } from "../../src/outbound/seal.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const iv = () => crypto.getRandomValues(new Uint8Array(12));

async function open(sealed: string, owner: string, key = KEY): Promise<string> {
  const [, nonce = "", text = ""] = sealed.split(".");
  const bytes = new Uint8Array(Buffer.from(key, "base64"));
  const imported = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["decrypt"]);
  const algorithm = {
    name: "AES-GCM",
    iv: new Uint8Array(Buffer.from(nonce, "base64url")),
    additionalData: new TextEncoder().encode(owner),
  };
  const opened = await crypto.subtle.decrypt(algorithm, imported, new Uint8Array(Buffer.from(text, "base64url")));
  return new TextDecoder().decode(opened);
}

it("opens for its owner", async () => {
  expect(await open(await seal(`k1:${KEY}`, "space-1", "whsec_é", iv()), "space-1")).toBe("whsec_é");
});

it("names the key that sealed it, so that keys can be changed", async () => {
  expect(await seal(`2026-03:${KEY}`, "space-1", "whsec", iv())).toMatch(/^2026-03\.[\w-]{16}\.[\w-]+$/);
});

it("does not open for another owner", async () => {
  const sealed = await seal(`k1:${KEY}`, "space-1", "whsec", iv());
  await expect(open(sealed, "space-2")).rejects.toThrow();
});

it("does not open with another key", async () => {
  const sealed = await seal(`k1:${KEY}`, "space-1", "whsec", iv());
  await expect(open(sealed, "space-1", Buffer.alloc(32, 8).toString("base64"))).rejects.toThrow();
});

it("shows nothing of the text", async () => {
  const sealed = await seal(`k1:${KEY}`, "space-1", "whsec_secret", iv());
  expect(Buffer.from(sealed.split(".")[2] ?? "", "base64url").toString("latin1")).not.toContain("secret");
});
