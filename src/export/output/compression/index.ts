/** Every codec, by name. */

import type { Compression } from "./codec.ts";
import { gzip } from "./gzip.ts";

export const COMPRESSIONS = { gzip } as const satisfies Record<string, Compression>;
