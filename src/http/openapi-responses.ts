/** The responses of an operation in the OpenAPI document: its answers, and the errors that it can be refused with. */

import * as z from "zod";
import type { ZodOpenApiExampleObject, ZodOpenApiMediaTypeObject, ZodOpenApiResponseObject } from "zod-openapi";
import { ERRORS, type ErrorCode, invalid, SpillwayError } from "../errors.ts";
import { inPascalCase } from "../names.ts";
import type { Conventions } from "./conventions.ts";
import type { Examples } from "./example-values.ts";
import type { ResponseDoc, Route } from "./route.ts";

/** What the responses of all operations of a document share. */
export class SharedResponses {
  readonly conventions: Conventions;
  /** Examples of answers. */
  readonly examples: Examples;
  /** An example of each error: every operation that can answer it refers to the same one. */
  readonly refusals: ReadonlyMap<ErrorCode, ZodOpenApiExampleObject>;
  /** The responses with the same errors and headers, by their names in the document. */
  readonly failures = new Map<string, ZodOpenApiResponseObject>();

  constructor(conventions: Conventions, examples: Examples) {
    this.conventions = conventions;
    this.examples = examples;
    this.refusals = refusalsOf(conventions);
  }
}

/** Every response of an operation, by status. */
export const responsesOf = (shared: SharedResponses, route: Route): Record<string, ZodOpenApiResponseObject> =>
  Object.fromEntries([...successes(shared, route), ...failures(shared, route)]);

/** Headers that responses share. `header.id` makes a component of each that is used. */
const header = (name: string, schema: z.ZodType, description: string) =>
  schema.meta({ description, header: { id: name } });
const HEADERS = {
  requestId: {
    "X-Request-Id": header("X-Request-Id", z.string(), "The id of this call: name it when you ask for support."),
  },
  limit: {
    "RateLimit-Policy": header("RateLimit-Policy", z.string(), "The policy: at most `q` calls in any `w` seconds."),
    RateLimit: header("RateLimit", z.string(), "Calls left (`r`), and seconds until one more call is free (`t`)."),
    "X-RateLimit-Limit": header("X-RateLimit-Limit", z.int(), "Calls that the policy allows."),
    "X-RateLimit-Remaining": header("X-RateLimit-Remaining", z.int(), "Calls that are left."),
  },
  list: {
    Link: header("Link", z.string().optional(), 'The address of the next page (`rel="next"`), if there is one.'),
  },
  problem: { "Cache-Control": header("Cache-Control", z.literal("no-store"), "Errors must not be cached.") },
  challenge: {
    "WWW-Authenticate": header(
      "WWW-Authenticate",
      z.string(),
      "How to authenticate: the scheme of the header Authorization.",
    ),
  },
  retry: { "Retry-After": header("Retry-After", z.int(), "Whole seconds to wait before the same request.") },
};

type Responses = [status: string, response: ZodOpenApiResponseObject][];

/** Every call of a space is counted. */
const isCounted = ({ auth }: Route) => auth !== "none" && auth !== "admin";

const isFailure = (status: string | number) => Number(status) >= 400;

function successes({ examples }: SharedResponses, route: Route): Responses {
  const pages = route.query instanceof z.ZodObject && "cursor" in route.query.shape;
  return (
    Object.entries(route.responses)
      // A failure with a schema of its own is no problem document.
      .filter(([status, doc]) => !isFailure(status) || doc.schema !== undefined)
      .map(([status, doc]) => [
        status,
        {
          description: doc.description,
          headers: z.object({
            ...HEADERS.requestId,
            ...(isCounted(route) ? HEADERS.limit : {}),
            ...(pages ? HEADERS.list : {}),
            ...own(doc),
          }),
          ...content(examples, route, doc),
        },
      ])
  );
}

function own(doc: ResponseDoc | undefined): Record<string, z.ZodType> {
  const headers = Object.entries(doc?.headers ?? {});
  return Object.fromEntries(headers.map(([name, description]) => [name, z.string().optional().meta({ description })]));
}

function content(examples: Examples, route: Route, doc: ResponseDoc) {
  const types = doc.contentTypes ?? (doc.schema === undefined ? [] : ["application/json"]);
  const contents = Object.entries(doc.contents ?? {});
  if (types.length + contents.length === 0) return {};
  const example = exampleOf(examples, route, doc.schema);
  const media = (type: string): ZodOpenApiMediaTypeObject => ({
    schema: doc.schema ?? { type: type === "application/json" ? "object" : "string" },
    ...(example === undefined ? {} : { example }),
    ...(doc.examples === undefined ? {} : { examples: namedExamples(doc.examples) }),
  });
  return {
    content: Object.fromEntries([
      ...types.map((type) => [type, media(type)] as const),
      ...contents.map(([type, schema]) => {
        const shown = exampleOf(examples, route, schema);
        return [type, { schema, ...(shown === undefined ? {} : { example: shown }) }] as const;
      }),
    ]),
  };
}

const namedExamples = (examples: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));

/** @returns undefined for a response without an example. */
function exampleOf(examples: Examples, route: Route, schema: z.ZodType | undefined): unknown {
  const given = example(examples, route.operationId) ?? example(examples, schema?.meta()?.id ?? "");
  if (given !== undefined || !(schema instanceof z.ZodObject)) return given;
  const items: unknown = schema.shape["data"];
  if (!(items instanceof z.ZodArray)) return undefined;
  const item = exampleOf(examples, route, items.element as z.ZodType);
  return item === undefined ? undefined : { data: [item], next_cursor: null };
}

const example = (examples: Examples, name: string) => (Object.hasOwn(examples, name) ? examples[name] : undefined);

/** The codes of the errors that an operation can answer. */
export function codesOf(route: Route): ReadonlySet<ErrorCode> {
  const codes = new Set<ErrorCode>(route.errors);
  if (route.auth !== "none") codes.add("unauthenticated");
  if (route.auth !== "none" && route.auth !== "admin") codes.add("forbidden").add("space_inactive");
  if (route.auth !== "none") codes.add("rate_limited").add("unavailable");
  // Every operation refuses parameters that it does not have.
  codes.add("invalid_request");
  if (route.body !== undefined) codes.add("malformed_request").add("payload_too_large").add("unsupported_media_type");
  return codes.add("internal");
}

/** The errors of an operation, by status. Its `responses` may describe a status further. */
function failures({ conventions: { errors }, refusals, failures: known }: SharedResponses, route: Route): Responses {
  return [...Map.groupBy(codesOf(route), errors.statusOf)].map(([status, group]) => {
    const doc = route.responses[status];
    const meanings = new Set(group.map(errors.meaningOf));
    // The limit comes after authentication: a call that is refused before was not counted.
    const counted = isCounted(route) && !group.includes("unauthenticated");
    const id = doc === undefined ? nameOf(group, counted) : undefined;
    const response: ZodOpenApiResponseObject = known.get(id ?? "") ?? {
      ...(id === undefined ? {} : { id }),
      description: [doc?.description, ...meanings].filter(Boolean).join(" "),
      headers: z.object({
        ...HEADERS.requestId,
        ...HEADERS.problem,
        ...(group.includes("unauthenticated") ? HEADERS.challenge : {}),
        ...(counted ? HEADERS.limit : {}),
        ...(status === 429 || group.includes("unavailable") ? HEADERS.retry : {}),
        ...own(doc),
      }),
      content: {
        [errors.contentType]: {
          schema: errors.schemaOf?.(group) ?? errors.schema,
          examples: Object.fromEntries(group.map((code) => [code, refusals.get(code) ?? {}])),
        },
      },
    };
    if (id !== undefined) known.set(id, response);
    return [String(status), response];
  });
}

/** @param counted whether the response has the headers of a limit. */
const nameOf = (codes: readonly ErrorCode[], counted: boolean): string =>
  codes.toSorted().map(inPascalCase).join("Or") + (counted ? "" : "Uncounted");

const TOO_COMPLEX = { pointer: "/rule", detail: "rule has 21 rules about events: 20 at most, 1 too many." };
const REQUEST_ID = "0b7c2f4e-5d0a-4c39-9a53-7f0f6a1f2c11";

function refusalsOf({ errors }: Conventions): ReadonlyMap<ErrorCode, ZodOpenApiExampleObject> {
  const refusal = (code: ErrorCode) => {
    if (code === "invalid_request") return invalid(errors.exampleFault);
    return new SpillwayError(code, undefined, code === "segment_too_complex" ? { faults: [TOO_COMPLEX] } : {});
  };
  return new Map(
    Object.entries(ERRORS).map(([name, { title }]) => {
      const code = name as ErrorCode;
      return [code, { id: code, summary: title, value: errors.bodyOf(refusal(code), REQUEST_ID) }];
    }),
  );
}
