/** What an assistant is told of an export, in one sentence or a few. */

import { describe, expect, it } from "vitest";
import {
  estimateSentence,
  exportSentence,
  pageSentence,
  verificationSentence,
  withoutLinks,
} from "../../../src/http/mcp/export-words.ts";

const QUEUED = {
  id: "e-1",
  dataset: "activity_events",
  status: "queued",
  progress: { rows_written: 0, rows_total: null, files_total: null, percent: null },
  message: null,
  warnings: [],
  error: null,
  next_retry_at: null,
  delivery: { type: "download" },
  content_url: "https://spillway.test/v1/exports/e-1/content",
};
const DONE = { ...QUEUED, status: "completed", progress: { rows_written: 1_500, rows_total: 1_500, files_total: 1 } };
const ERROR = { code: "bucket_denied", message: "The bucket refused the call.", owner: "customer", retryable: true };

describe("an export", () => {
  it("that waits says when to ask again", () => {
    expect(exportSentence(QUEUED, 2)).toBe("Export e-1 of activity_events: queued. Ask get_export again in 2 seconds.");
  });

  it("that is written says how far it is", () => {
    const progress = { rows_written: 150_000, rows_total: 541_909, files_total: null, percent: 27.6 };
    expect(exportSentence({ ...QUEUED, status: "processing", progress }, 2)).toContain(
      "150,000 of 541,909 rows (27.6 %). Ask",
    );
  });

  it("whose attempt failed says why, and when the next one is", () => {
    const failing = { ...QUEUED, status: "processing", error: ERROR, next_retry_at: "2026-03-01T12:00:05.000Z" };
    expect(exportSentence(failing, 2)).toContain(
      "An attempt failed (The bucket refused the call.); the next is at 2026-03-01T12:00:05.000Z.",
    );
  });

  it("that is completed says how much there is, and where", () => {
    expect(exportSentence(DONE, null)).toContain("1,500 rows in 1 file. Whoever has an API key with exports:read");
    const delivery = { type: "s3", bucket: "acme", prefix: "daily/" };
    expect(exportSentence({ ...DONE, delivery }, null)).toContain("They are in the bucket acme, below daily/.");
  });

  it("that has no rows says so", () => {
    const message = "0 events found for the time period queried.";
    expect(exportSentence({ ...DONE, message }, null)).toContain(message);
  });

  it("that failed says who must act", () => {
    expect(exportSentence({ ...QUEUED, status: "failed", error: ERROR }, null)).toBe(
      "Export e-1 of activity_events: failed. The bucket refused the call. Who must act: the customer.",
    );
  });

  it("that is gone says what is left to do", () => {
    expect(exportSentence({ ...DONE, status: "expired" }, null)).toContain("create a new export");
    expect(exportSentence({ ...QUEUED, status: "canceled" }, null)).toBe("Export e-1 of activity_events: canceled.");
  });

  it("that names what the space does not have says so in every state", () => {
    const warnings = [{ pointer: "/event_names/0", detail: "No event has the name ordr_*." }];
    expect(exportSentence({ ...DONE, warnings }, null)).toContain("Warnings: No event has the name ordr_*.");
  });

  it("with many files is shown with the first twenty, and none of them has a link", () => {
    const files = Array.from({ length: 100 }, (_, n) => ({
      name: `f-${n}`,
      url: "https://bucket.test/?X-Amz-Signature=1",
    }));
    const shown = withoutLinks({
      ...DONE,
      files,
      verification: { ok: true, files },
      download_url: "https://x",
      url_expires_at: "t",
    });
    expect(shown["files"]).toEqual(files.slice(0, 20).map(({ name }) => ({ name })));
    expect((shown["verification"] as { files: unknown[] }).files).toHaveLength(20);
    expect(Object.keys(shown)).not.toContain("download_url");
  });
});

describe("an estimate", () => {
  it("says what was counted, and whether that was all", () => {
    const warnings = [{ pointer: "/tags/0", detail: "No profile has the tag vpi." }];
    expect(estimateSentence({ rows: 1, files: 1, bytes_estimate: 900, warnings })).toContain(
      "1 row in 1 file, about 900 bytes compressed. Warnings: No profile has the tag vpi.",
    );
    expect(estimateSentence({ rows_at_least: 2_000_000, files: 40, bytes_estimate: 5, warnings: [] })).toContain(
      "at least 2,000,000 rows (counting ended early) in 40 files",
    );
  });
});

describe("a verification", () => {
  const found = { files_total: 12, files_checked: 12, missing: 1, changed: 2, unreadable: 0 };

  it("says what it found", () => {
    expect(verificationSentence({ ...found, status: "finished", ok: false }, null)).toBe(
      "Of 12 files: 1 missing, 2 changed, 0 unreadable.",
    );
    expect(verificationSentence({ ...found, status: "finished", ok: true }, null)).toContain("All 12 files");
  });

  it("that runs says how far it is, and when to ask again", () => {
    const running = { status: "running", ok: null, files_total: 12, files_checked: 4 };
    expect(verificationSentence(running, 2)).toContain(
      "4 of 12 files. Ask get_export for its verification in 2 seconds.",
    );
  });
});

describe("a page", () => {
  it("says how many items it has, and whether there may be more", () => {
    const sentence = pageSentence("row");
    expect(sentence({ data: [1], next_cursor: null })).toBe("1 row.");
    expect(sentence({ data: [1, 2], next_cursor: "c" })).toBe(
      "2 rows. There may be more: repeat the call with next_cursor as cursor.",
    );
  });
});
