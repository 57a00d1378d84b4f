/** Sending batches: rejected lines, created persons, and retries of transient errors. */

import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Item, Rejection } from "../../../client/src/import/events.ts";
import { load, NOTHING_YET } from "../../../client/src/import/load.ts";
import { CreatedProfiles, derivedPersonId } from "../../../client/src/import/create-profiles.ts";
import { inBatches, sendBatch } from "../../../client/src/import/send.ts";
import { type Fault, SpillwayError } from "../../../client/src/errors.ts";
import { retryDelayMs, retrying, type Service, serviceOf as callsOf } from "../../../client/src/import/service.ts";
import { Spillway } from "../../../client/src/spillway.ts";
import { callError, itemOf, items, RETRY_POLICY, loadOptions } from "./support.ts";

const waits: number[] = [];
/** The calls of the client, each made once. */
const overHttp = () => callsOf(new Spillway({ origin: "http://127.0.0.1:1", key: "key", retries: { attempts: 1 } }));
const retryPolicy = { ...RETRY_POLICY, onWait: (_: SpillwayError, seconds: number) => void waits.push(seconds) };
/** @param json answers each call. @returns the service as the import calls it: with retries. */
const serviceOf = (json: unknown): Service => retrying({ json } as Service, retryPolicy);

/** A service that takes what `judge` finds nothing wrong with; as the real one, it lists 100 faults at most. */
function serviceThat(judge: (n: number) => string | null, most = Infinity) {
  const calls: number[][] = [];
  const json = (_method: string, _path: string, body: string) => {
    const sent = body.split("\n").map((line) => (JSON.parse(line) as { n: number }).n);
    calls.push(sent);
    if (sent.length > most) return Promise.reject(callError("too large", 413, "payload_too_large"));
    const faults = sent.flatMap((n, index): Fault[] => {
      const detail = judge(n);
      return detail === null ? [] : [{ pointer: `/events/${index}/properties/amount`, detail }];
    });
    return faults.length === 0
      ? Promise.resolve({ accepted: sent.length, duplicates: 0 })
      : Promise.reject(callError("wrong", 422, "invalid_request", faults.slice(0, 100)));
  };
  return { calls, service: serviceOf(json) };
}

describe("a batch", () => {
  async function send(batch: Item[], { service }: { service: Service }) {
    const rejected: Rejection[] = [];
    const sent = await sendBatch(batch, {
      service,
      onRejected: (rejection) => void rejected.push(rejection),
    });
    return { sent, rejected };
  }

  test("is sent again without the rejected lines, each reported with its line and pointer", async () => {
    const service = serviceThat((n) => (n === 2 || n === 5 ? "amount must be a number." : null));
    const { sent, rejected } = await send(items(6), service);
    expect(service.calls).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 3, 4, 6],
    ]);
    expect(sent).toMatchObject({ accepted: 4, duplicates: 0 });
    expect(rejected).toEqual([
      { n: 2, line: 3, pointer: "/properties/amount", detail: "amount must be a number.", values: ["e-2", "p"] },
      { n: 5, line: 6, pointer: "/properties/amount", detail: "amount must be a number.", values: ["e-5", "p"] },
    ]);
  });

  test("of invalid lines only ends, with each reported once", async () => {
    const { sent, rejected } = await send(
      items(2_345),
      serviceThat(() => "wrong"),
    );
    expect(sent).toEqual({ accepted: 0, duplicates: 0, acceptedItems: [] });
    expect(rejected.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(items(2_345).map(({ n }) => n));
  });

  test("loses no line where many are invalid", async () => {
    const { sent, rejected } = await send(
      items(5_000),
      serviceThat((n) => (n % 3 === 0 ? "wrong" : null)),
    );
    expect(rejected).toHaveLength(1_666);
    expect(sent.acceptedItems.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      items(5_000).flatMap(({ n }) => (n % 3 === 0 ? [] : [n])),
    );
  });

  test("that is too large is sent in halves, and an event that is too large alone is rejected", async () => {
    expect(
      (
        await send(
          items(9),
          serviceThat(() => null, 4),
        )
      ).sent.accepted,
    ).toBe(9);
    expect(
      (
        await send(
          items(1),
          serviceThat(() => null, 0),
        )
      ).rejected,
    ).toMatchObject([{ line: 2, pointer: "" }]);
  });

  test.each([
    [401, []],
    [403, []],
    [422, [{ pointer: "/events", detail: "no line of its own" }]],
  ])("is not sent again after %i that names no line", async (status, faults) => {
    const json = () => Promise.reject(callError("no", status, "x", faults));
    await expect(send(items(3), { service: serviceOf(json) })).rejects.toThrow(SpillwayError);
  });
});

test("batches have so many events, and no more bytes than a call may have", () => {
  const sizes = (all: Item[]) => {
    const pending: Item[] = [];
    const batches = [...inBatches(all, pending, 3)].map((batch) => batch.length);
    return [...batches, pending.length];
  };
  expect(sizes(items(7))).toEqual([3, 3, 1]);
  expect(sizes(items(6))).toEqual([3, 3]);
  expect(sizes([itemOf(1, 8e6), itemOf(2, 8e6), itemOf(3, 99), itemOf(4, 20e6)])).toEqual([1, 2, 1]);
});

describe("a transient error", () => {
  const failing = (times: number, status: number) => {
    let calls = 0;
    return () => {
      calls += 1;
      return calls <= times ? Promise.reject(callError("away", status, "x")) : Promise.resolve(calls);
    };
  };

  test.each([0, 409, 429, 500, 503])("is retried: status %i", async (status) => {
    await expect(serviceOf(failing(3, status)).json("GET", "/")).resolves.toBe(4);
  });

  test("is given up after so many tries", async () => {
    await expect(serviceOf(failing(4, 503)).json("GET", "/")).rejects.toThrow("away");
  });

  test("that is a rate limit is waited out as the answer says, for as long as it lasts", async () => {
    waits.length = 0;
    const limited = callError("limited", 429, "rate_limited", [], 17);
    let calls = 0;
    const json = () => (++calls <= 30 ? Promise.reject(limited) : Promise.resolve(calls));
    await expect(serviceOf(json).json("PUT", "/v1/profiles")).resolves.toBe(31);
    expect(waits).toHaveLength(30);
    expect(waits.every((seconds) => seconds >= 17 && seconds <= 17.5)).toBe(true);
  });

  test("of the service is retried no earlier than its answer says", async () => {
    waits.length = 0;
    const moving = callError("moving", 503, "unavailable", [], 4);
    const json = () => Promise.reject(moving);
    await expect(serviceOf(json).json("POST", "/v1/events")).rejects.toThrow("moving");
    expect(waits).toHaveLength(retryPolicy.tries - 1);
    expect(waits.every((seconds) => seconds >= 4 && seconds <= 4.5)).toBe(true);
  });

  test("has the answer's Retry-After", async () => {
    const answer = () => Promise.resolve(new Response("{}", { status: 429, headers: { "retry-after": "9" } }));
    vi.stubGlobal("fetch", answer);
    onTestFinished(() => void vi.unstubAllGlobals());
    const call = overHttp().json("GET", "/v1/space");
    await expect(call).rejects.toMatchObject({ status: 429, retryAfterSeconds: 9 });
  });

  test.each([400, 401, 403, 404, 422])("is not: status %i", async (status) => {
    waits.length = 0;
    await expect(serviceOf(failing(1, status)).json("GET", "/")).rejects.toThrow("away");
    expect(waits).toEqual([]);
  });

  test("is waited for longer each time, by no more than half a minute or so", () => {
    expect([1, 2, 3, 20].map((attempt) => retryDelayMs(attempt, 0.5))).toEqual([500, 1_000, 2_000, 30_000]);
    expect([retryDelayMs(1, 0), retryDelayMs(1, 1)]).toEqual([375, 625]);
  });
});

test("an interrupted answer is retried like a missing one", async () => {
  const json = { status: 202, headers: { "content-type": "application/json" } };
  const answers = [
    new Response(new ReadableStream({ pull: (body) => body.error(new Error("terminated")) }), json),
    new Response('{"accepted":1,"dupl', json),
    Response.json({ accepted: 0, duplicates: 1 }, { status: 202 }),
  ];
  vi.stubGlobal("fetch", () => Promise.resolve(answers.shift()));
  onTestFinished(() => void vi.unstubAllGlobals());
  const service = retrying(overHttp(), retryPolicy);
  await expect(sendBatch(items(1), { service, onRejected: () => {} })).resolves.toMatchObject({
    duplicates: 1,
  });
});

describe("batches at the same time", () => {
  /**
   * @param batches each of one event. @returns the most in flight at once, and those sent while another one of
   * their kind did.
   */
  async function run(
    batches: readonly Partial<Item>[],
    kindOf: (item: Item) => unknown,
    profiles: CreatedProfiles | null = null,
  ) {
    const events = batches.map((item, index): Item => ({ ...itemOf(index), ...item, json: String(index) }));
    const underWay = new Set<Item>();
    const clashes: number[] = [];
    let most = 0;
    const json = async (_method: string, path: string, body: unknown) => {
      const item = events[Number(body)];
      if (path !== "/v1/events" || item === undefined) return {};
      if ([...underWay].some((other) => kindOf(other) === kindOf(item))) clashes.push(item.n);
      underWay.add(item);
      most = Math.max(most, underWay.size);
      await new Promise((resolve) => setImmediate(resolve));
      underWay.delete(item);
      return { accepted: 1, duplicates: 0 };
    };
    const rows = events.map(({ n, line }) => ({ n, line, value: null }));
    const work = {
      ...loadOptions(),
      profiles,
      concurrency: 3,
      make: ({ n }: { n: number }) => events[n] ?? itemOf(n),
      send: (batch: readonly Item[]) => sendBatch(batch, { service: serviceOf(json), onRejected: () => {} }),
      pieces: (async function* () {
        yield await Promise.resolve({ rows, done: 1 });
      })(),
    };
    const totals = { ...NOTHING_YET };
    await load(work, totals);
    expect(totals.accepted).toBe(batches.length);
    return { most, clashes };
  }
  const person = (id: string) => ({ person_id: undefined, external_person_id: id });

  test("never have an id in common: the file's first event of one id stays", async () => {
    const ids = ["a", "b", "c", "a", "d", "e", "d"];
    expect(
      await run(
        ids.map((id) => ({ id })),
        ({ id }) => id,
      ),
    ).toEqual({ most: 3, clashes: [] });
  });

  test("never name a person whom an event of the other batch creates", async () => {
    const events = [
      { person: person("a"), definitionId: "chatbotSessionStarted" },
      { person: person("a") },
      { person: person("b") },
      { person: person("b"), definitionId: "chatbotSessionEnded" },
      { person: person("c") },
      { person: person("d") },
    ];
    const whose = ({ person: { external_person_id: id } }: Item) => id;
    expect(await run(events, whose)).toMatchObject({ clashes: [] });
    const ordinary = events.map((event) => ({ ...event, definitionId: "order" }));
    expect(await run(ordinary, whose)).toMatchObject({ most: 3, clashes: [1, 3] });
  });
});

describe("--create-profiles", () => {
  type Merge = { person_id: string; external_person_id?: string };
  const OTHERS = "PUT /v1/profiles answered 409: Other calls changed these profiles at the same time.";
  const refused = (status: number, message: string, pointers: string[] = []) =>
    callError(
      message,
      status,
      "x",

      pointers.map((pointer): Fault => ({ pointer, detail: "wrong" })),
    );

  /** @param judge the error of a call, its number from 1; null takes it. */
  function profilesThat(judge: (persons: string[], call: number) => SpillwayError | null) {
    const calls: string[][] = [];
    const json = (_method: string, _path: string, { profiles }: { profiles: Merge[] }) => {
      const persons = profiles.map((profile) => profile.external_person_id ?? profile.person_id);
      calls.push(persons);
      const wrong = judge(persons, calls.length);
      return wrong === null ? Promise.resolve({}) : Promise.reject(wrong);
    };
    return { calls, profiles: new CreatedProfiles(serviceOf(json)) };
  }
  const persons = (...ids: string[]) =>
    ids.map((id, n): Item => ({ ...itemOf(n), person: { person_id: undefined, external_person_id: id } }));
  const many = (count: number) => persons(...Array.from({ length: count }, (_, n) => `C-${n}`));

  test("the person 7 and the person with the external id 7 are two", async () => {
    const sent: Merge[] = [];
    const json = (_method: string, _path: string, body: { profiles: Merge[] }) => {
      sent.push(...body.profiles);
      return Promise.resolve({});
    };
    const profiles = new CreatedProfiles(serviceOf(json));
    const named = (personId?: string, externalId?: string): Item => ({
      ...itemOf(1),
      person: { person_id: personId, external_person_id: externalId },
    });
    await profiles.ensure([named("7"), named(undefined, "7"), named(undefined, "8"), named(derivedPersonId("8"))]);
    expect(sent).toEqual([
      { person_id: "7" },
      { person_id: derivedPersonId("7"), external_person_id: "7" },
      { person_id: derivedPersonId("8"), external_person_id: "8" },
    ]);
    expect(derivedPersonId("7")).toBe("external-7902699be42c8a8e46fbbb45");
    expect(profiles.sent).toBe(3);
  });

  test("sends each person once, 1,000 a call", async () => {
    const { calls, profiles } = profilesThat(() => null);
    await profiles.ensure([...many(2_500), ...many(2_500)]);
    await profiles.ensure(many(2_501));
    expect(calls.map((call) => call.length)).toEqual([1_000, 1_000, 500, 1]);
    expect(profiles.sent).toBe(2_501);
  });

  test("leaves out external ids that other profiles have in two calls, however many they are", async () => {
    waits.length = 0;
    const { calls, profiles } = profilesThat((sent) => {
      const taken = sent.flatMap((id, index) => (Number(id.slice(2)) % 3 > 0 ? [index] : []));
      const pointers = taken.map((index) => `/profiles/${index}/external_person_id`);
      return taken.length === 0 ? null : refused(409, "belongs to another profile", pointers);
    });
    await profiles.ensure(many(900));
    expect(calls.map((call) => call.length)).toEqual([900, 300]);
    expect([profiles.sent, waits]).toEqual([300, []]);
  });

  test("sends no more for people who are all there under other ids", async () => {
    const { calls, profiles } = profilesThat((sent) =>
      refused(
        409,
        "belong to others",
        sent.map((_, index) => `/profiles/${index}/external_person_id`),
      ),
    );
    await profiles.ensure(many(5_000));
    expect(calls).toHaveLength(5);
    expect(profiles.sent).toBe(0);
  });

  test("a conflict with other calls is retried, and no profile is left out", async () => {
    waits.length = 0;
    const { calls, profiles } = profilesThat((_, call) => (call <= 2 ? refused(409, OTHERS) : null));
    await profiles.ensure(persons("a", "b"));
    expect(calls).toEqual([
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
    expect([profiles.sent, waits.length]).toEqual([2, 2]);
  });

  test.each([
    [409, retryPolicy.tries],
    [422, 1],
  ])("ends where %i names no profile, after %i calls", async (status, count) => {
    const { calls, profiles } = profilesThat(() => refused(status, OTHERS, status === 422 ? ["/profiles"] : []));
    await expect(profiles.ensure(persons("a", "b"))).rejects.toThrow("at the same time");
    expect(calls).toHaveLength(count);
  });
});
