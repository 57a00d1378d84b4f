/** Numbers are stored without loss, or rejected. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type ProblemView, Service, type Space } from "../support/service.ts";
import { SPACE_NO } from "../../src/db/core/sequences.ts";

const service = new Service();
let space: Space;
let sent = 0;

beforeAll(async () => {
  space = await service.shop();
});

const line = (amount: string, id = "x") =>
  `{"id":"${id}","definition_id":"order_placed","person_id":"p-1","properties":{"amount":${amount}}}`;
const options = (text: string, lines = false) => ({
  key: space.key,
  body: text,
  ...(lines ? { headers: { "content-type": "application/x-ndjson" } } : {}),
});

describe("an amount", () => {
  it.each(["0", "-1.5", "19.90", "9007199254740991", "-9007199254740991", "0.30000000000000004", "1e-7", "5e-324"])(
    "written as %s is stored without loss",
    async (amount) => {
      const id = `n-${(sent += 1)}`;
      await service.json("POST", "/v1/events", 202, options(`{"events":[${line(amount, id)}]}`));
      const row = await env.SPACE_DB.prepare(`SELECT properties FROM events WHERE space_no = ${SPACE_NO} AND id = ?`)
        .bind(space.id, id)
        .first<{ properties: string }>();
      expect(row?.properties).toBe(`{"amount":${JSON.stringify(Number(amount))}}`);
    },
  );

  it.each([
    "9007199254740992",
    "-9007199254740992",
    "9007199254740993",
    "1e30",
    "1E30",
    "10000000000000000000000000",
    "123456789012345678901234567890",
    "9007199254740993.0",
    "9007199254740990.6",
    "0.1234567890123456789",
    "1e400",
    "1e-400",
  ])("written as %s is refused, and where", async (amount) => {
    const inBody = `{"events":[${line("1")},${line(amount)}]}`;
    expect(await service.faults("POST", "/v1/events", options(inBody))).toEqual(["/events/1/properties/amount"]);
    const inLines = `${line("1")}\n\n${line(amount)}\n`;
    expect(await service.faults("POST", "/v1/events", options(inLines, true))).toEqual(["/events/1/properties/amount"]);
  });

  it("that is rejected gets a detail that says how to send it", async () => {
    for (const amount of ["9007199254740993", "1e30"]) {
      const problem = await service.json<ProblemView>(
        "POST",
        "/v1/events",
        422,
        options(`{"events":[${line(amount)}]}`),
      );
      expect(problem.detail).toContain("Send it as a text.");
    }
  });
});

it("holds for a profile's attributes too", async () => {
  const text = '{"profiles":[{"person_id":"p-1","attributes":{"points":9007199254740993}}]}';
  expect(await service.faults("PUT", "/v1/profiles", options(text))).toEqual(["/profiles/0/attributes/points"]);
});
