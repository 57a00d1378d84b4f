/** The manifest as export/output/manifest.ts writes it. */

import * as z from "zod";
import { GROUPS, Model } from "../../datasets/conversion-events/request.ts";
import { inPascalCase } from "../../names.ts";
import { taggedUnion } from "../composed-schemas.ts";
import { Count, Time } from "../schemas.ts";
import { storedFile } from "./resource.ts";
import { byDataset, subjectOf } from "./resolved-request.ts";

const Edge = z.object({ time: Time.nullable(), id: z.string().nullable() }).meta({
  id: "ManifestEdge",
  description: "The key of a record. A field that the export redacts is null here too.",
});

const File = z.object({ ...storedFile, first: Edge.nullable(), last: Edge.nullable() }).meta({ id: "ManifestFile" });

const Column = z
  .object({
    name: z.string(),
    type: z
      .enum(["text", "boolean", "number", "date", "json"])
      .meta({ id: "ColumnType", description: "`json`: an object, a list, or values of several types." }),
    nullable: z.boolean(),
    path: z.array(z.string()).optional().meta({
      description:
        "NDJSON: the names from the row inwards to the value, where that is not a member with the column's name.",
    }),
  })
  .meta({ id: "ManifestColumn" });

const Group = z
  .object({
    model: Model.optional(),
    ...Object.fromEntries(GROUPS.map((name) => [name, z.string().nullable().optional()])),
    rows: Count,
    credit: z.number().meta({ description: "In conversions." }),
    amount: z.number(),
  })
  .meta({ id: "SummaryGroup" });

const Summary = z
  .object({
    group_by: z.array(z.enum(GROUPS)),
    groups: z.array(Group).nullable().meta({ description: "null where there are too many, as `message` says." }),
    message: z.string().optional(),
  })
  .meta({ id: "ManifestSummary", description: "Of an export with `group_by`." });

/** What was exported. */
const Exported = taggedUnion(
  "ManifestExport",
  "dataset",
  byDataset((dataset) =>
    z.object({ id: z.uuid(), ...subjectOf(dataset) }).meta({ id: `Manifest${inPascalCase(dataset.name)}Export` }),
  ),
);

export const Manifest = z
  .object({
    export: Exported,
    snapshot: z.object({ sequence: Count, at: Time }),
    columns: z.array(Column).optional().meta({ description: "Absent where the result is one document." }),
    files: z.array(File),
    totals: z.object({ files: Count, rows: Count, bytes: Count, uncompressed_bytes: Count }),
    summary: Summary.optional(),
  })
  .meta({ id: "Manifest" });
