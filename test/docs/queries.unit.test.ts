/** docs/queries: each file answers one question, from fields that src/metrics.ts writes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/errors.ts";
import { dataPoint, type Point } from "../../src/metrics.ts";
import { ROOT } from "../support/pages.ts";

const POINTS: { [Kind in Point["kind"]]: Extract<Point, { kind: Kind }> } = {
  export: {
    kind: "export",
    spaceId: "space",
    dataset: "activity_events",
    outcome: "completed",
    errorCode: null,
    rows: 1,
    bytes: 1,
    retries: 0,
    durationMs: 1,
  },
  webhook: { kind: "webhook", spaceId: "space", eventType: "e", outcome: "failed", attempt: 1, lagMs: 1 },
  home: { kind: "home", home: "d1:SPACE_DB", spaceId: null, bytes: 1 },
};

const OUTCOMES = ["completed", "failed", "canceled", "delivered", "retrying"];

const folder = join(ROOT, "docs", "queries");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

describe.each(readdirSync(folder))("docs/queries/%s", (file) => {
  const sql = read(file);
  const query = sql.replaceAll(/^--.*\n/gm, "");

  it("says first what it answers, in one sentence or two", () => {
    expect(file).toMatch(/^[a-z-]+\.sql$/);
    expect(sql).toMatch(/^-- [A-Z].*[.]\n(?!--)/);
  });

  it("asks for one kind of point, and for fields that it has", () => {
    const [kind, ...more] = [...query.matchAll(/blob1 = '(\w+)'/g)].map(([, name = ""]) => name);
    expect(more).toEqual([]);
    const point = Object.values(POINTS).find((each) => each.kind === kind);
    if (point === undefined) throw new Error(`there is no kind ${kind}`);
    const { blobs, doubles, indexes } = dataPoint(point);
    const written = new Set([
      ...blobs.map((_, n) => `blob${n + 1}`),
      ...doubles.map((_, n) => `double${n + 1}`),
      ...indexes.map((_, n) => `index${n + 1}`),
    ]);
    const asked = query.match(/\b(?:blob|double|index)\d+\b/g) ?? [];
    expect(asked.filter((field) => !written.has(field))).toEqual([]);
  });

  it("compares with outcomes and error codes that are written", () => {
    const compared = [...query.matchAll(/blob2 = '(\w+)'/g)].map(([, outcome = ""]) => outcome);
    expect(compared.filter((outcome) => !OUTCOMES.includes(outcome))).toEqual([]);
    const codes = [...query.matchAll(/'([a-z_]+)'(?=[,)])/g)].map(([, code = ""]) => code);
    expect(codes.filter((code) => !(code in ERRORS))).toEqual([]);
  });

  it("counts sampled points as often as they stand for, within a bounded time", () => {
    expect(query).toMatch(/FROM spillway\n/);
    expect(query).toMatch(/timestamp > now\(\) - INTERVAL '\d+' (HOUR|DAY)/);
    expect(query).not.toMatch(/\b(count|avg)\(|sum\(double\d+\)/i);
  });
});

it("docs/queries/service-failures.sql has every code that the service must act on", () => {
  const codes = Object.entries(ERRORS).flatMap(([code, { owner }]) => (owner === "service" ? [code] : []));
  expect(codes.filter((code) => !read("service-failures.sql").includes(`'${code}'`))).toEqual([]);
});
