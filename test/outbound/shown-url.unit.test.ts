/** Addresses as answers show them: nothing of a token. */

import { expect, it } from "vitest";
import { isCutUrl, shownUrl } from "../../src/outbound/shown-url.ts";

it.each([
  ["https://shop.example/", "https://shop.example/"],
  ["https://shop.example", "https://shop.example/"],
  ["https://shop.example/hook", "https://shop.example/hook"],
  ["https://shop.example:8443/hook", "https://shop.example:8443/hook"],
  ["https://shop.example/hook?token=t0ken", "https://shop.example/hook…"],
  ["https://shop.example/?t0ken", "https://shop.example/…"],
  ["https://shop.example/hook#t0ken", "https://shop.example/hook…"],
  ["https://user:t0ken@shop.example/hook", "https://shop.example/hook…"],
  ["https://hooks.example/services/T00/B00/t0ken", "https://hooks.example/services/T0…"],
  ["https://hooks.example/5d1b7e9ac04t0ken", "https://hooks.example/5d1b7e9ac04…"],
  ["t0ken", "…"],
])("%s is shown as %s", (url, shown) => {
  expect([shownUrl(url), isCutUrl(shownUrl(url)), isCutUrl(url)]).toEqual([shown, shown.endsWith("…"), false]);
});

it("recognizes a cut address that a URL parser wrote", () => {
  expect(isCutUrl(new URL("https://shop.example/hooks/spill…").href)).toBe(true);
});
