/** The OpenAPI document, made from the routes that are served and the schemas that validate. */

import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { Problem } from "./schemas.ts";

type Document = ReturnType<typeof createDocument>;

let made: Document | undefined;

export function openApiDocument(): Document {
  made ??= makeDocument(ROUTES);
  return made;
}

const LIMIT_HEADERS = {
  "RateLimit-Policy": "The policy: calls (`q`) in a span of seconds (`w`).",
  RateLimit: "Calls left (`r`), and seconds until one more is free (`t`).",
  "X-RateLimit-Limit": "Calls in the span.",
  "X-RateLimit-Remaining": "Calls left.",
};

export function makeDocument(routes: readonly Route[]): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase() as "get"] = operation(route);
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Spillway",
      version: "1.0.0",
      description:
        "An export API for customer events and profiles. Times are RFC 3339 in UTC, windows are half-open `[start, end)`, unknown properties are refused.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map((route) => route.tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key of a space." },
        adminToken: { type: "http", scheme: "bearer", description: "The operator's token." },
      },
    },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const scope = route.auth.includes(":") ? `Scope: \`${route.auth}\`.` : "";
  const description = [route.description, scope].filter(Boolean).join("\n\n");
  return {
    operationId: route.operationId,
    summary: route.summary,
    ...(description === "" ? {} : { description }),
    tags: [route.tag],
    security: route.auth === "none" ? [] : route.auth === "admin" ? [{ adminToken: [] }] : [{ apiKey: [] }],
    ...(route.params === undefined && route.query === undefined
      ? {}
      : {
          requestParams: {
            ...(route.params === undefined ? {} : { path: route.params as never }),
            ...(route.query === undefined ? {} : { query: route.query as never }),
          },
        }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: route.body.schema, example: route.body.example },
              ...(route.body.linesOf === undefined
                ? {}
                : {
                    "application/x-ndjson": {
                      schema: { type: "string" as const, description: `One of \`${route.body.linesOf}\` a line.` },
                    },
                  }),
            },
          },
        }),
    responses: { ...successes(route), ...failures(route) } as ZodOpenApiOperationObject["responses"],
  };
}

const header = (description: string) => ({ description, schema: { type: "string" as const } });

function successes(route: Route) {
  const always = {
    "X-Request-Id": "This call's id, for support.",
    ...(route.limit === undefined ? {} : LIMIT_HEADERS),
  };
  return Object.fromEntries(
    Object.entries(route.responses).map(([status, doc]) => {
      const headers = { ...always, ...doc.headers };
      const types = doc.contentTypes ?? (doc.schema === undefined ? [] : ["application/json"]);
      return [
        status,
        {
          description: doc.description,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, header(text)])),
          ...(types.length === 0
            ? {}
            : {
                content: Object.fromEntries(types.map((type) => [type, { schema: doc.schema ?? { type: "string" } }])),
              }),
        },
      ];
    }),
  );
}

/** The codes that a route can answer, by status. */
function failures(route: Route) {
  const codes = new Set<ErrorCode>(route.errors ?? []);
  if (route.auth !== "none") codes.add("unauthenticated");
  if (route.auth !== "none" && route.auth !== "admin") codes.add("forbidden").add("space_inactive");
  if (route.limit !== undefined) codes.add("rate_limited");
  if (route.query !== undefined || route.body !== undefined) codes.add("invalid_request");
  if (route.body !== undefined) codes.add("malformed_request").add("payload_too_large").add("unsupported_media_type");
  codes.add("internal");
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => [
      String(status),
      {
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join(" "),
        headers: {
          "X-Request-Id": header("This call's id, for support."),
          ...(group.includes("rate_limited") || group.includes("too_many_pending_exports")
            ? { "Retry-After": header("Whole seconds; a request made then passes.") }
            : {}),
        },
        content: { "application/problem+json": { schema: Problem } },
      },
    ]),
  );
}
