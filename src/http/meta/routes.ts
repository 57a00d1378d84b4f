/**
 * The service itself: its health, its OpenAPI document, the page that shows the document, and the pages about errors.
 */

import * as z from "zod";
import { type ErrorCode, ERRORS } from "../../errors.ts";
import { requireOperator } from "../middleware/authentication.ts";
import { type Resource, resource } from "../resource.ts";
import { json, route } from "../route.ts";
import type { SentDocument } from "./document.ts";
import { COMPONENT, PAGE, POLICY, SEARCH, SEARCH_INDEX, SEARCH_SCRIPT } from "./page.ts";
import { checkHealth, Health } from "./health.ts";
import { problemPage } from "./problem-page.ts";

/** The component's name among the Worker's assets. */
const COMPONENT_ASSET = "/openapi-explorer.min.js";

/** @param document describes every operation, these included. */
export const metaResource = (document: SentDocument): Resource =>
  resource("", "Service", [
    route({
      method: "GET",
      path: "/healthz",
      operationId: "health",
      summary: "Check the service's health",
      description:
        "Without parameters it answers that the Worker runs, and looks at nothing else. `deep=1` is for operators: it " +
        "asks the databases, the bucket and the sweep, and looks for work that waits too long.",
      auth: "none",
      operatorsMore: true,
      query: z.strictObject({
        deep: z.enum(["0", "1"]).default("0").meta({ description: "`1`: check each part. Send the operator's token." }),
      }),
      responses: {
        200: { description: "The service is up.", schema: Health },
        503: { description: "With `deep=1`: a part is failing.", schema: Health },
      },
      errors: ["unauthenticated", "rate_limited"],
      async handle(call, { query }) {
        if (query.deep === "0") return json({ status: "ok" });
        await requireOperator(call);
        const health = await checkHealth(call);
        return json(health, health.status === "ok" ? 200 : 503, { "cache-control": "no-store" });
      },
    }),
    route({
      method: "GET",
      path: "/openapi.json",
      operationId: "openapi",
      summary: "Get this document",
      auth: "none",
      responses: {
        200: {
          description: "OpenAPI 3.1. Examples are as of today.",
          contentTypes: ["application/json"],
          headers: { ETag: "The version of the document.", "Cache-Control": "For how long it may be kept." },
        },
        304: { description: "The document is the version that `If-None-Match` names." },
      },
      async handle({ request, runtime }) {
        return document.response(request, runtime.now());
      },
    }),
    route({
      method: "GET",
      path: "/",
      operationId: "root",
      summary: "Go to the reference page",
      auth: "none",
      responses: { 302: { description: "To `/docs`.", headers: { Location: "`/docs`" } } },
      async handle() {
        return new Response(null, { status: 302, headers: { location: "/docs" } });
      },
    }),
    route({
      method: "GET",
      path: "/docs",
      operationId: "docs",
      summary: "Read this document as a page",
      description:
        "A key that is entered on the page stays in the page's memory: it is not stored, and is sent to this service only.",
      auth: "none",
      responses: { 200: { description: "The reference page.", contentTypes: ["text/html"] } },
      async handle() {
        return new Response(PAGE, {
          headers: {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": POLICY,
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
          },
        });
      },
    }),
    route({
      method: "GET",
      path: COMPONENT,
      operationId: "docsScript",
      summary: "Get the page's script",
      auth: "none",
      responses: {
        200: {
          description: "The script.",
          contentTypes: ["text/javascript"],
          headers: { ETag: "The version of the script." },
        },
        304: { description: "The script is the version that `If-None-Match` names." },
      },
      async handle(call) {
        return call.assets.fetch(new Request(new URL(COMPONENT_ASSET, call.url), call.request));
      },
    }),
    route({
      method: "GET",
      path: SEARCH,
      operationId: "docsSearch",
      summary: "Get the script of the page's search",
      auth: "none",
      responses: { 200: { description: "The script.", contentTypes: ["text/javascript"] } },
      async handle() {
        const headers = { "content-type": "text/javascript; charset=utf-8", "cache-control": "max-age=300" };
        return new Response(SEARCH_SCRIPT, { headers });
      },
    }),
    route({
      method: "GET",
      path: SEARCH_INDEX,
      operationId: "docsSearchIndex",
      summary: "Get what the page's search looks through",
      auth: "none",
      responses: {
        200: {
          description: "Each operation, with the names of its parameters and of its body's fields.",
          contentTypes: ["application/json"],
        },
      },
      async handle({ runtime }) {
        return json(await document.searchIndex(runtime.now()), 200, { "cache-control": "max-age=300" });
      },
    }),
    route({
      method: "GET",
      path: "/problems/{code}",
      operationId: "problem",
      summary: "Read what an error means",
      auth: "none",
      params: z.object({ code: z.enum(Object.keys(ERRORS) as ErrorCode[]) }),
      responses: { 200: { description: "A page about the error.", contentTypes: ["text/html"] } },
      async handle(_call, { params }) {
        return problemPage(params.code);
      },
    }),
  ]);
