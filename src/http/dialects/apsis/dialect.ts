/** APSIS One's exports of the profiles of a segment: one JSON document, behind a poll URL. */

import * as z from "zod";
import { findExport } from "../../../db/exports/exports.ts";
import { SpillwayError } from "../../../errors.ts";
import { isCustomerBucket } from "../../../export/delivery/object-keys.ts";
import { EXPORT_ID } from "../../example-values.ts";
import { content } from "../../exports/content.ts";
import { json, route } from "../../route.ts";
import { newExport } from "../core-request.ts";
import { dialect } from "../dialect.ts";
import { conventions } from "./conventions.ts";
import { lists } from "./lists.ts";
import { ApsisRequest, DATASET, readRequest } from "./request.ts";
import { checkSections } from "./sections.ts";
import { createToken } from "./token.ts";

const EXPORTS = "/profiles/exports";

const NewExport = z
  .object({ file_download_url: z.string().meta({ description: "The poll URL." }) })
  .meta({ id: "ProfileExport" });

const create = route({
  method: "POST",
  path: EXPORTS,
  operationId: "requestProfileExport",
  summary: "Request profile in segment event export",
  auth: "exports:write",
  limit: "create",
  body: {
    schema: ApsisRequest,
    maxBytes: 100_000,
    example: {
      segment_filter: { segment_discriminators: { women: "women_of_malmo" }, filter: "women" },
      sections: [
        {
          section_discriminator: "default",
          attributes: ["$email_address"],
          tags: ["vip"],
          events: ["order_placed:1"],
          include_topic_state: true,
        },
      ],
      start_at: "2026-01-01T00:00:00Z",
      end_at: "2026-01-08T00:00:00Z",
    },
  },
  responses: { 202: { description: "The export is queued. Poll its URL.", schema: NewExport } },
  errors: ["too_many_pending_exports"],
  check({ body }) {
    readRequest(body);
  },
  async handle(call, { space, body }) {
    const asked = readRequest(body);
    await checkSections(call, space.id, asked);
    const id = await newExport(call, space, asked.request, asked.fields);
    return json({ file_download_url: `${call.url.origin}${call.url.pathname}/${id}` }, 202);
  },
});

const poll = route({
  method: "GET",
  path: `${EXPORTS}/{id}`,
  operationId: "getProfileExport",
  summary: "Poll an export, and download its file",
  description: "The file can be downloaded any number of times, plain or, by `Accept-Encoding`, as gzip.",
  auth: "exports:read",
  limit: "poll",
  params: z.object({ id: z.string() }),
  responses: {
    200: {
      description: "The file.",
      contentTypes: ["application/json"],
      headers: { Vary: "Accept-Encoding", "Content-Encoding": "`gzip`, if the client accepts it." },
    },
    404: {
      description: "The export is not completed yet.",
      headers: { "Retry-After": "Seconds to wait before asking again." },
    },
  },
  errors: ["gone", "export_failed", "destination_unavailable"],
  async handle(call, { space, params: { id } }) {
    const row = await findExport(call.databases.control, space.id, id);
    if (row !== null && (row.dataset !== DATASET || isCustomerBucket(row))) throw new SpillwayError("gone");
    return content(call, space.id, id);
  },
});

export const apsis = dialect({
  name: "apsis",
  tag: "Audience",
  api: {
    title: "Spillway, in the words of APSIS One's API",
    introduction:
      "Exports of the profiles of a segment, with attributes, tags, events and topic state. Get an access token with an API key of the space at `POST /oauth/token`, and send `Authorization: Bearer <access token>`.",
    tag: "Get a token, request an export, poll it; look up the ids in its file.",
    examples: {
      AccessToken: {
        access_token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJBMjU2R0NNIn0.eyJzdWIiOiI1ZjFkIn0.c2VhbGVk",
        expires_in: 86_400,
        token_type: "Bearer",
      },
      ProfileExport: { file_download_url: `https://spillway.example/audience${EXPORTS}/${EXPORT_ID}` },
      Definitions: {
        items: [
          {
            discriminator: "order_placed",
            name: "Order placed",
            versions: [
              { id: "order_placed:2", deprecated_at: null },
              { id: "order_placed:1", deprecated_at: "2026-01-15T10:30:00Z" },
            ],
          },
        ],
      },
    },
    conventions,
  },
  mounts: [
    { path: "/oauth", operations: [createToken] },
    { path: "/audience", operations: [create, poll, ...lists] },
  ],
});
