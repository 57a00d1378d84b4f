/**
 * OpenAPI documents, each built from the operations that an API serves and the schemas that validate. The lint checks
 * their examples against their schemas.
 */

import manifest from "../../package.json" with { type: "json" };
import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiMediaTypeObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiPathsObject,
} from "zod-openapi";
import { DATASETS } from "../datasets/index.ts";
import { DatasetName } from "../webhooks/events/family.ts";
import type { EventType } from "../webhooks/events/index.ts";
import type { Conventions } from "./conventions.ts";
import { withCurrentExamples } from "./example-dates.ts";
import type { Examples } from "./example-values.ts";
import { CODINGS } from "./body-bytes.ts";
import { responsesOf, SharedResponses } from "./openapi-responses.ts";
import { PORTAL, PORTAL_SCHEME, portalNote } from "./openapi-portal.ts";
import { webhookOperation } from "./openapi-webhooks.ts";
import type { BodyDoc, Route } from "./route.ts";

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
  /** Schemas with ids that no operation refers to: of rows in files, for example. */
  schemas?: readonly z.ZodType[];
}

/** The document of an API's operations. @param today examples are as of this day: see `dayOfExamples`. */
export function openApiDocument(api: ApiDescription, routes: readonly Route[], today: number): Document {
  return withCurrentExamples(buildDocument(api, routes), today);
}

function buildDocument(api: ApiDescription, routes: readonly Route[]): Document {
  const { credentials } = api.conventions;
  const shared = new SharedResponses(api.conventions, api.examples);
  const bodies = new RequestBodies();
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase() as "get"] = operation(api, route, responsesOf(shared, route), bodies);
  }
  const tags = new Set(routes.map((route) => route.tag));
  const document = createDocument(
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
      paths: { ...paths, ...referringTo(api.schemas ?? []) },
      webhooks: Object.fromEntries(api.webhooks.map((type) => [type, { post: webhookOperation(type) }])),
      components: {
        securitySchemes: {
          [credentials.name]: credentials.document,
          ...(credentials.sessions === true ? { [PORTAL]: PORTAL_SCHEME } : {}),
        },
      },
    },
    { override: plain },
  );
  delete document.paths?.[UNSERVED];
  return document;
}

/** The address of an operation that is left out of the document again. */
const UNSERVED = "/unserved";

/**
 * An operation that answers with these schemas. The generator renders schemas as parts of requests unless an answer
 * refers to them.
 */
const referringTo = (schemas: readonly z.ZodType[]): ZodOpenApiPathsObject => ({
  [UNSERVED]: {
    get: {
      responses: {
        200: { description: "", content: { "application/json": { schema: z.tuple([z.null(), ...schemas]) } } },
      },
    },
  },
});

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
  ["portal", "For the portal's page: a portal session."],
  ["admin", "For operators: send the operator's token."],
]);

function operation(
  api: ApiDescription,
  route: Route,
  responses: ZodOpenApiOperationObject["responses"],
  named: RequestBodies,
): ZodOpenApiOperationObject {
  const scope = CREDENTIALS.get(route.auth) ?? `Scope: \`${route.auth}\`.`;
  const description = [route.description, scope, portalNote(route)].filter(Boolean).join("\n\n");
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(description === "" ? {} : { description }),
    tags: [route.tag],
    security: securityOf(api, route),
    requestParams: {
      ...(route.params === undefined ? {} : { path: route.params as never }),
      ...(route.query === undefined ? {} : { query: route.query as never }),
      ...requestHeaders(route),
    },
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: bodies(route.body, named.of(route.body, route)) } }),
    responses,
  };
}

/** An empty requirement in the list: the credential may be left out. */
function securityOf({ conventions }: ApiDescription, { auth, operatorsMore }: Route): Record<string, string[]>[] {
  const named = { [auth === "portal" ? PORTAL : conventions.credentials.name]: [] };
  if (auth !== "none") return [named];
  return operatorsMore === true ? [{}, named] : [];
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

/** The schemas of bodies, each with a name: its own, or that of the first operation which has it. */
class RequestBodies {
  readonly #named = new Map<z.ZodType, z.ZodType>();

  of({ schema }: BodyDoc<unknown>, { operationId }: Route): z.ZodType {
    if (schema.meta()?.id !== undefined) return schema;
    const id = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Request`;
    const named = this.#named.get(schema) ?? schema.meta({ id });
    this.#named.set(schema, named);
    return named;
  }
}

function bodies({ example, linesOf }: BodyDoc<unknown>, schema: z.ZodType): Record<string, ZodOpenApiMediaTypeObject> {
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
