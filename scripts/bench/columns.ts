/** THE table of the columns of the benchmark: what an export asks for, and its target. */

import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { EventsRequest } from "./measure.ts";
import type { Engine } from "./service.ts";

export type Layout = "single" | "files";

export interface Column {
  /** The two lines above the column's figures. */
  title: readonly [codec: string, layout: string];
  /** The setting GZIP_ENGINE, which is for gzip alone. */
  engine: Engine;
  layout: Layout;
  /** What the request has beside the dataset, the window and the layout. */
  request: Partial<EventsRequest>;
  /** Decompresses a file to the lines, which are the same bytes in all columns; null for a format without lines. */
  lines: (() => Transform) | null;
  /** The most CPU time, in times that of the baseline. */
  maxCpu: number;
}

const FFLATE = { engine: "fflate", request: {}, lines: createGunzip } as const;
const NATIVE = { engine: "native", request: {}, lines: createGunzip } as const;
const ZSTD = { engine: "fflate", request: { compression: "zstd" }, lines: createZstdDecompress } as const;
const PARQUET = { engine: "fflate", request: { format: "parquet", compression: "zstd" }, lines: null } as const;

export const COLUMNS: readonly Column[] = [
  { title: ["fflate", "single"], layout: "single", ...FFLATE, maxCpu: 1.3 },
  { title: ["fflate", "files"], layout: "files", ...FFLATE, maxCpu: 1.1 },
  { title: ["native", "single"], layout: "single", ...NATIVE, maxCpu: 0.95 },
  { title: ["native", "files"], layout: "files", ...NATIVE, maxCpu: 0.8 },
  { title: ["zstd", "files"], layout: "files", ...ZSTD, maxCpu: 0.7 },
  { title: ["Parquet, zstd", "files"], layout: "files", ...PARQUET, maxCpu: 0.9 },
];

/** Columns that differ in nothing but the layout: `single` should cost little more than `files`. */
export const layoutPairs = (): readonly (readonly [single: Column, files: Column])[] =>
  COLUMNS.filter(({ layout }) => layout === "single").flatMap((single) => {
    const files = COLUMNS.find(({ layout, title }) => layout === "files" && title[0] === single.title[0]);
    return files === undefined ? [] : [[single, files] as const];
  });
