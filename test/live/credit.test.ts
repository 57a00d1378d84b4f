/**
 * Credit against what others have published of the same journeys: dbt's attribution playbook, the R package
 * ChannelAttribution and the Python library MAM. They split money without rounding; here its units stay whole, and an
 * event's shares add up to its amount exactly. So a share may be up to a unit away from theirs, and sums up to half a
 * unit a row; a model that splits nothing is not away at all.
 */

import { beforeAll, describe, expect, test } from "vitest";
import {
  added,
  apart,
  type Credit,
  type Credited,
  credited,
  filledSpace,
  type Group,
  type Line,
  missing,
} from "./credit.ts";
import * as paths from "./credit-paths.ts";
import * as sessions from "./credit-sessions.ts";
import { liveStack } from "./support.ts";

const WITHIN_MS = 240_000;
const CENT = 0.01;
/** Credit is summed up in billionths of a conversion. */
const CREDIT_UNIT = 1e-9;
/** Figures are published, and added up here, in floating point numbers. */
const FLOAT = 1e-8;
const SPLITTING = ["linear", "u_shaped", "linear_paid"];

for (const folder of missing)
  process.stderr.write(`Skipped: the test against published credit reads ${folder}, which is not there.\n`);

const sourceKey = ({ model, source }: { model: string; source: string }) => `${model} ${source}`;

/** Source → its figure, by one model. */
function figures(groups: readonly Group[], model: string, figure: "credit" | "amount"): Map<string, number> {
  const sums = new Map<string, number>();
  for (const group of groups)
    if (group.model === model) sums.set(group.source, (sums.get(group.source) ?? 0) + group[figure]);
  return sums;
}

/** Source → by how much its sum may be away, by one model: half a unit a row that has an amount. */
function roundings(lines: readonly Line[], model: string, unitOf: (line: Line) => number): (source: string) => number {
  const sums = new Map<string, number>();
  if (SPLITTING.includes(model))
    for (const line of lines)
      if (line.model === model && line.amount !== null)
        sums.set(line.source, (sums.get(line.source) ?? 0) + unitOf(line) / 2);
  return (source) => (sums.get(source) ?? 0) + FLOAT;
}

/** What the manifest says, by model and source. */
function sumsOf(groups: readonly Group[]): Map<string, Credit> {
  const sums = new Map<string, Credit>();
  for (const group of groups) {
    const sum = sums.get(sourceKey(group)) ?? { rows: 0, amount: 0 };
    sums.set(sourceKey(group), { rows: sum.rows + group.rows, amount: sum.amount + group.amount });
  }
  return sums;
}

/**
 * Sums as texts, so that they can be compared: floating point numbers that were added up in another order differ at
 * their end.
 */
const written = (sums: ReadonlyMap<string, Credit>) =>
  Object.fromEntries([...sums].map(([key, { rows, amount }]) => [key, `${rows} rows, ${amount.toFixed(6)}`]));

describe.skipIf(missing.length > 0)("published credit", () => {
  const stack = liveStack();

  describe("dbt's playbook: 90 sessions, 21 conversions, 30 days", () => {
    const DAYS = { start_date: "2020-02-01", end_date: "2020-02-13", attribution_window: 30 as const };
    const sources = Object.values(sessions.SOURCE_OF);
    const models = Object.keys(sessions.MAM_COLUMN) as (keyof typeof sessions.MAM_COLUMN)[];
    const touchModels = Object.keys(sessions.TOUCH_COLUMN) as (keyof typeof sessions.TOUCH_COLUMN)[];
    let all: Credited;
    let paid: Credited;

    beforeAll(async () => {
      const client = await filledSpace(stack.origin, "Playbook", sessions.journeys());
      const common = { ...DAYS, sources };
      all = await credited(
        client,
        { ...common, attribution_model: models, group_by: ["source", "ad_id"] },
        stack.file("all"),
      );
      paid = await credited(
        client,
        {
          ...common,
          attribution_model: ["first_platform_touch", "last_platform_touch", "linear_paid"],
          group_by: ["source"],
        },
        stack.file("paid"),
      );
    }, WITHIN_MS);

    /** Session → its figure, by one model. */
    const touches = (model: string, figure: "credit" | "amount") =>
      new Map(
        all.groups.filter((group) => group.model === model).map((group) => [group.ad_id ?? "none", group[figure]]),
      );

    test("the manifests say what their files and lines are", () => {
      for (const { faults, groups, lines } of [all, paid]) {
        expect(faults).toEqual([]);
        expect(written(sumsOf(groups))).toEqual(written(added(lines, sourceKey)));
      }
    });

    test.each(touchModels)("%s: each session has its points and revenue, the others have none", (model) => {
      expect(apart(touches(model, "credit"), sessions.byTouch(model, "points"), () => CREDIT_UNIT)).toEqual([]);
      const within = SPLITTING.includes(model) ? CENT : FLOAT;
      expect(apart(touches(model, "amount"), sessions.byTouch(model, "revenue"), () => within)).toEqual([]);
    });

    test.each(touchModels)("%s: each source has its revenue", (model) => {
      const published = sessions.bySource("reference_by_source.csv", model);
      // Published with six decimals.
      const within = roundings(all.lines, model, () => CENT);
      expect(apart(figures(all.groups, model, "amount"), published, (source) => within(source) + 5e-7)).toEqual([]);
    });

    test.each(models)("%s: each source has its revenue by MAM", (model) => {
      const published = sessions.bySource("reference_MAM_by_source.csv", sessions.MAM_COLUMN[model]);
      const within = roundings(all.lines, model, () => CENT);
      expect(apart(figures(all.groups, model, "amount"), published, within)).toEqual([]);
    });

    test.each(touchModels)("%s: each session has its revenue by MAM", (model) => {
      const within = SPLITTING.includes(model) ? CENT : FLOAT;
      expect(apart(touches(model, "amount"), sessions.byTouchOfMam(model), () => within)).toEqual([]);
    });

    test("last_non_direct_touch differs from MAM in one thing: of two direct sessions alone, it credits the last", () => {
      const ours = touches("last_non_direct_touch", "amount");
      const published = sessions.byTouchOfMam("last_non_direct_touch");
      expect(new Set(apart(ours, published, () => FLOAT))).toEqual(
        new Set([
          "session-19: 0, published 10",
          "session-48: 10, published 0",
          "session-50: 0, published 10",
          "session-59: 10, published 0",
        ]),
      );
    });

    test.each(["first_platform_touch", "last_platform_touch", "linear_paid"])(
      "%s: each paid source has its revenue, the others have no line",
      (model) => {
        const published = sessions.bySource("reference_paid_only.csv", model);
        expect(new Set(figures(paid.groups, model, "amount").keys())).toEqual(new Set(published.keys()));
        const within = roundings(paid.lines, model, () => CENT);
        expect(apart(figures(paid.groups, model, "amount"), published, within)).toEqual([]);
      },
    );
  });

  describe("ChannelAttribution's sample: 10,000 paths, 19,785 conversions", () => {
    const models = [...new Set(paths.PUBLISHED.map(({ model }) => model))];
    const units = new Map<string, number>();
    let all: Credited;

    beforeAll(async () => {
      const journeys = paths.journeys();
      for (const { id, properties } of journeys.conversions)
        if (properties.amount !== undefined) units.set(id, unitOf(properties.amount));
      const client = await filledSpace(stack.origin, "Paths", journeys);
      all = await credited(
        client,
        {
          date: paths.DAY,
          sources: Object.values(paths.SOURCE_OF),
          attribution_model: models,
          attribution_window: 0,
          group_by: ["source"],
        },
        stack.file("paths"),
      );
    }, WITHIN_MS);

    test("the manifest says what its files and lines are", () => {
      expect(all.faults).toEqual([]);
      expect(written(sumsOf(all.groups))).toEqual(written(added(all.lines, sourceKey)));
    });

    test.each(models)("%s: credit adds up to the number of conversions, amounts to their value", (model) => {
      const total = (figure: "credit" | "amount") =>
        [...figures(all.groups, model, figure).values()].reduce((sum, value) => sum + value, 0);
      expect(total("credit")).toBeCloseTo(19_785, 7);
      expect(total("amount")).toBeCloseTo(74_802.971_587_210_73, 7);
    });

    test.each(paths.PUBLISHED)("$model: each channel has its $figure by $by", (published) => {
      const { model, figure } = published;
      const unit = figure === "credit" ? () => CREDIT_UNIT : (line: Line) => units.get(line.id) ?? 0;
      const lines = figure === "credit" ? all.lines.map((line) => ({ ...line, amount: 1 })) : all.lines;
      const within = roundings(lines, model, unit);
      expect(apart(figures(all.groups, model, figure), paths.bySource(published), within)).toEqual([]);
    });
  });
});

/** What an amount is split into whole ones of: its last decimal, a cent at most. */
function unitOf(amount: number): number {
  const [, decimals = ""] = String(amount).split(".");
  return 10 ** -Math.max(decimals.length, 2);
}
