/**
 * A person with more touchpoints than are read at once: every model gives the expected credit, and no answer of the
 * database is large.
 */

import { beforeAll, describe, expect, it } from "vitest";
import {
  at,
  conversion,
  credit,
  exported,
  linesOf,
  market,
  NOON,
  sendTouches,
  touch,
} from "../../support/conversions.ts";
import { gunzip } from "../../support/gunzip.ts";
import type { ExportView, Service, Space } from "../../support/service.ts";

const COUNT = 32_000;
const SOURCES = ["google_ads", "email", "direct"];
/** Each tenth is paid; three share a millisecond. */
const sourceOf = (n: number) => (n % 10 === 0 ? "google_ads" : n % 3 === 0 ? "direct" : "email");
const idOf = (n: number) => `t-${String(n).padStart(5, "0")}`;
const timeOf = (n: number) => NOON - 20_000 + Math.floor(n / 3);

let service: Service;
let space: Space;

beforeAll(async () => {
  ({ service, space } = await market(["acme", "acme"]));
  const touches = Array.from({ length: COUNT }, (_, n) => touch(idOf(n), sourceOf(n), timeOf(n)));
  await sendTouches(service, space, touches);
  await sendTouches(service, space, [touch("other", "email", NOON - 1, { person_id: "p-2" })]);
  await service.send(space, [conversion("e-1", { properties: { amount: 12_345.67 } })]);
});

/** Each line's touchpoint and share in cents, without reading 32,000 objects. */
async function sharesOf(view: ExportView): Promise<{ id: string; model: string; cents: number }[]> {
  const [file] = view.files;
  if (file === undefined) throw new Error("there is no file");
  const text = gunzip(await service.fetchFile(file));
  const lines = text.matchAll(/"touchpoint_id":"([^"]+)","model":"(\w+)","amount":([^,}]+)\}/g);
  return [...lines].map(([, id = "", model = "", amount = ""]) => ({
    id,
    model,
    cents: Math.round(Number(amount) * 100),
  }));
}

const sum = (shares: readonly { cents: number }[]) => shares.reduce((total, { cents }) => total + cents, 0);
const ALL = Array.from({ length: COUNT }, (_, n) => n);

describe("a journey of 32,000", () => {
  it("has a line a touchpoint, in order, and shares that add up", async () => {
    const models = ["linear", "linear_paid", "u_shaped", "last_touch"];
    const request = credit(models, SOURCES, { fields: ["amount"], level: "profile" });
    const shares = await sharesOf(await exported(service, space, request));
    const of = (model: string) => shares.filter((share) => share.model === model);
    const paid = ALL.filter((n) => sourceOf(n) === "google_ads");
    expect(of("linear").map(({ id }) => id)).toEqual(ALL.map(idOf));
    expect(of("u_shaped").map(({ id }) => id)).toEqual(ALL.map(idOf));
    expect(of("linear_paid").map(({ id }) => id)).toEqual(paid.map(idOf));
    expect(of("last_touch")).toEqual([{ id: idOf(COUNT - 1), model: "last_touch", cents: 1_234_567 }]);
    for (const model of models) expect(sum(of(model))).toBe(1_234_567);
    // 38 cents each, and one more for the earliest.
    expect(new Set(of("linear").map(({ cents }) => cents))).toEqual(new Set([39, 38]));
    expect(of("u_shaped")[0]?.cents).toBe(493_827);
    expect(of("u_shaped").at(-1)?.cents).toBe(493_827);
  });

  it("of a company is that of all its people", async () => {
    const request = credit(["linear"], SOURCES, { fields: ["amount"], level: "company" });
    const shares = await sharesOf(await exported(service, space, request));
    expect(shares.map(({ id }) => id)).toEqual([...ALL.map(idOf), "other"]);
    expect(sum(shares)).toBe(1_234_567);
  });

  it.each(["profile", "company"])("is hardly read for its ends, at the level %s", async (level) => {
    const before = service.meter.rowsRead;
    const models = [
      "first_touch",
      "last_touch",
      "first_platform_touch",
      "last_platform_touch",
      "last_non_direct_touch",
    ];
    const lines = await linesOf(service, space, credit(models, SOURCES, { level }));
    expect(lines.map((line) => line["touchpoint_id"])).toEqual([
      idOf(0),
      level === "company" ? "other" : idOf(COUNT - 1),
      idOf(0),
      idOf(COUNT - 10),
      level === "company" ? "other" : idOf(COUNT - 1),
    ]);
    expect(service.meter.rowsRead - before).toBeLessThan(400);
  });

  it("of a space with many people is found by its company's people alone", async () => {
    const own = await service.space();
    const profiles = Array.from({ length: 1_000 }, (_, n) => ({ person_id: `p-${n}`, company_id: `c-${n >> 1}` }));
    await service.json("PUT", "/v1/profiles", 200, { key: own.key, body: { profiles } });
    await sendTouches(service, own, [touch("t-1", "email", NOON - 1)]);
    await service.send(own, [conversion("e-1", { person_id: "p-0" })]);
    for (const model of ["linear", "last_touch"]) {
      const before = service.meter.rowsRead;
      const lines = await linesOf(service, own, credit(model, SOURCES, { level: "company" }));
      expect(lines.map((line) => line["touchpoint_id"])).toEqual(["t-1"]);
      expect(service.meter.rowsRead - before).toBeLessThan(400);
    }
  });

  it("serves several conversions, and other journeys are read as usual", async () => {
    await service.send(space, [
      conversion("e-0", { occurred_at: at(NOON - 1), person_id: "p-2" }),
      conversion("e-2", { occurred_at: at(NOON + 1) }),
      conversion("e-3", { occurred_at: at(NOON + 2), person_id: "p-2" }),
      conversion("e-4", { occurred_at: at(NOON - 12_000) }),
    ]);
    const lines = await linesOf(service, space, credit("linear_paid", ["google_ads"], { fields: ["profile_id"] }));
    const counts = new Map<unknown, number>();
    for (const { id } of lines) counts.set(id, (counts.get(id) ?? 0) + 1);
    const until = ALL.filter((n) => timeOf(n) <= NOON - 12_000 && sourceOf(n) === "google_ads").length;
    expect([...counts]).toEqual([
      ["e-4", until],
      ["e-1", 3_200],
      ["e-2", 3_200],
    ]);
    const own = await linesOf(service, space, credit("linear", ["email"], { fields: ["profile_id"] }));
    expect(own.filter((line) => line["profile_id"] === "p-2").map((line) => line["id"])).toEqual(["e-0", "e-3"]);
  });

  it("can be estimated", async () => {
    const body = { dataset: "conversion_events", date: "2026-02-28", ...credit("linear", ["email"]) };
    const estimate = await service.json<{ rows: number }>("POST", "/v1/exports/estimate", 200, {
      key: space.key,
      body,
    });
    expect(estimate.rows).toBeGreaterThan(3_000);
  });
});
