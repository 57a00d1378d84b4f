import { describe, expect, test } from "vitest";
import { type KeyForm, keyRequest, linkRequest, NEW_KEY, wordsIn } from "../../console/src/pages/keys/key-request.ts";
import { keyIdOf } from "../../console/src/session/credential.ts";

const NOW = Date.parse("2026-11-30T12:00:00.000Z");
const requestOf = (form: Partial<KeyForm>) =>
  keyRequest({ ...NEW_KEY, name: "nightly", scopes: ["exports:read"], ...form }, NOW, "Europe/London");

describe("the form of a key", () => {
  test("asks for a key that ends after the days that were chosen", () => {
    expect(requestOf({ lasting: "30" })).toEqual({
      name: "nightly",
      scopes: ["exports:read"],
      expires_at: "2026-12-30T12:00:00.000Z",
    });
  });

  test("asks for a key that never ends", () => {
    expect(requestOf({ lasting: "never" })).not.toHaveProperty("expires_at");
  });

  test("reads the time of its end in the space's time zone", () => {
    const { expires_at: at } = requestOf({ lasting: "until", until: "2027-07-01T09:00" });
    expect(at).toBe("2027-07-01T08:00:00.000Z");
  });

  test("sends a time that is none as it is, so that the service refuses it and not the page's silence", () => {
    expect(requestOf({ lasting: "until", until: "" }).expires_at).toBe("");
  });

  test("for web pages has one scope, whatever was ticked before, and the origins", () => {
    const form = { forPages: true, origins: "https://a.example\nhttps://b.example" };
    expect(requestOf(form)).toMatchObject({
      scopes: ["events:write"],
      origins: ["https://a.example", "https://b.example"],
    });
  });

  test("sends no origins for a key that is not for web pages", () => {
    expect(requestOf({ forPages: false, origins: "https://a.example" })).not.toHaveProperty("origins");
  });
});

test("origins stand apart by lines, spaces or commas", () => {
  expect(wordsIn(" https://a.example,\n\nhttps://b.example  https://c.example\n")).toEqual([
    "https://a.example",
    "https://b.example",
    "https://c.example",
  ]);
});

describe("the form of a link", () => {
  const form = { scopes: ["exports:read"], seconds: "3600", destinationIds: [] } as const;

  test("without destinations asks for all of the space", () => {
    expect(linkRequest(form)).toEqual({ scopes: ["exports:read"], expires_in_seconds: 3_600 });
  });

  test("names the destinations that were picked", () => {
    expect(linkRequest({ ...form, destinationIds: ["d-1"] })).toMatchObject({ destination_ids: ["d-1"] });
  });
});

describe("what a person signs in with", () => {
  const id = "5f0c2a9e7b41d836c0fe12ab";

  test("is an API key by its form", () => {
    expect(keyIdOf(`spw_${id}_${"A".repeat(43)}`)).toBe(id);
  });

  test.each(["local-admin-token", `spw_${id}_${"A".repeat(42)}`, `spw_${id}`, ""])("is no API key: %j", (text) => {
    expect(keyIdOf(text)).toBeNull();
  });
});
