/**
 * Start and end of every day from 1970 to 2037 in every zone, as the service computes them inside workerd from its
 * zone data, against Python's zoneinfo and this machine's zone data (test/time/oracle.py), which share nothing with
 * them. Of zones whose tables are equal one is compared day by day, the others on each month's first day and around
 * each change.
 */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ROOT } from "../../scripts/stack.ts";
import type { Answer, Difference, Job, Table } from "../support/days-worker.ts";
import { run } from "./support.ts";

/** What a release of the zone data changed: workerd of today has 2026e, Debian 12 may be as old as 2025b. */
const MOROCCO = { from: "2026-09-21", to: "2038-01-01", why: "2026c: Morocco stays at +00" };
const ALBERTA = { from: "2026-11-02", to: "2038-01-01", why: "2026c: Alberta stays at -06" };
const BRITISH_COLUMBIA = { from: "2026-11-02", to: "2038-01-01", why: "2026b: British Columbia stays at -07" };
const NORTHWEST = { from: "2026-11-02", to: "2038-01-01", why: "2026d: the Northwest Territories stay at -06" };
const MANITOBA = { from: "2026-11-02", to: "2038-01-01", why: "2026e: Manitoba stays at -05" };
const BAJA_CALIFORNIA = {
  from: "1970-04-27",
  to: "1975-10-26",
  why: "2025c: Baja California had daylight saving time",
};
const IRAN = { from: "1979-05-27", to: "1979-05-27", why: "2026d: the clocks went forward a day earlier" };

const CUBA = { from: "2026-11-01", to: "2027-03-14", why: "2026f: the winter of 2026 stays on summer time" };

/**
 * The only allowed differences, with their days: all come from different versions of the zone data. A difference that
 * no longer occurs, because the machine's zone data are newer, is only printed.
 */
const NAMED: Record<string, { from: string; to: string; why: string }> = {
  "Africa/Casablanca": MOROCCO,
  "Africa/El_Aaiun": MOROCCO,
  "America/Bogota": { from: "1992-05-03", to: "1992-05-03", why: "2026d: the clocks went forward a day earlier" },
  "America/Edmonton": ALBERTA,
  "America/Ensenada": BAJA_CALIFORNIA,
  "America/Havana": CUBA,
  "America/Inuvik": NORTHWEST,
  "America/Rainy_River": MANITOBA,
  "America/Santa_Isabel": BAJA_CALIFORNIA,
  "America/Tijuana": BAJA_CALIFORNIA,
  "America/Vancouver": BRITISH_COLUMBIA,
  "America/Winnipeg": MANITOBA,
  "America/Yellowknife": ALBERTA,
  "Asia/Tehran": IRAN,
  "Canada/Central": MANITOBA,
  "Canada/Mountain": ALBERTA,
  "Canada/Pacific": BRITISH_COLUMBIA,
  Cuba: CUBA,
  EET: { from: "1975-04-13", to: "1980-09-28", why: "a link to Europe/Athens, which Debian 12 keeps apart" },
  Iran: IRAN,
  "Mexico/BajaNorte": BAJA_CALIFORNIA,
  WET: { from: "1970-01-01", to: "1996-03-31", why: "a link to Europe/Lisbon, which Debian 12 keeps apart" },
};

/** Names that one side alone may know. */
const ONE_SIDED: Record<string, string> = {
  Factory: "no place: some runtimes refuse it",
  localtime: "Debian's name for the machine's own zone",
};

const JOBS_PER_CALL = 4;

interface Oracle {
  tzdata: string;
  python: string;
  tables: Table[];
  zones: Record<string, number>;
}

let oracle: Oracle | null = null;
let missing = "";
let listed: string[] = [];
let jobs: Job[] = [];
let answers: Answer[] = [];
const workers: Miniflare[] = [];

/** What a test says on the terminal. */
const say = (line: string) => process.stderr.write(`${line}\n`);

async function askOracle(): Promise<Oracle | null> {
  try {
    const { code, stdout, stderr } = await run("python3", join(ROOT, "test", "time", "oracle.py"));
    const read = code === 0 ? (JSON.parse(stdout.toString()) as Oracle) : null;
    if (read !== null && Object.keys(read.zones).length > 0) return read;
    missing = read === null ? stderr : "it knows no zone";
  } catch (thrown) {
    missing = String(thrown);
  }
  missing = `python3 (3.9 or later) with the Debian package tzdata must be installed: ${missing}`;
  if (process.env["CI"] === "true") throw new Error(missing);
  say(`The days of all zones are not compared. ${missing}`);
  return null;
}

function jobsOf({ tables, zones }: Oracle): Job[] {
  const begun = new Set<number>();
  return Object.entries(zones).map(([zone, index]) => {
    const whole = !begun.has(index);
    begun.add(index);
    return { zone, table: tables[index] ?? [], whole };
  });
}

/** A workerd of its own for each core. Each takes jobs until none is left. */
async function compare(): Promise<Answer[]> {
  const left = [...jobs];
  const done: Answer[] = [];
  async function work(worker: Miniflare) {
    for (let some = left.splice(0, JOBS_PER_CALL); some.length > 0; some = left.splice(0, JOBS_PER_CALL)) {
      const response = await worker.dispatchFetch("http://days/", { method: "POST", body: JSON.stringify(some) });
      done.push(...((await response.json()) as Answer[]));
    }
  }
  await Promise.all(workers.map(work));
  return done;
}

function startWorkers(): void {
  const entryPoints = [join(ROOT, "test", "support", "days-worker.ts")];
  const [built] = buildSync({ entryPoints, bundle: true, format: "esm", write: false }).outputFiles;
  const options = { modules: true, script: built?.text ?? "", compatibilityDate: "2026-11-01" };
  for (let n = 0; n < availableParallelism(); n += 1) workers.push(new Miniflare(convertV4MiniflareOptions(options)));
}

beforeAll(async () => {
  oracle = await askOracle();
  if (oracle === null) return;
  startWorkers();
  listed = (await (await workers[0]?.dispatchFetch("http://days/"))?.json()) as string[];
  jobs = jobsOf(oracle);
  answers = await compare();
  const workerd = readFileSync(join(ROOT, "node_modules", "workerd", "package.json"), "utf8");
  const { version } = JSON.parse(workerd) as { version: string };
  say(
    `tzdata ${oracle.tzdata} by Python ${oracle.python}, against workerd ${version}, whose own version is not known.`,
  );
});

beforeEach(({ skip }) => skip(oracle === null, missing));

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.dispose()));
});

const differencesOf = (name: string) => answers.find(({ zone }) => zone === name)?.differences ?? [];

test("every day of every zone begins and ends where the oracle says, but for what newer zone data changed", () => {
  for (const [zone, { why }] of Object.entries(NAMED))
    say(differencesOf(zone).length === 0 ? `${zone} does not differ (${why})` : `${zone} differs (${why})`);
  const isNamed = (zone: string, { from, to }: Difference) => {
    const named = NAMED[zone];
    return named !== undefined && from >= named.from && to <= named.to;
  };
  const unnamed = answers.flatMap(({ zone, differences }) =>
    differences.flatMap((difference) => (isNamed(zone, difference) ? [] : [{ zone, ...difference }])),
  );
  expect(unnamed).toEqual([]);
});

test("every boundary of every table was compared: all 24,838", () => {
  const whole = new Set(jobs.flatMap(({ zone, whole }) => (whole ? [zone] : [])));
  const counts = answers.flatMap(({ zone, known, compared }) => (known && whole.has(zone) ? [compared] : []));
  expect(counts.length).toBeGreaterThan(250);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(24_838);
});

test("both sides know the same zones, but for the named ones", () => {
  const computed = new Set(jobs.map(({ zone }) => zone));
  const unknown = answers.flatMap(({ zone, known }) => (known ? [] : [zone]));
  const unasked = listed.filter((zone) => !computed.has(zone));
  expect([...unknown, ...unasked].filter((zone) => !Object.hasOwn(ONE_SIDED, zone))).toEqual([]);
});
