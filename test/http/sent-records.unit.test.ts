/** Records of a body, held as values while they are few and as texts when they are many. */

import { describe, expect, it } from "vitest";
import { SentRecords } from "../../src/http/sent-records.ts";

/** A record of about 1,000 bytes. */
const record = (n: number) => ({ n, text: `é\u{1F600}"\n${"x".repeat(980)}` });

function sent(count: number) {
  const records = new SentRecords<ReturnType<typeof record>>();
  for (let n = 0; n < count; n += 1) records.add(record(n), JSON.stringify(record(n)));
  return records;
}

describe("records of up to 4,000,000 bytes", () => {
  it("are read as often as they are needed, the final pass included", () => {
    const records = sent(100);
    const expected = Array.from({ length: 100 }, (_, n) => record(n));
    expect([records.length, records.isRepeatable]).toEqual([100, true]);
    for (const read of [records, records.finalPass(), records.finalPass(), records])
      expect([...read]).toEqual(expected);
  });
});

describe("records of more bytes", () => {
  it("are the same, in their order, until the final pass forgets them", () => {
    const records = sent(4_100);
    expect([records.length, records.isRepeatable]).toEqual([4_100, false]);
    for (const read of [records, records, records.finalPass()]) {
      let n = 0;
      for (const each of read) {
        expect(each).toEqual(record(n));
        n += 1;
      }
      expect(n).toBe(4_100);
    }
    expect(() => [...records]).toThrow("read for the last time before");
  });
});
