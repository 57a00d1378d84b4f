/** The documentation's statements about the call, one short test each; other tests check the details. */

import { describe, expect, it } from "vitest";
import { at, asked, conversion, credit, exported, market, NOON } from "../../support/conversions.ts";
import { onlyFile } from "../../support/pipeline.ts";
import { ADMIN, type ExportView, type ProblemView, Service, START } from "../../support/service.ts";

const body = asked({});

describe("a create", () => {
  it("facts 2.a.1 and 2.a.15: is a POST that answers 202 with an id and queued; a presigned link follows", async () => {
    const { service, space } = await market();
    const response = await service.call("POST", "/v1/exports", { key: space.key, body });
    expect(response.status).toBe(202);
    const created = await response.json<ExportView>();
    expect(created).toMatchObject({ dataset: "conversion_events", status: "queued", download_url: null });
    expect(response.headers.get("location")).toBe(`/v1/exports/${created.id}`);
    await service.pump();
    const done = await service.poll(space, created.id);
    expect(done).toMatchObject({ status: "completed", download_url: onlyFile(done).url });
  });

  it("facts 2.a.16 and 2.a.17: is refused with a status and a description", async () => {
    const { service, space } = await market();
    const refusal = async (status: number, options: { key?: string; body?: unknown }) => {
      const { code, detail } = await service.json<ProblemView>("POST", "/v1/exports", status, { body, ...options });
      expect(detail.length).toBeGreaterThan(10);
      return code;
    };
    expect(await refusal(401, {})).toBe("unauthenticated");
    expect(await refusal(401, { key: "sk_nobody" })).toBe("unauthenticated");
    expect(await refusal(403, { key: await service.keyWith(space, ["exports:read"]) })).toBe("forbidden");
    expect(await refusal(422, { key: space.key, body: { dataset: "conversion_events" } })).toBe("invalid_request");
    await service.json("PATCH", `/v1/spaces/${space.id}`, 200, { key: ADMIN, body: { status: "inactive" } });
    expect(await refusal(403, { key: space.key })).toBe("space_inactive");
  });

  it("fact 2.a.19: is let through 5 times a minute, and a poll 30 times", async () => {
    const service = new Service();
    const space = await service.space();
    const statuses = async (count: number, method: string, path: string) => {
      const calls = Array.from({ length: count }, () =>
        service.call(method, path, { key: space.key, ...(method === "POST" ? { body } : {}) }),
      );
      const answers = await Promise.all(calls);
      await Promise.all(answers.map((answer) => answer.text()));
      return answers.map(({ status }) => status).toSorted((a, b) => a - b);
    };
    expect(await statuses(6, "POST", "/v1/exports")).toEqual([202, 202, 202, 202, 202, 429]);
    const polls = await statuses(31, "GET", "/v1/exports");
    expect([polls[29], polls[30]]).toEqual([200, 429]);
  });
});

describe("a result", () => {
  it("fact 2.a.24: is reached by a presigned link for 15 minutes, a new one at each poll", async () => {
    const { service, space } = await market();
    const { id, download_url, url_expires_at } = await exported(service, space);
    const link = new URL(download_url ?? "");
    expect(link.searchParams.get("X-Amz-Expires")).toBe("900");
    expect(link.searchParams.get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
    expect(url_expires_at).toBe(at(START + 900_000));
    service.now += 60_000;
    expect((await service.poll(space, id)).url_expires_at).toBe(at(START + 960_000));
  });

  it("facts 2.a.2 and 2.a.20: may be of more than 10,000 events, and is written in pages", async () => {
    const { service, space } = await market();
    const count = 10_500;
    await service.send(
      space,
      Array.from({ length: count }, (_, n) => conversion(`e-${n}`, { occurred_at: at(NOON + n), properties: {} })),
    );
    const before = service.meter.statements;
    const view = await exported(service, space, { fields: ["event_name"] });
    expect([onlyFile(view).rows, view.progress.rows_total]).toEqual([count, count]);
    expect(service.meter.statements - before).toBeLessThanOrEqual(55);
    const chunksOf = async ({ id }: { id: string }) => {
      const timeline = await service.json<{ data: { type: string; detail: unknown }[] }>(
        "GET",
        `/v1/exports/${id}/events`,
        200,
        { key: space.key },
      );
      return timeline.data.find(({ type }) => type === "export.planned")?.detail;
    };
    expect(await chunksOf(view)).toEqual({ rows: count, chunks: 1 });
    // A step that reads whole journeys reads those of 10,000 conversions.
    expect(await chunksOf(await exported(service, space, credit("linear", ["email"])))).toEqual({
      rows: count,
      chunks: 2,
    });
    expect(await chunksOf(await exported(service, space, credit("last_touch", ["email"])))).toMatchObject({
      chunks: 1,
    });
  });
});
