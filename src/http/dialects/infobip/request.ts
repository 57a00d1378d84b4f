/** The request of an export in Infobip's words, and the request that the core knows. */

import * as z from "zod";
import type { SpaceRow } from "../../../db/tenants/spaces.ts";
import type { ExportRequest } from "../../../export/api/request.ts";
import { exportRequest, type FieldNames } from "../core-request.ts";
import { settingsOf } from "../settings.ts";

/** The dataset that the dialect exports. */
export const DATASET = "activity_events";

const TIME_HELP = "`yyyy-MM-dd'T'HH:mm:ss.SSSZ`; offsets with a colon and `Z` are accepted too.";
const time = (description: string) =>
  z.string().meta({ description: `${description} ${TIME_HELP}`, example: "2026-01-15T01:00:00.000+0000" });

/** Its schema has the names and types; the core has the rules. Null is a member that is left out. */
export const InfobipRequest = z
  .looseObject({
    roleArn: z.string().meta({ example: "arn:aws:iam::123456789012:role/events-export" }),
    bucket: z.string().meta({ example: "exported-events-bucket" }),
    region: z.string().meta({ description: "`EU_CENTRAL_1` or `eu-central-1`.", example: "EU_CENTRAL_1" }),
    directoryPath: z.string().nullish().meta({ example: "dir/subdir/" }),
    startTime: time("Start of the window, inclusive."),
    endTime: time("End of the window, exclusive. Not in the future. The window may be longer than 24 hours."),
    definitionIdList: z
      .array(z.string())
      .max(200)
      .nullish()
      .meta({ description: "Ids of event definitions; `*` matches any characters. Default: every event." }),
    enrichWithMomentsInfo: z.boolean().nullish(),
  })
  .meta({ id: "EventsExportRequest" });

/** The dialect's names of the core's parameters. */
export const FIELDS: FieldNames = new Map([
  ["/delivery/role_arn", "roleArn"],
  ["/delivery/bucket", "bucket"],
  ["/delivery/region", "region"],
  ["/delivery/directory_path", "directoryPath"],
  ["/start", "startTime"],
  ["/end", "endTime"],
  ["/event_names", "definitionIdList"],
  ["/enrich_with_moments_info", "enrichWithMomentsInfo"],
]);

/**
 * Rows have exactly the product's fields, in the form that the space has set.
 * @throws invalid_request whose faults name the fields of the request.
 */
export function toExportRequest(sent: z.output<typeof InfobipRequest>, space: SpaceRow): ExportRequest {
  return exportRequest(
    {
      dataset: DATASET,
      start: withColon(sent.startTime),
      end: withColon(sent.endTime),
      event_names: sent.definitionIdList,
      enrich_with_moments_info: sent.enrichWithMomentsInfo,
      extra_fields: false,
      row_format: settingsOf(space).infobip?.row_format ?? "flat",
      layout: "files",
      delivery: {
        type: "s3",
        role_arn: sent.roleArn,
        bucket: sent.bucket,
        region: sent.region,
        directory_path: sent.directoryPath,
      },
    },
    FIELDS,
  );
}

/** RFC 3339 wants a colon in an offset: `+0000` becomes `+00:00`. */
const withColon = (text: string) => text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
