/** Commands that create exports of events, and that cancel, retry and delete exports. */

import * as fc from "fast-check";
import { ask, earlier } from "./asking.ts";
import { command, expectStatus, nth } from "./command.ts";
import { LANDED } from "./landed.ts";
import { compareListed } from "./listing.ts";
import { PENDING_LIMIT } from "./stage.ts";
import { bound, windowOf } from "./times.ts";
import { look, workAll } from "./work.ts";
import { DAY_MS, type ExportRecord, named, namesOf, type World } from "./world.ts";

const nat = fc.nat({ max: 59 });

/** How a result is written. */
const written = fc.record({
  format: LANDED.growingSchema
    ? fc.constantFrom("ndjson" as const, "ndjson" as const, "csv" as const)
    : fc.constant("ndjson" as const),
  compression: fc.constantFrom(undefined, "gzip" as const, "zstd" as const, "none" as const),
  layout: fc.constantFrom("single" as const, "files" as const),
  file_rows: fc.constantFrom(1, 2, 50_000),
});

const COLUMNS = [
  [{ path: "eventId" }, { path: "note", as: "the_note" }],
  [{ path: "note" }, { path: "externalPersonId", as: "who" }, { path: "eventId", as: "id" }],
] as const;

const names = fc.constantFrom(undefined, undefined, ["bought"], ["s*"], ["*"], ["bought", "see*"]);
/** An earlier export that this one continues. */
const since = fc.option(nat, { freq: 3 });
/** Whether the export is worked on at once. */
const atOnce = fc.boolean();

const chosenSince = (world: World, dataset: string, n: number | null): ExportRecord | null => {
  const found = earlier(world, dataset);
  return n === null || found.length === 0 ? null : nth(found, n);
};

export const exportEvents = command(
  "export activity_events",
  fc.record({
    bounds: fc.tuple(bound, bound),
    names,
    written,
    nested: fc.boolean(),
    columns: fc.option(nat, { freq: 4 }),
    since,
    atOnce,
  }),
  async ({ bounds, names, written, nested, columns, since, atOnce }, world, stage) => {
    const window = windowOf(bounds, world);
    const isNested = nested && written.format === "ndjson" && columns === null;
    // The model does not know the columns of every built-in definition that a wildcard names.
    const isTable = written.format === "csv" && columns === null;
    const request = {
      start: window.start,
      end: window.end,
      event_names: isTable && names?.some((name) => name.includes("*")) === true ? undefined : names,
      row_format: isNested ? "nested" : "flat",
      columns: columns === null ? undefined : nth(COLUMNS, columns),
      ...written,
    };
    const earlier = chosenSince(world, "activity_events", since);
    await ask(world, stage, { dataset: "activity_events", request, from: window.from, since: earlier });
    if (atOnce) await workAll(world, stage);
  },
);

export const exportProfileEvents = command(
  "export profile_events",
  fc.record({ bounds: fc.tuple(bound, bound), names, identifiers: fc.boolean(), files: fc.boolean(), since, atOnce }),
  async ({ bounds, names, identifiers, files, since, atOnce }, world, stage) => {
    const window = windowOf(bounds, world);
    const request = {
      from: window.start,
      to: window.end,
      event_names: names,
      identifiers: identifiers ? ["custom_id"] : undefined,
      layout: files ? "files" : "single",
      file_rows: files ? 2 : undefined,
    };
    const earlier = chosenSince(world, "profile_events", since);
    await ask(world, stage, { dataset: "profile_events", request, from: window.from, since: earlier });
    if (atOnce) await workAll(world, stage);
  },
);

const hasExports = ({ exports }: Readonly<World>) => exports.some((each) => each.status !== "deleted");
const chosen = ({ exports }: World, n: number) =>
  nth(
    exports.filter((each) => each.status !== "deleted"),
    n,
  );

/** Consumers work for a while. */
export const work = command(
  "work",
  fc.constantFrom(1, 2, 3, Infinity),
  (messages, world, stage) => workAll(world, stage, messages),
  (world) => world.pending().length > 0,
);

export const cancel = command(
  "cancel",
  nat,
  async (n, world, stage) => {
    const record = chosen(world, n);
    const answer = await stage.call("POST", `/v1/exports/${record.id}/cancel`);
    expectStatus(answer, record.status === "pending" ? 202 : 409);
    if (record.status === "pending") record.status = "canceled";
  },
  hasExports,
);

/** A later run of the schedule has what the failed one should have had, or is about to. */
function isSuperseded({ exports }: World, record: ExportRecord): boolean {
  if (record.schedule === null) return false;
  const runs = exports.filter(({ schedule }) => schedule === record.schedule);
  return runs
    .slice(runs.indexOf(record) + 1)
    .some(({ status, completedAt }) => status === "pending" || completedAt !== null);
}

/** A failed export goes on from its last good file. */
export const retry = command(
  "retry",
  nat,
  async (n, world, stage) => {
    const record = chosen(world, n);
    const answer = await stage.call("POST", `/v1/exports/${record.id}/retry`);
    // Seven days after it failed, its good files are gone.
    const isGone = (record.failedAt ?? 0) + 7 * DAY_MS <= world.now;
    if (record.status !== "failed" || isGone || isSuperseded(world, record)) return expectStatus(answer, 409);
    if (world.pending().length >= PENDING_LIMIT) return expectStatus(answer, 429);
    expectStatus(answer, 202);
    record.status = "pending";
  },
  hasExports,
);

/** In flight as cancel; ended: its files go, and its id is unknown from then on. */
export const remove = command(
  "delete export",
  nat,
  async (n, world, stage) => {
    const record = chosen(world, n);
    const answer = await stage.call("DELETE", `/v1/exports/${record.id}`);
    expectStatus(answer, record.status === "pending" ? 202 : 204);
    if (record.status === "pending") record.status = "canceled";
    else record.status = "deleted";
    if (record.status === "deleted") expectStatus(await stage.call("GET", `/v1/exports/${record.id}`), 404);
    else await look(world, stage, record);
  },
  hasExports,
);

/** One of the ids that name a person. */
function idOf({ data }: World, id: string, n: number): [name: string, id: string] {
  const person = data.people.get(named(data, id));
  const ids: [string, string | null | undefined][] = [
    ["external_person_id", person?.external],
    ["custom_id", person?.custom],
  ];
  const [name, other] = nth(ids, n);
  return n % 3 === 0 || other === null || other === undefined ? ["person_id", id] : [name, other];
}

/** List Events has the rows of an export with the same parameters, or those of one person. */
export const listEvents = command(
  "list events",
  fc.record({ bounds: fc.tuple(bound, bound), names, limit: fc.constantFrom(2, 200), person: fc.option(nat) }),
  async ({ bounds, names, limit, person }, world, stage) => {
    const window = windowOf(bounds, world);
    const query = new URLSearchParams({ start: window.start, end: window.end, limit: String(limit) });
    if (names !== undefined) query.set("event_names", names.join(","));
    const id = person === null ? undefined : nth([...namesOf(world.data), "nobody"], person);
    if (id !== undefined) query.set(...idOf(world, id, person ?? 0));
    await compareListed(world, stage, query, window, names, id === undefined ? undefined : named(world.data, id));
  },
);
