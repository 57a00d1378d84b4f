/** A reader of Parquet that is not the product's. */

import { decompress } from "fzstd";
import { parquetMetadata, parquetReadObjects } from "hyparquet";

export interface Table {
  /** Name and type of each column. */
  columns: [name: string, type: string][];
  rows: Record<string, unknown>[];
  /** Rows of each row group. */
  groups: number[];
  /** The codecs of all column chunks. */
  codecs: string[];
}

/** Of zstd, hyparquet has none. */
const compressors = { ZSTD: (page: Uint8Array) => decompress(page) };

/** By hyparquet, which decides by the file's own schema. */
export async function readParquet(bytes: Uint8Array): Promise<Table> {
  const file = new Uint8Array(bytes).buffer;
  const metadata = parquetMetadata(file);
  const rows = metadata.num_rows === 0n ? [] : await parquetReadObjects({ file, metadata, compressors });
  return {
    columns: metadata.schema
      .slice(1)
      .map(({ name, type, logical_type: logical }) => [name, logical?.type ?? type ?? "none"]),
    rows,
    groups: metadata.row_groups.map((group) => Number(group.num_rows)),
    codecs: [
      ...new Set(metadata.row_groups.flatMap(({ columns }) => columns.map((each) => each.meta_data?.codec ?? "none"))),
    ],
  };
}
