/** Batch's ids: what they look like, and that each is read back as what it was made of. */

import { describe, expect, it } from "vitest";
import {
  batchExportId,
  batchFileId,
  projectKeyOf,
  readExportId,
  readFileId,
} from "../../../../src/http/dialects/batch/ids.ts";

const UUIDS = [
  "00000000-0000-0000-0000-000000000000",
  "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c",
  "ffffffff-ffff-ffff-ffff-ffffffffffff",
];

describe.each(UUIDS)("of %s", (uuid) => {
  it("is a prefix and 32 digits of Crockford's base 32", () => {
    const form = /^(project|export|file)_[0-9a-hjkmnp-tv-z]{32}$/;
    for (const id of [projectKeyOf(uuid), batchExportId(uuid), batchFileId(uuid, 7)]) expect(id).toMatch(form);
  });

  it("is read back, with the number of the file", () => {
    expect(readExportId(batchExportId(uuid))).toBe(uuid);
    for (const n of [0, 1, 100_000, 4_294_967_295])
      expect(readFileId(batchFileId(uuid, n))).toEqual({ exportId: uuid, n });
  });

  it("is not read as an id of another kind", () => {
    expect(readExportId(batchFileId(uuid, 0))).toBeNull();
    expect(readFileId(batchExportId(uuid))).toBeNull();
    expect(readExportId(batchFileId(uuid, 1).replace("file", "export"))).toBeNull();
  });
});

it.each(["", "export_", `export_${"0".repeat(31)}`, `export_${"0".repeat(33)}`, `export_${"u".repeat(32)}`])(
  "reads no export in %j",
  (id) => {
    expect(readExportId(id)).toBeNull();
  },
);
