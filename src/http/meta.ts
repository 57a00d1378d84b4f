/** Calls about the service itself. */

import * as z from "zod";
import { SpillwayError } from "../errors.ts";
import { openApiDocument } from "./openapi.ts";
import { problemPage } from "./problem.ts";
import { json, route } from "./route.ts";

export const metaRoutes = [
  route({
    method: "GET",
    path: "/healthz",
    operationId: "health",
    summary: "Is the service up?",
    tag: "Service",
    auth: "none",
    responses: { 200: { description: "It is.", schema: z.object({ status: z.literal("ok") }).meta({ id: "Health" }) } },
    async handle() {
      return json({ status: "ok" });
    },
  }),
  route({
    method: "GET",
    path: "/openapi.json",
    operationId: "openapi",
    summary: "This document",
    tag: "Service",
    auth: "none",
    responses: { 200: { description: "OpenAPI 3.1.", contentTypes: ["application/json"] } },
    async handle() {
      return json(openApiDocument());
    },
  }),
  route({
    method: "GET",
    path: "/problems/{code}",
    operationId: "problem",
    summary: "What an error means",
    tag: "Service",
    auth: "none",
    params: z.object({ code: z.string() }),
    responses: { 200: { description: "A page about the error.", contentTypes: ["text/html"] } },
    errors: ["not_found"],
    async handle(_call, { params }) {
      const page = problemPage(params.code);
      if (page === null) throw new SpillwayError("not_found");
      return page;
    },
  }),
];
