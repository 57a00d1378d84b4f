/** What the pages of exports say and ask: filters in the address, windows, entries of the timeline. */

import { describe, expect, it } from "vitest";
import { windowOf } from "../../console/src/exports/window.ts";
import { filterOf, queryOf, withChange } from "../../console/src/pages/exports/list-filter.ts";
import { systemsFor } from "../../console/src/pages/exports/load-systems.ts";
import { entryText, isBad } from "../../console/src/pages/exports/timeline-text.ts";
import { wholeName } from "../../console/src/pages/exports/whole.ts";
import { withSeen } from "../../console/src/exports/list-pages.ts";
import { SYSTEMS } from "../../src/export/load/systems.ts";

type Export = Parameters<typeof wholeName>[0];
type Entry = Parameters<typeof entryText>[0];

describe("the filter", () => {
  it("is what the address says", () => {
    expect(filterOf(new URLSearchParams("status=failed&dataset=profile_events"))).toEqual({
      status: "failed",
      dataset: "profile_events",
    });
  });

  it("passes over a status that no export can have", () => {
    expect(filterOf(new URLSearchParams("status=asleep&other=1"))).toEqual({});
  });

  it("stays in the address without what does not filter", () => {
    const failed = withChange({ dataset: "profile_events" }, { status: "failed" });
    expect(queryOf(failed).toString()).toBe("status=failed&dataset=profile_events");
    expect(queryOf(withChange(failed, { dataset: "" })).toString()).toBe("status=failed");
    expect(queryOf(withChange({ status: "failed" }, { status: "" })).toString()).toBe("");
  });
});

describe("the window is", () => {
  it.each([
    [{ start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" }, ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]],
    [{ from: "2026-01-01T00:00:00Z" }, ["2026-01-01T00:00:00Z", null]],
    [{ start_at: "2026-01-01T00:00:00Z", end_at: null }, ["2026-01-01T00:00:00Z", null]],
  ])("from one time to another: %o", (request, [start, end]) => {
    expect(windowOf(request)).toEqual({ kind: "times", start, end });
  });

  it("a day, or the days from one to another", () => {
    expect(windowOf({ date: "2026-01-01" })).toEqual({ kind: "days", first: "2026-01-01", last: "2026-01-01" });
    expect(windowOf({ start_date: "2026-01-01", end_date: "2026-01-31" })).toEqual({
      kind: "days",
      first: "2026-01-01",
      last: "2026-01-31",
    });
  });

  it("everything, where the dataset has none", () => {
    expect(windowOf({ dataset: "profile_attributes", attributes: ["tier"] })).toBeNull();
  });
});

describe("an entry of the timeline", () => {
  const entry = (type: Entry["type"], detail: Entry["detail"] = {}): Entry => ({
    at: "2026-01-01T00:00:00Z",
    type,
    detail,
  });

  it("names the step that failed, why, who must act, and when it is tried again", () => {
    const failed = entry("export.attempt_failed", {
      step: "chunk",
      n: 3,
      attempt: 1,
      code: "bucket_denied",
      owner: "customer",
      retry_in_seconds: 300,
    });
    expect(entryText(failed)).toBe(
      "Attempt 1 of the step chunk 3 failed: bucket_denied, you must act, next attempt in 5 min",
    );
    expect(isBad(failed)).toBe(true);
  });

  it("counts what a verification found, without what it did not find", () => {
    const damaged = entry("export.verified", { ok: false, files: 4, missing: 2, changed: 0, unreadable: 1 });
    expect(entryText(damaged)).toBe("Verified, not every file as written: 2 missing, 1 could not be read");
    expect(isBad(damaged)).toBe(true);
    expect(isBad(entry("export.verified", { ok: true, files: 4 }))).toBe(false);
  });

  it("tells a webhook that was delivered from one that was not", () => {
    expect(entryText(entry("webhook.attempt", { n: 2, status_code: 204, error: null }))).toBe(
      "Webhook, attempt 2: answered 204, delivered",
    );
    const refused = entry("webhook.attempt", { n: 1, status_code: null, error: "timeout" });
    expect(entryText(refused)).toBe("Webhook, attempt 1: timeout");
    expect(isBad(refused)).toBe(true);
  });

  it("is a plain sentence where there is nothing to count", () => {
    expect(entryText(entry("export.started"))).toBe("Started");
    expect(entryText(entry("export.planned", { rows: 1_500, chunks: 1 }))).toBe("Planned: 1,500 records, 1 chunk");
  });
});

describe("the whole result", () => {
  const shown = (format: string, files: number, more: Record<string, unknown> = {}) =>
    ({
      id: "4c959f87-0000",
      dataset: "profile_events",
      delivery: { type: "download" },
      progress: { files_total: files },
      request: { format, compression: "gzip" },
      ...more,
    }) as unknown as Export;

  it("is one file of NDJSON, however many it was written as", () => {
    expect(wholeName(shown("ndjson", 12))).toBe("profile_events-4c959f87.ndjson");
  });

  it("is not offered where the service joins no files", () => {
    expect(wholeName(shown("csv", 1))).toBe("profile_events-4c959f87.csv");
    expect([wholeName(shown("csv", 2)), wholeName(shown("parquet", 1)), wholeName(shown("ndjson", 1_001))]).toEqual([
      null,
      null,
      null,
    ]);
    expect(wholeName(shown("ndjson", 1, { delivery: { type: "s3" } }))).toBeNull();
  });

  it("is offered to the systems that can read its form alone", () => {
    const systems = Object.entries(SYSTEMS).map(([name, { title, reads }]) => ({ name, title, reads }));
    const names = (of: Export) => systemsFor(of, systems).map(({ name }) => name);
    expect(names(shown("csv", 1))).toContain("postgres");
    expect(names(shown("csv", 1))).not.toContain("athena");
    expect(names(shown("parquet", 1, { request: { format: "parquet", compression: "snappy" } }))).not.toContain(
      "postgres",
    );
    expect(names(shown("ndjson", 1, { dataset: "segment_profiles" }))).toContain("duckdb");
  });
});

describe("a list of exports", () => {
  const pages = (...ids: string[]) =>
    ({ pages: [{ data: ids.map((id) => ({ id, status: "queued" })), next_cursor: null }], pageParams: [] }) as never;
  const seen = { id: "b", status: "completed" } as unknown as Export;

  it("shows an export as it was seen last", () => {
    expect(withSeen(pages("a", "b"), seen)).toMatchObject({ pages: [{ data: [{ status: "queued" }, seen] }] });
  });

  it("stays as it is where the export is in another list", () => {
    const list = pages("a");
    expect(withSeen(list, seen)).toBe(list);
  });
});
