/** Which days a request may have. */

import { beforeAll, describe, expect, it } from "vitest";
import { asked, market } from "../../support/conversions.ts";
import { type ProblemView, type Service, type Space, START } from "../../support/service.ts";

let service: Service;
let space: Space;

beforeAll(async () => {
  ({ service, space } = await market());
});

const refused = (request: Record<string, unknown>, of = space) =>
  service.faults("POST", "/v1/exports", { key: of.key, body: { dataset: "conversion_events", ...request } });
const taken = (request: Record<string, unknown>, of = space) =>
  service.json("POST", "/v1/exports/estimate", 200, {
    key: of.key,
    body: { dataset: "conversion_events", ...request },
  });

describe("fact 2.a.3: a date", () => {
  it("is required, or the first and the last of several", async () => {
    expect(await refused({})).toEqual(["/date"]);
    await taken({ date: "2026-01-15" });
    await taken({ start_date: "2026-01-15", end_date: "2026-01-16" });
  });

  it("does not go with a first and a last", async () => {
    const [date, start_date, end_date] = ["2026-01-15", "2026-01-14", "2026-01-16"];
    expect(await refused({ date, start_date })).toEqual(["/start_date"]);
    expect(await refused({ date, end_date })).toEqual(["/end_date"]);
    expect(await refused({ date, start_date, end_date })).toEqual(["/start_date", "/end_date"]);
  });

  it("needs its first and its last", async () => {
    expect(await refused({ start_date: "2026-01-15" })).toEqual(["/end_date"]);
    expect(await refused({ end_date: "2026-01-15" })).toEqual(["/start_date"]);
  });

  it.each(["2026-02-30", "2026-2-03", "2026-02-03T00:00:00Z", "20260203", "", "today", 20_260_203, {}, [], true])(
    "is not %j",
    async (wrong) => {
      expect(await refused({ date: wrong })).toEqual(["/date"]);
      expect(await refused({ start_date: wrong, end_date: "2026-02-01" })).toEqual(["/start_date"]);
      expect(await refused({ start_date: "2026-02-01", end_date: wrong })).toEqual(["/end_date"]);
    },
  );

  it("is refused without a failure, up to the earliest and latest dates", async () => {
    expect(await refused({ date: "9999-12-31" })).toEqual(["/date"]);
    expect(await refused({ start_date: "9999-12-01", end_date: "9999-12-31" })).toEqual(["/end_date"]);
    expect(await refused({ date: "0000-01-01" })).toEqual(["/date"]);
    expect(await refused({ start_date: "0001-01-01", end_date: "9999-12-31" })).toEqual(["/end_date"]);
  });

  it("is rejected with the expected format", async () => {
    const body = asked({ date: "2026-02-30" });
    const { errors } = await service.json<ProblemView>("POST", "/v1/exports", 422, { key: space.key, body });
    expect(errors).toEqual([{ pointer: "/date", detail: "date must be a calendar day, such as 2026-01-31." }]);
  });

  it("is a leap day where there is one", async () => {
    const old = await service.space({ retention_days: 36_500 });
    await taken({ date: "2024-02-29" }, old);
    expect(await refused({ date: "2025-02-29" }, old)).toEqual(["/date"]);
  });
});

describe("several days", () => {
  it("are one to 31", async () => {
    await taken({ start_date: "2026-01-15", end_date: "2026-01-15" });
    await taken({ start_date: "2026-01-01", end_date: "2026-01-31" });
    expect(await refused({ start_date: "2026-01-01", end_date: "2026-02-01" })).toEqual(["/end_date"]);
  });

  it("do not end before they begin", async () => {
    expect(await refused({ start_date: "2026-01-15", end_date: "2026-01-14" })).toEqual(["/end_date"]);
  });
});

describe("a day in the future", () => {
  it("is refused, today is not", async () => {
    await taken({ date: "2026-03-01" });
    expect(await refused({ date: "2026-03-02" })).toEqual(["/date"]);
    await taken({ start_date: "2026-02-28", end_date: "2026-03-01" });
    expect(await refused({ start_date: "2026-02-28", end_date: "2026-03-02" })).toEqual(["/end_date"]);
  });

  it("is computed in the space's time zone", async () => {
    const auckland = await service.space({ timezone: "Pacific/Auckland" });
    const honolulu = await service.space({ timezone: "Pacific/Honolulu" });
    // Noon in London is one in the morning of the next day there, and two in the morning of the same day here.
    await taken({ date: "2026-03-02" }, auckland);
    expect(await refused({ date: "2026-03-03" }, auckland)).toEqual(["/date"]);
    service.now = Date.parse("2026-03-01T09:59:59.999Z");
    expect(await refused({ date: "2026-03-01" }, honolulu)).toEqual(["/date"]);
    service.now += 1;
    await taken({ date: "2026-03-01" }, honolulu);
    service.now = START;
  });

  it("says in which zone it has not begun", async () => {
    const body = asked({ date: "2026-03-02" });
    const { errors } = await service.json<ProblemView>("POST", "/v1/exports", 422, { key: space.key, body });
    expect(errors).toEqual([
      { pointer: "/date", detail: "date is in the future: in Europe/London that day has not begun." },
    ]);
  });
});

describe("a day that the space no longer keeps", () => {
  it("is refused, the first that it keeps whole is not", async () => {
    const week = await service.space({ retention_days: 7 });
    // Seven days before noon of 1 March.
    await taken({ date: "2026-02-23" }, week);
    expect(await refused({ date: "2026-02-22" }, week)).toEqual(["/date"]);
    expect(await refused({ start_date: "2026-02-22", end_date: "2026-02-24" }, week)).toEqual(["/start_date"]);
  });
});
