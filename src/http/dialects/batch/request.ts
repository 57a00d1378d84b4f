/** The three requests of an export in Batch's words, and the core's requests that they become. */

import * as z from "zod";
import type { ExportRow } from "../../../db/exports/exports.ts";
import type { ExportRequest } from "../../../export/api/request.ts";
import { exportRequest, type FieldNames } from "../core-request.ts";
import { hasForm } from "../result-form.ts";

const Names = z.array(z.string());

const Identifiers = Names.nullish().meta({
  description: "Identifiers of the profile: `custom_id`, `installation_ids` or others that the space has.",
});

const WINDOW = {
  from: z.string().meta({ description: "Start, inclusive. At most 90 days ago.", example: "2026-01-01T00:00:00Z" }),
  to: z.string().nullish().meta({ description: "End, exclusive. Default: now.", example: "2026-01-08T00:00:00Z" }),
} as const;

const AttributesRequest = z
  .looseObject({
    export_type: z.literal("ATTRIBUTES"),
    attributes: Names.min(1)
      .nullish()
      .meta({ description: "Native attributes (`$email_address`) and the space's own. Or `identifiers`, or both." }),
    identifiers: Identifiers,
    filter: z
      .looseObject({ segment: z.string().meta({ description: "The id of a segment: only the profiles in it." }) })
      .nullish(),
  })
  .meta({ id: "ExportAttributeRequest" });

const EventsRequest = z
  .looseObject({
    export_type: z.literal("EVENTS"),
    ...WINDOW,
    events: Names.nullish().meta({ description: "Ids of event definitions. Default: every event." }),
    identifiers: Identifiers,
  })
  .meta({ id: "ExportEventRequest" });

const ReachabilityRequest = z
  .looseObject({
    export_type: z.literal("REACHABILITY"),
    ...WINDOW,
    channels: Names.nullish().meta({ description: "`SMS`, `EMAIL`, `PUSH`. Default: all three." }),
  })
  .meta({ id: "ExportReachabilityRequest" });

/** The schemas have the names and types; the core has the rules. Null is a member that is left out. */
export const BatchRequest = z
  .discriminatedUnion("export_type", [AttributesRequest, EventsRequest, ReachabilityRequest])
  .meta({ id: "ExportRequest" });

type BatchRequest = z.output<typeof BatchRequest>;

/** The datasets that the dialect exports, each with its type of export and its scope. */
export const DATASETS = {
  profile_attributes: { exportType: "ATTRIBUTES", scope: "PROFILE_ATTRIBUTES" },
  profile_events: { exportType: "EVENTS", scope: "PROFILE_EVENTS" },
  reachability_events: { exportType: "REACHABILITY", scope: "PROFILE_REACHABILITY" },
} as const;

export const SCOPES = Object.values(DATASETS).map(({ scope }) => scope);

/** The dialect's names of the core's parameters, where they differ. */
export const FIELDS: FieldNames = new Map([["/event_names", "events"]]);

/** @throws invalid_request whose faults name the fields of the request. */
export function toExportRequest(sent: BatchRequest): ExportRequest {
  return exportRequest({ ...parametersOf(sent), layout: "files" }, FIELDS);
}

function parametersOf(sent: BatchRequest): Record<string, unknown> {
  switch (sent.export_type) {
    case "ATTRIBUTES": {
      const { attributes, filter } = sent;
      const facts = { dataset: "profile_attributes", include_profile_id: false };
      return { ...facts, attributes, identifiers: filled(sent.identifiers), segment: filter?.segment };
    }
    case "EVENTS": {
      const { from, to, events } = sent;
      return { dataset: "profile_events", from, to, event_names: events, identifiers: filled(sent.identifiers) };
    }
    case "REACHABILITY": {
      const { from, to, channels } = sent;
      return { dataset: "reachability_events", from, to, channels };
    }
  }
}

/** The API accepts an empty list of identifiers: none are asked for. */
const filled = (names: readonly string[] | null | undefined) => (names?.length === 0 ? undefined : names);

/** Is the export one of those that this dialect creates, or one below /v1 with files of the same kind? */
export function isShown(row: ExportRow): row is ExportRow & { dataset: keyof typeof DATASETS } {
  const isAlike = hasForm(row, { layout: "files", format: "ndjson", delivery: "download" });
  return isAlike && Object.hasOwn(DATASETS, row.dataset);
}

/** The request as the client sent it, with the core's defaults. */
export function requestOf(row: ExportRow & { dataset: keyof typeof DATASETS }): Record<string, unknown> {
  const { attributes, identifiers, segment, from, to, event_names, channels } = JSON.parse(row.request) as Record<
    string,
    unknown
  >;
  const filter = segment === undefined ? undefined : { segment };
  const export_type = DATASETS[row.dataset].exportType;
  return { export_type, from, to, events: event_names, channels, attributes, identifiers, filter };
}
