/** Which systems read the files of an export. Pure. */

import type { Export } from "spillway-client";

/** A system that files can be loaded into; `reads` has the compressions of each form of files that it reads. */
export interface LoadSystem {
  readonly name: string;
  readonly title: string;
  readonly reads: Readonly<Record<string, readonly string[]>>;
}

export function systemsFor({ dataset, request }: Export, systems: readonly LoadSystem[]): readonly LoadSystem[] {
  // The result of profiles with sections is one document, whatever its request says.
  const isDocument = dataset === "segment_profiles";
  const form = isDocument ? "document" : (request.format ?? "ndjson");
  const compression = request.compression ?? "gzip";
  return systems.filter(({ reads }) => reads[form]?.includes(compression) === true);
}
