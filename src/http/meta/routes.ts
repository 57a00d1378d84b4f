/**
 * The service itself: its health, its OpenAPI document, the page that shows the document, and the pages about errors.
 */

import * as z from "zod";
import { type ErrorCode, ERRORS } from "../../errors.ts";
import { type Resource, resource } from "../resource.ts";
import { json, type Route, route } from "../route.ts";
import { documentResponse } from "./document.ts";
import { problemPage } from "./problem-page.ts";

/** The path of the page's script, and its name among the Worker's assets. */
const SCRIPT = "/docs/openapi-explorer.js";
const SCRIPT_ASSET = "/openapi-explorer.min.js";

/** The page may load from this origin only. The component writes inline styles, which contain its few images. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Spillway: API reference</title>
<script type="module" src="${SCRIPT}"></script>
</head>
<body style="margin:0">
<openapi-explorer spec-url="/openapi.json" hide-server-selection display-nulls primary-color="#0b6478"
 secondary-color="#7fd1de" nav-bg-color="#12303a" nav-text-color="#d5e3e7" nav-hover-text-color="#ffffff"></openapi-explorer>
<noscript>This page needs JavaScript. The document it shows: <a href="/openapi.json">openapi.json</a></noscript>
</body>
</html>
`;

/** @param all returns every operation, these included: the document describes itself. */
export const metaResource = (all: () => readonly Route[]): Resource =>
  resource("", "Service", [
    route({
      method: "GET",
      path: "/healthz",
      operationId: "health",
      summary: "Check the service's health",
      auth: "none",
      responses: {
        200: {
          description: "The service is up.",
          schema: z.object({ status: z.literal("ok") }).meta({ id: "Health" }),
        },
      },
      async handle() {
        return json({ status: "ok" });
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
        return documentResponse(request, all(), runtime.now());
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
      path: SCRIPT,
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
        return call.assets.fetch(new Request(new URL(SCRIPT_ASSET, call.url), call.request));
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
