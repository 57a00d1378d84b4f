/** Numbers beyond the precision of doubles, such as a share of money, are exported as the dataset wrote them. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Encoding, Redaction } from "../../../src/export/output/encode/encoding.ts";
import { hasLongNumber } from "../../../src/export/output/encode/exact-numbers.ts";
import { createEncoder, fileForm } from "../../../src/export/output/encode/encoder.ts";

const FORM = {
  contentType: "application/x-ndjson",
  extension: ".ndjson",
  before: "",
  between: "",
  lineEnd: "\n",
  after: "",
};
const FIELDS = [
  { name: "amount", path: ["amount"], type: "number" },
  { name: "who", path: ["who"], type: "text" },
] as const;
const literal = "-3002399751580330.33";
const LINE = `{"amount":${literal},"who":"p-1","list":[{"of":0.10000000000000001}]}`;

function written(encoding: Partial<Encoding>, line = LINE): unknown {
  const rest = { fields: null, redact: [], hidden: [], escapeFormulas: false } as const;
  const whole: Encoding = { format: "ndjson", compression: "gzip", ...rest, ...encoding };
  const encoder = createEncoder(whole, fileForm(whole, FORM), new Uint8Array(32));
  return encoder.kind === "text" ? encoder.line?.(line) : encoder.cells(line);
}

const DROP: Redaction[] = [{ path: ["who"], how: "drop" }];

describe("a number with more digits than a floating point number has", () => {
  it("stays as it is in NDJSON, where others are dropped or columns are named", () => {
    expect(written({ redact: DROP })).toBe(`{"amount":${literal},"list":[{"of":0.10000000000000001}]}`);
    expect(written({ fields: FIELDS })).toBe(`{"amount":${literal},"who":"p-1"}`);
  });

  it("stays as it is in CSV, and is no formula", () => {
    expect(written({ format: "csv", fields: FIELDS, escapeFormulas: true })).toBe(`${literal},p-1`);
  });

  it("is hashed as it is", () => {
    const how = { redact: [{ path: ["amount"], how: "sha256" }] } as const;
    const other = LINE.replace(literal, "-3002399751580330.5");
    expect(written(how)).not.toBe(written(how, other));
  });

  it("leaves other numbers alone", () => {
    const line = '{"amount":0.30000000000000004,"who":"1234567890123456789"}';
    expect(written({ fields: FIELDS }, line)).toBe(line);
    expect(written({ format: "csv", fields: FIELDS }, line)).toBe("0.30000000000000004,1234567890123456789");
  });
});

it("finds sixteen digits or points in a row, of which the first is a digit, wherever they are", () => {
  const text = fc.string({ unit: fc.constantFrom("1", "0", "9", ".", "x"), maxLength: 60 });
  const long = fc.string({ unit: fc.constantFrom("1", "."), minLength: 14, maxLength: 20 });
  fc.assert(
    fc.property(text, long, text, (before, number, after) => {
      const line = before + number + after;
      expect(hasLongNumber(line)).toBe(/\d[\d.]{15}/.test(line));
    }),
  );
});
