/**
 * Exports in answers, as exact as the API: the request follows from the dataset, and which times, links and errors are
 * null follows from the status. Names of datasets come from their list.
 */

import * as z from "zod";
import { inPascalCase } from "../../names.ts";
import { ExportError, openObject } from "../../webhooks/events/family.ts";
import { composed, taggedUnion } from "../composed-schemas.ts";
import { Count, Time } from "../schemas.ts";
import { ExportResource, Warnings } from "./resource.ts";
import { byDataset, subjectOf } from "./resolved-request.ts";

const none = z.null();

/** Until the export has ended. */
const inFlight = {
  completed_at: none,
  expires_at: none,
  error: ExportError.nullable().meta({ description: "Why the last attempt of a step failed, while it waits." }),
  next_retry_at: Time.nullable(),
  manifest_url: none,
};
const ended = { completed_at: Time, error: none, next_retry_at: none, manifest_url: none };

const State = z
  .discriminatedUnion("status", [
    openObject({ status: z.literal("queued"), started_at: Time.nullable(), ...inFlight }),
    openObject({ status: z.literal("processing"), started_at: Time, ...inFlight }),
    openObject({
      ...ended,
      status: z.literal("completed"),
      started_at: Time,
      expires_at: Time.nullable().meta({
        description: "The files are kept until this time; null for files in your own bucket, which are never removed.",
      }),
      manifest_url: z.url(),
    }),
    openObject({
      ...ended,
      status: z.literal("failed"),
      started_at: Time.nullable(),
      expires_at: Time.meta({ description: "A retry is possible until this time." }),
      error: ExportError,
    }),
    openObject({ ...ended, status: z.literal("canceled"), started_at: Time.nullable(), expires_at: none }),
    openObject({ ...ended, status: z.literal("expired"), started_at: Time, expires_at: Time }),
  ])
  .meta({ id: "ExportState" });

const OF_DATASET = { dataset: true, request: true } as const;
const OF_STATUS = {
  status: true,
  started_at: true,
  completed_at: true,
  expires_at: true,
  error: true,
  next_retry_at: true,
  manifest_url: true,
} as const;
const { files, download_url, url_expires_at, verification, ...shared } = ExportResource.omit({
  ...OF_DATASET,
  ...OF_STATUS,
}).shape;

const ListedFields = openObject(shared).meta({ id: "ListedExportFields" });
const Fields = openObject({ ...shared, files, download_url, url_expires_at, verification }).meta({
  id: "ExportFields",
});

const subjects = byDataset((dataset) => openObject(subjectOf(dataset)));

/** One schema for each dataset, and their union. @param prefix of their names in the document. */
const unionOf = (prefix: string, fields: z.ZodType) =>
  taggedUnion(
    `${prefix}Export`,
    "dataset",
    byDataset(({ name }) =>
      composed(`${prefix}${inPascalCase(name)}Export`, fields, State, subjects[name] ?? z.never()),
    ),
  );

export const Export = unionOf("", Fields);

/** An export in a list, which neither reads files and verifications nor signs links. */
export const ListedExport = unionOf("Listed", ListedFields);

const estimated = { files: Count, bytes_estimate: Count, warnings: Warnings };

export const Estimate = z
  .union([
    z.object({ rows: Count, ...estimated }),
    z.object({
      rows_at_least: Count.meta({ description: "Instead of `rows`, where counting all of them would scan too much." }),
      ...estimated,
    }),
  ])
  .meta({ id: "Estimate" });
