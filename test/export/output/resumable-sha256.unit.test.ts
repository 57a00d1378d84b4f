/** A hash that was written down between any two blocks, and continued, is that of the whole. */

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ResumableSha256, type Sha256State } from "../../../src/export/output/resumable-sha256.ts";
import { dice } from "../../support/random.ts";

const roll = dice(17);
const bytes = Uint8Array.from({ length: 4_096 + 13 }, () => Math.floor(roll() * 256));
const wanted = createHash("sha256").update(bytes).digest("hex");

describe("a SHA-256", () => {
  it.each([0, 64, 128, 1_024, 4_096])("that is saved after %i bytes goes on as JSON elsewhere", (at) => {
    const first = new ResumableSha256();
    first.update(bytes.subarray(0, at));
    const state = JSON.parse(JSON.stringify(first.save())) as Sha256State;
    const second = new ResumableSha256(state);
    second.update(bytes.subarray(at));
    expect([second.digest(), state.bytes]).toEqual([wanted, at]);
  });

  it("may be saved many times, and counts beyond 2^32 bytes", () => {
    let hash = new ResumableSha256();
    for (let at = 0; at < bytes.length; at += 64) {
      hash.update(bytes.subarray(at, at + 64));
      if (at + 64 < bytes.length) hash = new ResumableSha256(hash.save());
    }
    expect(hash.digest()).toBe(wanted);
    const long = new ResumableSha256({ words: new ResumableSha256().save().words, bytes: 2 ** 33 });
    expect(new ResumableSha256(long.save()).digest()).not.toBe(new ResumableSha256().digest());
  });

  it("is not saved within a block", () => {
    const hash = new ResumableSha256();
    hash.update(bytes.subarray(0, 65));
    expect(() => hash.save()).toThrow("end of a block");
  });
});
