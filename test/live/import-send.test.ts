/** What becomes of a batch, of the service's trouble, and of the state that a run leaves behind. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Fault } from "../../scripts/answers.ts";
import { CallError, type Client } from "../../scripts/client.ts";
import type { Item, Refusal } from "../../scripts/import/events.ts";
import { patiently, waitOf } from "../../scripts/import/patience.ts";
import { Profiles } from "../../scripts/import/profiles.ts";
import { inBatches, sendBatch } from "../../scripts/import/send.ts";
import { Accepted, readState, writeState } from "../../scripts/import/state.ts";
import { folder } from "./import-support.ts";

const put = folder();

const itemOf = (n: number, bytes = 10): Item => ({
  n,
  line: n + 1,
  json: JSON.stringify({ n }),
  bytes,
  person: { person_id: "p", external_person_id: undefined },
});
const items = (count: number) => Array.from({ length: count }, (_, index) => itemOf(index + 1));

const waits: number[] = [];
const patience = {
  tries: 4,
  onWait: (_: CallError, seconds: number) => void waits.push(seconds),
  wait: () => Promise.resolve(),
};

/** A service that takes what `judge` finds nothing wrong with; as the real one, it lists 100 faults at most. */
function serviceThat(judge: (n: number) => string | null, most = Infinity) {
  const calls: number[][] = [];
  const json = (_method: string, _path: string, body: string) => {
    const sent = body.split("\n").map((line) => (JSON.parse(line) as { n: number }).n);
    calls.push(sent);
    if (sent.length > most) return Promise.reject(new CallError("too large", 413, "payload_too_large"));
    const faults = sent.flatMap((n, index): Fault[] => {
      const detail = judge(n);
      return detail === null ? [] : [{ pointer: `/events/${index}/properties/amount`, detail }];
    });
    return faults.length === 0
      ? Promise.resolve({ accepted: sent.length, duplicates: 0 })
      : Promise.reject(new CallError("wrong", 422, "invalid_request", undefined, faults.slice(0, 100)));
  };
  return { calls, client: { json } as unknown as Client };
}

describe("a batch", () => {
  async function send(batch: Item[], service: { client: Client }) {
    const refused: Refusal[] = [];
    const sent = await sendBatch(batch, {
      client: service.client,
      patience,
      onRefused: (refusal) => void refused.push(refusal),
    });
    return { sent, refused };
  }

  test("goes again without the lines that were refused, each told with its line and where it is wrong", async () => {
    const service = serviceThat((n) => (n === 2 || n === 5 ? "amount must be a number." : null));
    const { sent, refused } = await send(items(6), service);
    expect(service.calls).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 3, 4, 6],
    ]);
    expect(sent).toMatchObject({ accepted: 4, duplicates: 0 });
    expect(refused).toEqual([
      { n: 2, line: 3, pointer: "/properties/amount", detail: "amount must be a number." },
      { n: 5, line: 6, pointer: "/properties/amount", detail: "amount must be a number." },
    ]);
  });

  test("of wrong lines alone comes to an end, with each told once", async () => {
    const { sent, refused } = await send(
      items(2_345),
      serviceThat(() => "wrong"),
    );
    expect(sent).toEqual({ accepted: 0, duplicates: 0, taken: [] });
    expect(refused.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(items(2_345).map(({ n }) => n));
  });

  test("loses no line where many are wrong", async () => {
    const { sent, refused } = await send(
      items(5_000),
      serviceThat((n) => (n % 3 === 0 ? "wrong" : null)),
    );
    expect(refused).toHaveLength(1_666);
    expect(sent.taken.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      items(5_000).flatMap(({ n }) => (n % 3 === 0 ? [] : [n])),
    );
  });

  test("that is too large goes by halves, and an event that is too large alone is refused", async () => {
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
      ).refused,
    ).toMatchObject([{ line: 2, pointer: "" }]);
  });

  test.each([
    [401, []],
    [403, []],
    [422, [{ pointer: "/events", detail: "no line of its own" }]],
  ])("is not sent again after %i that names no line", async (status, faults) => {
    const json = () => Promise.reject(new CallError("no", status, "x", undefined, faults));
    await expect(send(items(3), { client: { json } as unknown as Client })).rejects.toThrow(CallError);
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

describe("trouble that passes", () => {
  const failing = (times: number, status: number) => {
    let calls = 0;
    return () => {
      calls += 1;
      return calls <= times ? Promise.reject(new CallError("away", status, "x")) : Promise.resolve(calls);
    };
  };

  test.each([0, 409, 429, 500, 503])("is waited out: status %i", async (status) => {
    await expect(patiently(patience, failing(3, status))).resolves.toBe(4);
  });

  test("is given up after so many tries", async () => {
    await expect(patiently(patience, failing(4, 503))).rejects.toThrow("away");
  });

  test.each([400, 401, 403, 404, 422])("is none of: status %i", async (status) => {
    waits.length = 0;
    await expect(patiently(patience, failing(1, status))).rejects.toThrow("away");
    expect(waits).toEqual([]);
  });

  test("is waited for longer each time, by no more than half a minute or so", () => {
    expect([1, 2, 3, 20].map((attempt) => waitOf(attempt, 0.5))).toEqual([500, 1_000, 2_000, 30_000]);
    expect([waitOf(1, 0), waitOf(1, 1)]).toEqual([375, 625]);
  });
});

describe("--create-profiles", () => {
  const TAKEN = "PUT /v1/profiles answered 409: An external_person_id of these belongs to another profile.";
  const MOVED =
    "PUT /v1/profiles answered 409: These profiles were changed by other calls at the same time. Try again.";

  /** @param judge what is wrong with a call, its number from 1; null takes it. */
  function profilesThat(judge: (persons: string[], call: number) => string | null) {
    const calls: string[][] = [];
    const json = (_method: string, _path: string, { profiles }: { profiles: { person_id: string }[] }) => {
      const persons = profiles.map((profile) => profile.person_id);
      calls.push(persons);
      const wrong = judge(persons, calls.length);
      return wrong === null ? Promise.resolve({}) : Promise.reject(new CallError(wrong, 409, "conflict"));
    };
    return { calls, profiles: new Profiles({ json } as unknown as Client, patience) };
  }
  const persons = (...ids: string[]) =>
    ids.map((id, n): Item => ({ ...itemOf(n), person: { person_id: undefined, external_person_id: id } }));

  test("an external id that is taken is found by halves, at once, and left out", async () => {
    waits.length = 0;
    const { calls, profiles } = profilesThat((sent) => (sent.includes("c") ? TAKEN : null));
    await profiles.ensure(persons("a", "b", "c", "d"));
    expect(calls).toEqual([["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]);
    expect([profiles.made, waits]).toEqual([3, []]);
  });

  test("a conflict with other calls is waited out, and nobody is left out", async () => {
    waits.length = 0;
    const { calls, profiles } = profilesThat((_, call) => (call <= 2 ? MOVED : null));
    await profiles.ensure(persons("a", "b"));
    expect(calls).toEqual([
      ["a", "b"],
      ["a", "b"],
      ["a", "b"],
    ]);
    expect([profiles.made, waits.length]).toEqual([2, 2]);
  });

  test("a conflict that does not pass ends it", async () => {
    const { calls, profiles } = profilesThat(() => MOVED);
    await expect(profiles.ensure(persons("a", "b"))).rejects.toThrow("at the same time");
    expect(calls).toHaveLength(patience.tries);
  });
});

describe("the state", () => {
  const subject = { bytes: 10, sha256: "ab", space: "s", settings: "m" };

  test("has the accepted rows as ranges, in whatever order they come", () => {
    const accepted = new Accepted();
    for (const rows of [[4, 5, 6], [1, 2], [9], [3, 8], [20, 22]]) accepted.add(rows);
    expect(accepted.ranges).toEqual([
      [1, 6],
      [8, 9],
      [20, 20],
      [22, 22],
    ]);
    expect([0, 1, 6, 7, 8, 9, 10, 20, 21, 22, 23].filter((n) => accepted.has(n))).toEqual([1, 6, 8, 9, 20, 22]);
    expect(accepted.rows).toBe(10);
  });

  test("keeps 10,000 ranges at most, and forgets the shortest", () => {
    const accepted = new Accepted();
    accepted.add([1, 2, 3]);
    accepted.add(Array.from({ length: 10_005 }, (_, index) => 10 + 2 * index));
    expect(accepted.ranges).toHaveLength(10_000);
    expect(accepted.has(2)).toBe(true);
  });

  test("is read as it was written, and is empty where there is none", () => {
    const path = put("state");
    expect(readState(path, subject).ranges).toEqual([]);
    writeState(path, subject, new Accepted([[1, 5]]));
    expect(readState(path, subject).ranges).toEqual([[1, 5]]);
    expect(readFileSync(path, "utf8")).not.toContain("\0");
  });

  test.each([
    [{ space: "t" }, "another space"],
    [{ sha256: "cd" }, "which was changed since"],
    [{ settings: "n" }, "with another mapping"],
  ])("of something else (%j) is refused", (change, message) => {
    const path = put("state-of-other");
    writeState(path, subject, new Accepted());
    expect(() => readState(path, { ...subject, ...change })).toThrow(message);
  });

  test("that is no state is not overwritten", () => {
    expect(() => readState(put("notes.txt", "my notes"), subject)).toThrow("is not the state of an import");
  });
});
