/**
 * OpenAPI documents, each built from the operations that an API serves and the schemas that validate. The lint checks
 * their examples against their schemas.
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
import { ERRORS, type ErrorCode, invalid, SpillwayError } from "../errors.ts";
import { DatasetName } from "../webhooks/events/family.ts";
import type { EventType } from "../webhooks/events/index.ts";
import type { Conventions } from "./conventions.ts";
import { withCurrentExamples } from "./example-dates.ts";
import type { Examples } from "./example-values.ts";
import { CODINGS } from "./body-bytes.ts";
import { webhookOperation } from "./openapi-webhooks.ts";
import type { BodyDoc, ResponseDoc, Route } from "./route.ts";

type Document = ReturnType<typeof createDocument>;

/** What a document has beyond operations and schemas. */
export interface ApiDescription {
  title: string;
  introduction: string;
  /** What the operations of a tag are for. The lint rejects a tag without a description. */
  tags: Readonly<Record<string, string>>;
  /** Examples of answers. */
  examples: Examples;
  /** The types of the webhooks that the API sends. */
  webhooks: readonly EventType[];
  conventions: Conventions;
}

/** The document of an API's operations. @param today examples are as of this day: see `dayOfExamples`. */
export function openApiDocument(api: ApiDescription, routes: readonly Route[], today: number): Document {
  return withCurrentExamples(buildDocument({ ...api, refusals: refusalsOf(api.conventions) }, routes), today);
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
    "WWW-Authenticate": shared(
      "WWW-Authenticate",
      z.string(),
      "How to authenticate: the scheme of the header Authorization.",
    ),
  },
  retry: { "Retry-After": shared("Retry-After", z.int(), "Whole seconds to wait before the same request.") },
};

/** With an example of each error: every operation that can answer it refers to the same one. */
type Api = ApiDescription & { refusals: ReadonlyMap<ErrorCode, ZodOpenApiExampleObject> };

function buildDocument(api: Api, routes: readonly Route[]): Document {
  const { credentials } = api.conventions;
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase() as "get"] = operation(api, route);
  }
  const tags = new Set(routes.map((route) => route.tag));
  return createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: api.title,
        version: manifest.version,
        description: api.introduction,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: [...tags].map((name) => ({
        name,
        description: Object.hasOwn(api.tags, name) ? (api.tags[name] ?? "") : "",
      })),
      paths,
      webhooks: Object.fromEntries(api.webhooks.map((type) => [type, { post: webhookOperation(type) }])),
      components: { securitySchemes: { [credentials.name]: credentials.document } },
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

function operation(api: Api, route: Route): ZodOpenApiOperationObject {
  const scope = CREDENTIALS.get(route.auth) ?? `Scope: \`${route.auth}\`.`;
  const description = [route.description, scope].filter(Boolean).join("\n\n");
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(description === "" ? {} : { description }),
    tags: [route.tag],
    security: route.auth === "none" ? [] : [{ [api.conventions.credentials.name]: [] }],
    requestParams: {
      ...(route.params === undefined ? {} : { path: route.params as never }),
      ...(route.query === undefined ? {} : { query: route.query as never }),
      ...requestHeaders(route),
    },
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: bodies(route.body) } }),
    responses: Object.fromEntries([...successes(api, route), ...failures(api, route)]),
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

function successes({ examples }: ApiDescription, route: Route): Responses {
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
        ...content(examples, route, doc),
      },
    ]);
}

function own(doc: ResponseDoc | undefined): Record<string, z.ZodType> {
  const headers = Object.entries(doc?.headers ?? {});
  return Object.fromEntries(headers.map(([name, description]) => [name, z.string().optional().meta({ description })]));
}

function content(examples: Examples, route: Route, doc: ResponseDoc) {
  const types = doc.contentTypes ?? (doc.schema === undefined ? [] : ["application/json"]);
  if (types.length === 0) return {};
  const example = exampleOf(examples, route, doc.schema);
  const media = (type: string): ZodOpenApiMediaTypeObject => ({
    schema: doc.schema ?? { type: type === "application/json" ? "object" : "string" },
    ...(example === undefined ? {} : { example }),
    ...(doc.examples === undefined ? {} : { examples: namedExamples(doc.examples) }),
  });
  return { content: Object.fromEntries(types.map((type) => [type, media(type)])) };
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

/** The error codes that an operation can answer, by status. Its `responses` may describe a status further. */
function failures({ conventions: { errors }, refusals }: Api, route: Route): Responses {
  const codes = new Set<ErrorCode>(route.errors ?? []);
  if (route.auth !== "none") codes.add("unauthenticated");
  if (route.auth !== "none" && route.auth !== "admin") codes.add("forbidden").add("space_inactive");
  if (route.auth !== "none") codes.add("rate_limited").add("unavailable");
  // Every operation refuses parameters that it does not have.
  codes.add("invalid_request");
  if (route.body !== undefined) codes.add("malformed_request").add("payload_too_large").add("unsupported_media_type");
  codes.add("internal");
  return [...Map.groupBy(codes, errors.statusOf)].map(([status, group]) => {
    const doc = route.responses[status];
    const meanings = new Set(group.map(errors.meaningOf));
    return [
      String(status),
      {
        description: [doc?.description, ...meanings].filter(Boolean).join(" "),
        headers: z.object({
          ...HEADERS.requestId,
          ...HEADERS.problem,
          ...(group.includes("unauthenticated") ? HEADERS.challenge : {}),
          // The limit comes after authentication: a call that is refused before was not counted.
          ...(isCounted(route) && !group.includes("unauthenticated") ? HEADERS.limit : {}),
          ...(status === 429 || group.includes("unavailable") ? HEADERS.retry : {}),
          ...own(doc),
        }),
        content: {
          [errors.contentType]: {
            schema: errors.schema,
            examples: Object.fromEntries(group.map((code) => [code, refusals.get(code) ?? {}])),
          },
        },
      },
    ];
  });
}

const REQUEST_ID = "0b7c2f4e-5d0a-4c39-9a53-7f0f6a1f2c11";

function refusalsOf({ errors }: Conventions): ReadonlyMap<ErrorCode, ZodOpenApiExampleObject> {
  const refusal = (code: ErrorCode) =>
    code === "invalid_request" ? invalid(errors.exampleFault) : new SpillwayError(code);
  return new Map(
    Object.entries(ERRORS).map(([name, { title }]) => {
      const code = name as ErrorCode;
      return [code, { id: code, summary: title, value: errors.bodyOf(refusal(code), REQUEST_ID) }];
    }),
  );
}
