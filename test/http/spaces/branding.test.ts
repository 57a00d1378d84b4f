/** How a space's portal looks, and who may frame it: what is accepted, what stays, which text an accent carries. */

import { beforeEach, describe, expect, it } from "vitest";
import { ADMIN, Service, type Space } from "../../support/service.ts";

const service = new Service({ ALLOW_INSECURE_TARGETS: "false", BUCKET_ENDPOINT: "https://bucket.example" });
let space: Space;

beforeEach(async () => {
  space = await service.space();
});

interface Shown {
  name: string;
  branding: { name: string | null; accent: string | null; accent_text: string | null };
  portal_origins: string[];
}

const change = (body: object) => service.json<Shown>("PATCH", "/v1/space", 200, { key: space.key, body });
const read = () => service.json<Shown>("GET", "/v1/space", 200, { key: space.key });

it("a new space has no branding, and its portal may be framed by no page", async () => {
  const branding = { name: null, accent: null, accent_text: null };
  expect(await read()).toMatchObject({ branding, portal_origins: [] });
});

it("a change is shown to the space and to the operator", async () => {
  await change({ branding: { name: "Acme ☕", accent: "#0B5FFF" }, portal_origins: ["https://app.acme.example"] });
  const shown = {
    branding: { name: "Acme ☕", accent: "#0b5fff", accent_text: "#ffffff" },
    portal_origins: ["https://app.acme.example"],
  };
  expect(await read()).toMatchObject(shown);
  expect(await service.json("GET", `/v1/spaces/${space.id}`, 200, { key: ADMIN })).toMatchObject(shown);
});

it("what a change leaves out stays, and null removes", async () => {
  await change({ branding: { name: "Acme", accent: "#ffcc00" }, portal_origins: ["https://app.acme.example"] });
  const { branding, portal_origins } = await change({ branding: { name: null } });
  expect(branding).toEqual({ name: null, accent: "#ffcc00", accent_text: "#000000" });
  expect(portal_origins).toEqual(["https://app.acme.example"]);
  expect((await change({ portal_origins: [] })).portal_origins).toEqual([]);
});

it.each(["#000000", "#ffffff", "#777777", "#0b5fff", "#ffcc00", "#1a237e", "#d32f2f", "#808000"])(
  "text on %s contrasts with it by at least 4.5:1",
  async (accent) => {
    const { branding } = await change({ branding: { accent } });
    const [a, b] = [luminanceOf(accent), luminanceOf(branding.accent_text ?? "")];
    expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThanOrEqual(4.5);
  },
);

/** w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminanceOf(colour: string): number {
  const linear = (digits: string) => {
    const part = Number.parseInt(digits, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  const [, r = "", g = "", b = ""] = /^#(..)(..)(..)$/.exec(colour) ?? [];
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

describe("a change is refused with", () => {
  it.each<[string, object, string]>([
    ["a colour of three digits", { branding: { accent: "#fff" } }, "/branding/accent"],
    ["a colour by name", { branding: { accent: "red" } }, "/branding/accent"],
    ["a colour that ends a style", { branding: { accent: "#ffffff;}" } }, "/branding/accent"],
    ["an empty name", { branding: { name: "" } }, "/branding/name"],
    ["a blank name", { branding: { name: " \u00a0 " } }, "/branding/name"],
    ["a name of 101 characters", { branding: { name: "n".repeat(101) } }, "/branding/name"],
    ["a name of two lines", { branding: { name: "a\nb" } }, "/branding/name"],
    ["an unknown property", { branding: { logo: "https://acme.example/logo.png" } }, "/branding/logo"],
    ["branding that is a text", { branding: "red" }, "/branding"],
    ["origins that are a text", { portal_origins: "https://acme.example" }, "/portal_origins"],
    ["an origin with http", { portal_origins: ["http://acme.example"] }, "/portal_origins/0"],
    ["an origin of this machine in production", { portal_origins: ["http://localhost:5173"] }, "/portal_origins/0"],
    ["an origin with a path", { portal_origins: ["https://acme.example/app"] }, "/portal_origins/0"],
    ["a wildcard", { portal_origins: ["https://*.acme.example"] }, "/portal_origins/0"],
    ["the origin null", { portal_origins: ["null"] }, "/portal_origins/0"],
    ["a host that begins another directive", { portal_origins: ["https://a.example;sandbox"] }, "/portal_origins/0"],
    ["a host that begins another policy", { portal_origins: ["https://a.example,sandbox"] }, "/portal_origins/0"],
    ["a host with a quote", { portal_origins: ["https://a'b.example"] }, "/portal_origins/0"],
    ["an origin twice", { portal_origins: ["https://a.example", "https://a.example"] }, "/portal_origins"],
    [
      "21 origins",
      { portal_origins: Array.from({ length: 21 }, (_, n) => `https://a${n}.example`) },
      "/portal_origins",
    ],
  ])("%s", async (_, body, pointer) => {
    expect(await service.faults("PATCH", "/v1/space", { key: space.key, body })).toEqual([pointer]);
  });
});

it("pages of this machine may frame a portal in local development", async () => {
  const local = new Service({ ALLOW_INSECURE_TARGETS: "true" });
  const body = { portal_origins: ["http://localhost:5173"] };
  expect(await local.json("PATCH", "/v1/space", 200, { key: space.key, body })).toMatchObject(body);
});
