/** Every codec of files of lines, by the name that a request has for it. */

import type { Compression } from "./codec.ts";
import { gzip } from "./gzip.ts";
import { none } from "./none.ts";
import { zstd } from "./zstd.ts";

export const COMPRESSIONS = { gzip, zstd, none } as const satisfies Record<string, Compression>;
