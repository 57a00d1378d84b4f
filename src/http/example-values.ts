/** Examples of answers in the OpenAPI document, and values that those of several resources share. */

/** By operationId or, for every other operation, by the id of the answer's schema. */
export type Examples = Record<string, unknown>;

export const AT = "2026-01-15T10:23:45.123Z";
export const TIMES = { created_at: AT, updated_at: AT };

export const EXPORT_ID = "4c959f87-6c1d-4f2e-9a7b-3d5e8f0a1b2c";

/** When the example export was completed. */
export const COMPLETED_AT = "2026-01-15T10:23:58.902Z";

/** What the example export and schedule ask for, beside the window. */
export const EXPORTED = {
  event_names: ["order_*"],
  row_format: "flat",
  extra_fields: true,
  enrich_with_moments_info: false,
  delivery: { type: "download" },
  layout: "single",
  format: "ndjson",
  compression: "gzip",
  file_rows: 50_000,
};

/** Rows of the example export. */
export const ROWS = 541_909;

/** The example space. */
export const SPACE_ID = "9a4d1c6e-2f7b-4a55-8d3e-1b0c5e7f6a21";

/** The external id of the example space. */
export const EXTERNAL_ID = "spillway-3e5b8c1a-7d40-4f6b-9c2e-0a1d8f7b6c54";
