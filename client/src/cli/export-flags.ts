/**
 * The options that make the request of an export, as a table: each with the field that it sets in each dataset. The
 * types hold the fields to those of the OpenAPI document, and a test looks that no field of it is without an option.
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { CreateExportData, DatasetName } from "../generated/types.gen.ts";

export type ExportRequest = CreateExportData["body"];
type RequestOf<Dataset extends DatasetName> = Extract<ExportRequest, { dataset: Dataset }>;
type FieldsByDataset = { [Dataset in DatasetName]?: Exclude<keyof RequestOf<Dataset>, "dataset"> };
type Common = Exclude<keyof RequestOf<"activity_events"> & keyof RequestOf<"profile_attributes">, "dataset">;
type Format = NonNullable<RequestOf<"activity_events">["format"]>;
type Compression = NonNullable<RequestOf<"activity_events">["compression"]>;
type Layout = NonNullable<RequestOf<"activity_events">["layout"]>;
type RowFormat = NonNullable<RequestOf<"activity_events">["row_format"]>;
type Level = NonNullable<RequestOf<"conversion_events">["level"]>;
type AttributionWindow = NonNullable<RequestOf<"conversion_events">["attribution_window"]>;

export interface ExportFlag {
  option: Option;
  /** The field of each dataset that has one. */
  fields: FieldsByDataset;
}

/** The values of an enumeration of the document: a missing or an unknown one does not compile. */
const valuesOf = <Value extends string>(values: Record<Value, true>) => Object.keys(values);

/** Each dataset in a few words. */
export const DATASETS: Readonly<Record<DatasetName, string>> = {
  activity_events: "events of any definition, with their properties",
  conversion_events: "conversions, or the credit that touchpoints get for them",
  segment_profiles: "profiles of a segment, as one JSON document",
  profile_attributes: "a profile's attributes and identifiers",
  profile_events: "events with their profile's identifiers",
  reachability_events: "changes of a profile's reachability by SMS, email and push",
};

export const DATASET_NAMES = Object.keys(DATASETS) as DatasetName[];

const allDatasets = (field: Common): FieldsByDataset =>
  Object.fromEntries(DATASET_NAMES.map((name) => [name, field])) as FieldsByDataset;

/** Lists are separated by commas, and the option may be repeated. */
const addNames = (text: string, before: readonly string[] | undefined) => [
  ...(before ?? []),
  ...text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== ""),
];

const wholeNumber = (text: string) => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

const list = (flags: string, description: string) => new Option(flags, description).argParser(addNames);

/** `path` or `path=name`. */
const addColumns = (text: string, before: readonly { path: string; as?: string }[] | undefined) => [
  ...(before ?? []),
  ...addNames(text, []).map((column) => {
    const [path = "", as] = column.split("=");
    return as === undefined ? { path } : { path, as };
  }),
];

const addRedaction = (text: string, before: Readonly<Record<string, string>> | undefined) => ({
  ...before,
  ...Object.fromEntries(
    addNames(text, []).map((rule) => {
      const at = rule.lastIndexOf("=");
      const how = rule.slice(at + 1);
      if (at < 1 || (how !== "drop" && how !== "sha256"))
        throw new InvalidArgumentError("It must be PATH=drop or PATH=sha256.");
      return [rule.slice(0, at), how];
    }),
  ),
});

/** All of them but those of time and delivery, which set several fields: export-request.ts. */
export const EXPORT_FLAGS: readonly ExportFlag[] = [
  {
    option: list("--events <names>", "only these events: ids of definitions, separated by commas; * matches anything"),
    fields: {
      activity_events: "event_names",
      conversion_events: "event_names",
      profile_events: "event_names",
      segment_profiles: "events",
    },
  },
  {
    option: new Option("--row-format <format>", "properties side by side, or as an object").choices(
      valuesOf<RowFormat>({ flat: true, nested: true }),
    ),
    fields: { activity_events: "row_format" },
  },
  {
    option: new Option("--no-extra-fields", "leave out occurredAt of flat rows and eventId of nested ones"),
    fields: { activity_events: "extra_fields" },
  },
  {
    option: new Option("--enrich-with-moments-info", "add the campaign of events that a flow produced"),
    fields: { activity_events: "enrich_with_moments_info" },
  },
  {
    option: new Option("--level <level>", "whose touchpoints count").choices(
      valuesOf<Level>({ profile: true, company: true }),
    ),
    fields: { conversion_events: "level" },
  },
  {
    option: list("--sources <names>", "sources of touchpoints that get credit, such as google_ads,email"),
    fields: { conversion_events: "sources" },
  },
  {
    option: list("--attribution-model <names>", "how credit is given, such as linear; several add a column `model`"),
    fields: { conversion_events: "attribution_model" },
  },
  {
    option: new Option("--attribution-window <days>", "how far back touchpoints count; 0: without end")
      .choices(valuesOf<`${AttributionWindow}`>({ 0: true, 1: true, 7: true, 14: true, 30: true, 60: true, 90: true }))
      .argParser(wholeNumber),
    fields: { conversion_events: "attribution_window" },
  },
  {
    option: list("--fields <names>", "fields of a line, in this order"),
    fields: { conversion_events: "fields" },
  },
  {
    option: list("--group-by <fields>", "sums by source, ad_id, adset_id, campaign_id or account_id"),
    fields: { conversion_events: "group_by" },
  },
  {
    option: new Option("--numeric-ids", "write ids that are whole numbers as numbers"),
    fields: { conversion_events: "numeric_ids" },
  },
  {
    option: new Option("--short-times", "leave out milliseconds that are 0"),
    fields: { conversion_events: "short_times" },
  },
  {
    option: new Option("--segment <id>", "only profiles of this segment"),
    fields: { segment_profiles: "segment", profile_attributes: "segment" },
  },
  {
    option: list("--attributes <ids>", "these attributes"),
    fields: { segment_profiles: "attributes", profile_attributes: "attributes" },
  },
  { option: list("--tags <ids>", "these tags"), fields: { segment_profiles: "tags" } },
  { option: new Option("--include-topics", "add topics"), fields: { segment_profiles: "include_topics" } },
  {
    option: list("--identifiers <names>", "these identifiers, such as custom_id"),
    fields: { profile_attributes: "identifiers", profile_events: "identifiers" },
  },
  {
    option: new Option("--no-include-profile-id", "leave profile_id out of lines that do not ask for it"),
    fields: { profile_attributes: "include_profile_id" },
  },
  {
    option: new Option("--include-deletions", "with --since: list who was deleted"),
    fields: { profile_attributes: "include_deletions" },
  },
  {
    option: list("--channels <names>", "SMS, EMAIL or PUSH"),
    fields: { reachability_events: "channels" },
  },
  {
    option: new Option("--format <format>", "of the files").choices(
      valuesOf<Format>({ ndjson: true, csv: true, parquet: true }),
    ),
    fields: allDatasets("format"),
  },
  {
    option: new Option("--compression <codec>", "of the files").choices(
      valuesOf<Compression>({ gzip: true, zstd: true, none: true, snappy: true }),
    ),
    fields: allDatasets("compression"),
  },
  {
    option: new Option("--layout <layout>", "one file, or several of --file-rows rows").choices(
      valuesOf<Layout>({ single: true, files: true }),
    ),
    fields: allDatasets("layout"),
  },
  {
    option: new Option("--file-rows <count>", "rows a file, for the layout files").argParser(wholeNumber),
    fields: allDatasets("file_rows"),
  },
  {
    option: new Option("--columns <paths>", "only these columns, in this order; PATH=NAME renames one").argParser(
      addColumns,
    ),
    fields: allDatasets("columns"),
  },
  {
    option: new Option("--redact <rules>", "PATH=drop or PATH=sha256").argParser(addRedaction),
    fields: allDatasets("redact"),
  },
  {
    option: new Option("--csv-escape-formulas", "for csv: keep spreadsheets from reading a text as a formula"),
    fields: allDatasets("csv_escape_formulas"),
  },
  {
    option: new Option("--since <export>", "only what that completed export does not have"),
    fields: allDatasets("since"),
  },
  {
    option: new Option("--callback-url <url>", "receives a webhook when the export ends"),
    fields: allDatasets("callback_url"),
  },
];

/** Where the files go: fields of `delivery`. */
export const DELIVERY_FLAGS: readonly { option: Option; field: string }[] = [
  { option: new Option("--destination <id>", "deliver to this destination of the space"), field: "destination_id" },
  { option: new Option("--bucket <name>", "deliver to this bucket, with --region and --role-arn"), field: "bucket" },
  { option: new Option("--region <region>", "of the bucket"), field: "region" },
  { option: new Option("--directory-path <path>", "begins every key"), field: "directory_path" },
  { option: new Option("--role-arn <arn>", "the role that may write to the bucket"), field: "role_arn" },
];

/** Fields that have no option: `--request` takes them. */
export const FIELDS_OF_REQUEST_FILES: readonly string[] = ["segments"];

const TIME_OPTIONS = [
  new Option("--last <span>", "the window until now: 30m, 24h, 7d, 4w; all: as far back as events are kept"),
  new Option(
    "--date <day>",
    "a whole day in the space's time zone: 2026-11-03, yesterday; or several: 2026-11-01..2026-11-30",
  ),
  new Option("--start <time>", "start of the window: a day, or a time such as 2026-11-03T10:00:00Z"),
  new Option("--end <time>", "end of the window, exclusive: a day means its first moment"),
];

/** Adds the options of a request to a command. @param withWindow whether it has a window of time. */
export function addExportOptions(command: Command, withWindow = true): Command {
  if (withWindow) for (const option of TIME_OPTIONS) command.addOption(option);
  for (const { option } of [...EXPORT_FLAGS, ...DELIVERY_FLAGS]) command.addOption(option);
  return command.option("--request <file>", "the request as JSON (- for standard input); options replace its fields");
}
