/** docs/connect/spillway.postman_collection.json has the calls of the API, in Postman's format 2.1. */

import { describe, expect, it } from "vitest";
import { documentOfCalls } from "../../scripts/document-of-calls.ts";
import { scriptOfDays, withVariableDays } from "../../scripts/postman/days.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { COLLECTION_TEXT, readCollection } from "../support/postman.ts";

const requests = () => readCollection().item.flatMap((folder) => folder.item);

const callOf = ({ request }: ReturnType<typeof requests>[number]) =>
  `${request.method} /${request.url.path.map((part) => part.replace(/^:(\w+)$/, "{$1}")).join("/")}`;

describe("docs/connect/spillway.postman_collection.json", () => {
  it("has the form of a collection", () => {
    expect(() => readCollection()).not.toThrow();
  });

  it("has every call of the API, once (else run `npm run postman`)", () => {
    const { paths } = documentOfCalls();
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(requests().map(callOf).toSorted()).toEqual(calls.toSorted());
  });

  it("sends the operator's token with the calls of operators, and with no other", () => {
    const ofOperators = requests().filter(({ request }) => JSON.stringify(request.auth)?.includes("{{admin_token}}"));
    const routes = ROUTES.filter(({ auth }) => auth === "admin").map(({ method, path }) => `${method} ${path}`);
    expect(ofOperators.map(callOf).toSorted()).toEqual(routes.toSorted());
  });

  it("keeps no credential, and no day that passes", () => {
    const { variable } = readCollection();
    const values = variable.filter(({ value }) => value !== "").map(({ key }) => key);
    expect(values).toEqual(["origin"]);
    const sent = JSON.stringify(requests().map(({ request }) => [request.url, request.body]));
    expect(sent).not.toMatch(/\b20\d\d-\d\d-\d\d/);
  });

  it("declares every variable that a request uses and no script sets", () => {
    const used = [...COLLECTION_TEXT.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name);
    const declared = readCollection().variable.map(({ key }) => key);
    expect([...new Set(used)].toSorted()).toEqual(declared.toSorted());
  });
});

it("days of an example become variables, before and after the day of the examples", () => {
  const text = withVariableDays("from 2026-01-01T00:00:00.000Z to 2026-01-16, ends 2026-01-22T10:00:00Z; v2026-01-011");
  expect(text).toBe("from {{day-15}}T00:00:00.000Z to {{day+0}}, ends {{day+6}}T10:00:00Z; v2026-01-011");
  expect(scriptOfDays(`${text} {{day-15}} {{origin}}`)).toContain('for (const days of ["-15","+0","+6"]) {');
});
