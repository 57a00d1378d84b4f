/**
 * Every JSON answer that a test gets of the own API is held against what the document says of it: the schema of its
 * status, member by member, and of an error its code.
 */

import * as z from "zod";
import { portalNote } from "../../src/http/openapi-portal.ts";
import { codesOf } from "../../src/http/openapi-responses.ts";
import { problemWith } from "../../src/http/problem-schemas.ts";
import type { Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes.ts";
import type { ErrorCode } from "../../src/errors.ts";

/** Larger answers are pages of rows, whose schemas the small ones test. */
const MAX_BYTES = 200_000;

/** Its answers are those of a protocol of its own. */
const PROTOCOL = "/mcp";

/** What a portal session gets of a list for its forms, as the description of the operation says. */
const NAMES = z.strictObject({
  data: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  next_cursor: z.string().nullable(),
});

const PATTERNS = ROUTES.filter(({ path }) => path !== PROTOCOL).map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** The operation of a call; of two that match the one without a parameter in its last word. */
function routeOf(method: string, path: string): Route | undefined {
  const [pathname = ""] = path.split("?");
  const all = PATTERNS.filter((each) => each.route.method === method && each.pattern.test(pathname));
  return (all.find(({ route }) => !route.path.endsWith("}")) ?? all[0])?.route;
}

/** @throws Error saying where the answer is not what the document says. */
export async function checkAnswer(method: string, path: string, response: Response): Promise<void> {
  const type = response.headers.get("content-type") ?? "";
  const route = routeOf(method, path);
  if (route === undefined || !/^application\/(problem\+)?json/.test(type)) return;
  if (response.headers.has("content-encoding")) return;
  const text = await response.clone().text();
  if (text.length > MAX_BYTES) return;
  const body: unknown = JSON.parse(text);
  const fail = (what: string) => new Error(`${route.operationId} ${response.status}: ${what}\n${text.slice(0, 2_000)}`);
  const documented = route.responses[response.status]?.schema;
  if (response.status >= 400 && documented === undefined) {
    const { code } = body as { code: ErrorCode };
    if (!codesOf(route).has(code)) throw fail(`the document does not name the error ${code}`);
    return compare(problemWith([code]), body, fail);
  }
  const schema = route.responses[response.status]?.schema ?? route.responses[response.status]?.contents?.[type];
  if (portalNote(route) !== "" && NAMES.safeParse(body).success) return;
  if (schema !== undefined) compare(schema, body, fail);
}

/** A schema leaves out members that it does not have, and fills in those with a default. */
function compare(
  schema: { safeParse: (value: unknown) => { data?: unknown; error?: Error | undefined } },
  body: unknown,
  fail: (what: string) => Error,
): void {
  const { data, error } = schema.safeParse(body);
  if (error !== undefined) throw fail(error.message);
  if (sorted(data) !== sorted(body)) throw fail(`the schema has other members: ${sorted(data)}`);
}

/** As JSON whose members are in one order. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
