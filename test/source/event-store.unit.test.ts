/** Rooms outside of db reach events through `EventStore`: a tier below it then serves all of them. */

/// <reference types="vite/types/importMeta.d.ts" />
import { expect, it } from "vitest";

const ROOMS = import.meta.glob<string>(["../../src/**/*.ts", "!../../src/db/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The SQL behind the calls of the store. */
const BEHIND = new RegExp(
  `\\b(?:${[
    "cutEvents",
    "countEvents",
    "startOfLast",
    "timesOfEveryNth",
    "readEvents",
    "readPersonEvents",
    "measureEvents",
    "deleteEventsBefore",
    "eraseSlice",
  ].join("|")})\\b`,
);
/** Its `readEvents` reads conversions together with their journeys: one statement. */
const WITH_JOURNEYS = "../../src/datasets/conversion-events/credit.ts";

const imports = (source: string) => source.match(/^import [^;]*;/gm) ?? [];

it("no room outside of db imports the SQL behind the store of events", () => {
  const found = Object.entries(ROOMS).filter(([, source]) => imports(source).some((each) => BEHIND.test(each)));
  expect(Object.keys(ROOMS).length).toBeGreaterThan(200);
  expect(found.map(([file]) => file)).toEqual([WITH_JOURNEYS]);
});
