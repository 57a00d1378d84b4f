/** The unsent form of an export, and the key that it is sent with. */

import { expect, it } from "vitest";
import { draftOf, forgetDraft, keepDraft, keyFor } from "../../console/src/pages/new-export/draft.ts";

const session = (): object => ({});
const form = { dataset: "activity_events", values: { start: "2026-11-01T00:00:00.000Z" }, window: "" };

function counter() {
  let made = 0;
  return () => `key-${(made += 1)}`;
}

it("is kept for its session alone", () => {
  const [mine, other] = [session(), session()];
  keepDraft(mine, form, null);
  expect(draftOf(mine)?.form).toEqual(form);
  expect(draftOf(other)).toBeUndefined();
});

it("sends the same request with the same key, also after other changes", () => {
  const mine = session();
  const newKey = counter();
  keepDraft(mine, form, null);
  const send = (request: string) => keyFor(draftOf(mine) ?? { keys: new Map() }, request, newKey);
  const first = send("a");
  expect(send("b")).not.toBe(first);
  keepDraft(mine, { ...form, window: "date" }, null);
  expect(send("a")).toBe(first);
});

it("has new keys once the export is made, so that the same request makes another", () => {
  const mine = session();
  const newKey = counter();
  const send = () => {
    keepDraft(mine, form, null);
    return keyFor(draftOf(mine) ?? { keys: new Map() }, "a", newKey);
  };
  const first = send();
  forgetDraft(mine);
  expect(send()).not.toBe(first);
});
