/** The files of docs/connect/dbt, and the exports whose tables they name. */

import { parse } from "yaml";

export interface DbtColumn {
  name: string;
  quote: boolean;
  data_type: string;
  data_tests?: string[];
}

export interface DbtTable {
  name: string;
  config?: { loaded_at_field: string };
  columns: DbtColumn[];
}

/** @param sources the text of models/sources.yml. */
export function dbtTables(sources: string): DbtTable[] {
  const [source] = (parse(sources) as { sources: { tables: DbtTable[] }[] }).sources;
  if (source === undefined) throw new Error("there is no source");
  return source.tables;
}

/** What an export of each dataset is asked for, beside its window, so that its table has the columns of the source. */
export const EXPORTS: Readonly<Record<string, Record<string, unknown>>> = {
  activity_events: {},
  conversion_events: {
    fields: "profile_id company_id event_name configured_name amount is_upsell order_id order_name event_url".split(
      " ",
    ),
  },
  segment_profiles: { attributes: ["$email_address"] },
  profile_attributes: { identifiers: ["external_person_id"] },
  profile_events: { identifiers: ["external_person_id"] },
  reachability_events: {},
};

/** The window of a dataset's export under its own names. @param start, end RFC 3339; some end now. */
export function windowOf(dataset: string, start: string, end: string): Record<string, string> {
  if (dataset === "activity_events" || dataset === "conversion_events") return { start, end };
  return dataset === "profile_events" || dataset === "reachability_events" ? { from: start } : {};
}
