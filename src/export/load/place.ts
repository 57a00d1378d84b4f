/** Where a system reads an export's files: in the customer's bucket, where the request says, or where they were put. */

import type { BucketLocation } from "../../outbound/bucket-location.ts";
import { invalid } from "../../errors.ts";
import type { LoadSystem, Place } from "./system.ts";

/** Where the files are written: null for the service's own bucket, from which they are downloaded. */
export type Source = {
  location: Pick<BucketLocation, "bucket" | "region" | "endpoint" | "path_style" | "provider">;
  prefix: string;
} | null;

const ADDRESS = /^([a-z][a-z0-9]*):\/\/([^/]+)(?:\/(.*))?$/;

/**
 * @param path of the request: a folder, or an address such as `s3://bucket/folder/`.
 * @throws invalid_request for a place that the system cannot read.
 */
export function placeOf(source: Source, path: string | undefined, { title, places }: LoadSystem): Place {
  if (path !== undefined) return requestedPlace(path, { title, places });
  if (source === null) return places.folder ? { kind: "folder", path: "" } : placeholder(places.schemes[0]);
  const { bucket, region, endpoint, path_style: pathStyle, provider } = source.location;
  const { prefix } = source;
  if (provider === "gcs" && places.schemes.includes("gs"))
    return {
      kind: "bucket",
      scheme: "gs",
      bucket,
      prefix,
      region: null,
      endpoint: null,
      pathStyle: false,
    };
  if (!places.schemes.includes("s3") || (endpoint !== null && !places.endpoints)) return placeholder(places.schemes[0]);
  return { kind: "bucket", scheme: "s3", bucket, prefix, region, endpoint, pathStyle };
}

export const PLACEHOLDER_BUCKET = "YOUR_BUCKET";

/** A bucket that the system reads, into which the files are copied first. */
const placeholder = (scheme: string): Place => ({
  kind: "bucket",
  scheme,
  bucket: PLACEHOLDER_BUCKET,
  prefix: "YOUR_FOLDER/",
  region: null,
  endpoint: null,
  pathStyle: false,
});

function requestedPlace(path: string, { title, places }: Pick<LoadSystem, "title" | "places">): Place {
  const pointer = "#query/path";
  const folder = path.endsWith("/") ? path : `${path}/`;
  const [, scheme = "", bucket = "", prefix = ""] = ADDRESS.exec(folder) ?? [];
  const schemes = places.schemes.map((each) => `${each}://`).join(", ");
  if (scheme === "") {
    if (folder.includes("://")) throw invalid({ pointer, detail: `path is an address that ${title} cannot read.` });
    if (places.folder) return { kind: "folder", path: folder };
    throw invalid({
      pointer,
      detail: `${title} reads no local folder: path must begin with ${schemes}.`,
    });
  }
  if (!places.schemes.includes(scheme))
    throw invalid({
      pointer,
      detail: `${title} cannot read ${scheme}://: path must begin with ${schemes}.`,
    });
  return { kind: "bucket", scheme, bucket, prefix, region: null, endpoint: null, pathStyle: false };
}
