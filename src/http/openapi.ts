/**
 * The OpenAPI document, built from the operations that are served and the schemas that validate. The lint checks its
 * examples against their schemas.
 */

import manifest from "../../package.json" with { type: "json" };
import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiExampleObject,
  type ZodOpenApiMediaTypeObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { DATASETS } from "../datasets/index.ts";
import { ERRORS, type ErrorCode } from "../errors.ts";
import { DatasetName } from "../webhooks/events/family.ts";
import { EVENT_TYPES } from "../webhooks/events/index.ts";
import { EXAMPLES, INTRODUCTION, TAGS } from "./docs.ts";
import { withCurrentExamples } from "./example-dates.ts";
import { CODINGS } from "./body-bytes.ts";
import { webhookOperation } from "./openapi-webhooks.ts";
import type { BodyDoc, ResponseDoc, Route } from "./route.ts";
import { Problem } from "./schemas.ts";

type Document = ReturnType<typeof createDocument>;

/** The document of all operations. @param today examples are as of this day: see `dayOfExamples`. */
export function openApiDocument(routes: readonly Route[], today: number): Document {
  return withCurrentExamples(buildDocument(routes), today);
}

/** Headers that responses share. `header.id` makes a component of each that is used. */
const shared = (name: string, schema: z.ZodType, description: string) =>
  schema.meta({ description, header: { id: name } });
const HEADERS = {
  requestId: {
    "X-Request-Id": shared("X-Request-Id", z.string(), "The id of this call: name it when you ask for support."),
  },
  limit: {
    "RateLimit-Policy": shared("RateLimit-Policy", z.string(), "The policy: at most `q` calls in any `w` seconds."),
    RateLimit: shared("RateLimit", z.string(), "Calls left (`r`), and seconds until one more call is free (`t`)."),
    "X-RateLimit-Limit": shared("X-RateLimit-Limit", z.int(), "Calls that the policy allows."),
    "X-RateLimit-Remaining": shared("X-RateLimit-Remaining", z.int(), "Calls that are left."),
  },
  list: {
    Link: shared("Link", z.string().optional(), 'The address of the next page (`rel="next"`), if there is one.'),
  },
  problem: { "Cache-Control": shared("Cache-Control", z.literal("no-store"), "Errors must not be cached.") },
  challenge: {
    "WWW-Authenticate": shared("WWW-Authenticate", z.string(), "How to authenticate: with a bearer token."),
  },
  retry: { "Retry-After": shared("Retry-After", z.int(), "Whole seconds to wait before the same request.") },
};

function buildDocument(routes: readonly Route[]): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase() as "get"] = operation(route);
  }
  const tags = new Set(routes.map((route) => route.tag));
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Spillway",
        version: manifest.version,
        description: INTRODUCTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: [...tags].map((name) => ({ name, description: TAGS[name] ?? "" })),
      paths,
      webhooks: Object.fromEntries(EVENT_TYPES.map((type) => [type, { post: webhookOperation(type) }])),
      components: {
        securitySchemes: {
          bearer: {
            type: "http",
            scheme: "bearer",
            description: "An API key of a space; for the calls of operators, the operator's token.",
          },
        },
      },
    },
    { override: plain },
  );
}

/**
 * Shortens schemas: drops JavaScript's integer bounds and patterns of known formats, writes "X or null" as a type, and
 * lists the datasets, which the rooms that name one do not know.
 */
const plain: ZodOpenApiOverride = ({ jsonSchema, zodSchema }) => {
  const [inner, none, ...others] = jsonSchema.anyOf ?? [];
  const nullable = inner !== undefined && none?.type === "null" && others.length === 0;
  if (nullable && typeof inner.type === "string" && inner.enum === undefined && inner.const === undefined) {
    delete jsonSchema.anyOf;
    Object.assign(jsonSchema, { ...inner, ...jsonSchema, type: [inner.type, "null"] });
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Not every reader of a document has Unicode's classes: they need the flag `u`.
  if (jsonSchema.pattern?.includes("\\p{") === true) delete jsonSchema.pattern;
  if (zodSchema === DatasetName) jsonSchema.enum = DATASETS.map(({ name }) => name);
  if (jsonSchema.format === "date" || jsonSchema.format === "date-time" || jsonSchema.format === "uuid")
    delete jsonSchema.pattern;
};

/** What the description says of who may call, beyond scopes. */
const CREDENTIALS = new Map<Route["auth"], string>([
  ["none", ""],
  ["key", "Any API key of the space."],
  ["admin", "For operators: send the operator's token."],
]);

function operation(route: Route): ZodOpenApiOperationObject {
  const scope = CREDENTIALS.get(route.auth) ?? `Scope: \`${route.auth}\`.`;
  const description = [route.description, scope].filter(Boolean).join("\n\n");
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(description === "" ? {} : { description }),
    tags: [route.tag],
    security: route.auth === "none" ? [] : [{ bearer: [] }],
    requestParams: {
      ...(route.params === undefined ? {} : { path: route.params as never }),
      ...(route.query === undefined ? {} : { query: route.query as never }),
      ...requestHeaders(route),
    },
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: bodies(route.body) } }),
    responses: Object.fromEntries([...successes(route), ...failures(route)]),
  };
}

const ContentEncoding = z
  .enum(CODINGS)
  .optional()
  .meta({
    description: "The body may be compressed. Limits of its size are those of the body after decompression.",
    param: { id: "Content-Encoding" },
  });

function requestHeaders({ headers, body }: Route) {
  if (body === undefined) return headers === undefined ? {} : { header: headers as never };
  const own = headers instanceof z.ZodObject ? headers.shape : {};
  return { header: z.object({ ...own, "Content-Encoding": ContentEncoding }) as never };
}

function bodies(body: BodyDoc<unknown>): Record<string, ZodOpenApiMediaTypeObject> {
  const { schema, example, linesOf } = body;
  if (linesOf === undefined) return { "application/json": { schema, example } };
  const lines = (example as Record<string, unknown[]>)[linesOf.property] ?? [];
  return {
    "application/json": { schema, example },
    "application/x-ndjson": {
      schema: { type: "string", description: `One item of \`${linesOf.property}\` per line.` },
      example: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    },
  };
}

type Responses = [status: string, response: ZodOpenApiResponseObject][];

/** Every call of a space is counted. */
const isCounted = ({ auth }: Route) => auth !== "none" && auth !== "admin";

const isFailure = (status: string | number) => Number(status) >= 400;

function successes(route: Route): Responses {
  const pages = route.query instanceof z.ZodObject && "cursor" in route.query.shape;
  return Object.entries(route.responses)
    .filter(([status]) => !isFailure(status))
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
        ...content(route, doc),
      },
    ]);
}

function own(doc: ResponseDoc | undefined): Record<string, z.ZodType> {
  const headers = Object.entries(doc?.headers ?? {});
  return Object.fromEntries(headers.map(([name, description]) => [name, z.string().optional().meta({ description })]));
}

function content(route: Route, doc: ResponseDoc) {
  const types = doc.contentTypes ?? (doc.schema === undefined ? [] : ["application/json"]);
  if (types.length === 0) return {};
  const example = exampleOf(route, doc.schema);
  const media = (type: string): ZodOpenApiMediaTypeObject => ({
    schema: doc.schema ?? { type: type === "application/json" ? "object" : "string" },
    ...(example === undefined ? {} : { example }),
  });
  return { content: Object.fromEntries(types.map((type) => [type, media(type)])) };
}

/** @returns undefined for a response without an example. */
function exampleOf(route: Route, schema: z.ZodType | undefined): unknown {
  const given = EXAMPLES[route.operationId] ?? EXAMPLES[schema?.meta()?.id ?? ""];
  if (given !== undefined || !(schema instanceof z.ZodObject)) return given;
  const items: unknown = schema.shape["data"];
  if (!(items instanceof z.ZodArray)) return undefined;
  const item = exampleOf(route, items.element as z.ZodType);
  return item === undefined ? undefined : { data: [item], next_cursor: null };
}

/** The error codes that an operation can answer, by status. Its `responses` may describe a status further. */
function failures(route: Route): Responses {
  const codes = new Set<ErrorCode>(route.errors ?? []);
  if (route.auth !== "none") codes.add("unauthenticated");
  if (route.auth !== "none" && route.auth !== "admin") codes.add("forbidden").add("space_inactive");
  if (isCounted(route)) codes.add("rate_limited").add("unavailable");
  if (route.auth === "admin") codes.add("rate_limited");
  // Every operation refuses parameters that it does not have.
  codes.add("invalid_request");
  if (route.body !== undefined) codes.add("malformed_request").add("payload_too_large").add("unsupported_media_type");
  codes.add("internal");
  return [...Map.groupBy(codes, (code) => ERRORS[code].status)].map(([status, group]) => {
    const doc = route.responses[status];
    const meanings = group.map((code) => `\`${code}\`: ${ERRORS[code].title}`);
    return [
      String(status),
      {
        description: [doc?.description, ...meanings].filter(Boolean).join(" "),
        headers: z.object({
          ...HEADERS.requestId,
          ...HEADERS.problem,
          ...(status === 401 ? HEADERS.challenge : {}),
          // The limit comes after authentication: a call that is refused before was not counted.
          ...(isCounted(route) && status !== 401 ? HEADERS.limit : {}),
          ...(status === 429 || group.includes("unavailable") ? HEADERS.retry : {}),
          ...own(doc),
        }),
        content: {
          "application/problem+json": {
            schema: Problem,
            examples: Object.fromEntries(group.map((code) => [code, PROBLEMS[code]])),
          },
        },
      },
    ];
  });
}

const REQUEST_ID = "0b7c2f4e-5d0a-4c39-9a53-7f0f6a1f2c11";

const PROBLEMS = Object.fromEntries(
  Object.entries(ERRORS).map(([code, { status, title }]) => {
    const errors = code === "invalid_request" ? [{ pointer: "/end", detail: "end must be later than start." }] : [];
    const value = {
      type: `/problems/${code}`,
      title,
      status,
      detail: errors[0]?.detail ?? title,
      code,
      ...(errors.length === 0 ? {} : { errors }),
      request_id: REQUEST_ID,
    };
    return [code, { id: code, summary: title, value }];
  }),
) as Record<ErrorCode, ZodOpenApiExampleObject>;
