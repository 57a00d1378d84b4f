/**
 * The core knows no other product: the datasets and the exports of them serve every dialect, and the name of a product
 * there would be the first branch by product.
 */

/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, it } from "vitest";

const CORE = import.meta.glob<string>(["../../src/export/**/*.ts", "../../src/datasets/**/*.ts"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** "batch" is also the word for statements that are sent together: the product has a capital, or a host. */
const PRODUCTS = /[Ii]nfobip|INFOBIP|[Cc]ometly|COMETLY|[Aa]psis|APSIS|\bBatch\b|batch\.com/g;
const named = (source: string) => source.match(PRODUCTS) ?? [];

describe("the walk", () => {
  it.each(["// as infobip has it", "const cometly = 1;", "for APSIS", "/** Batch's own. */", "https://api.batch.com/"])(
    "sees the product in %s",
    (source) => {
      expect(named(source)).not.toEqual([]);
    },
  );

  it("sees none in statements that are sent together", () => {
    expect(named("await db.batch([statement]); // one batch")).toEqual([]);
  });
});

it("no file of the core has the name of a product", () => {
  const found = Object.entries(CORE).flatMap(([file, source]) => named(source).map((name) => `${file}: ${name}`));
  expect(Object.keys(CORE).length).toBeGreaterThan(80);
  expect(found).toEqual([]);
});
