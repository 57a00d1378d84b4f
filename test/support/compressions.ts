/** A shop of 1,000 events in chunks of 400 rows, whose exports are asked for in each compression. */

import { roomyService } from "./pipeline.ts";
import { orders, type Service, type Space } from "./service.ts";

export const CODECS = ["gzip", "zstd", "none"] as const;
export const ENDINGS = { gzip: ".gz", zstd: ".zst", none: "" } as const;

export const roomyShop = (): Service => roomyService({ PENDING_LIMIT: "1000" });

export async function shopInChunks(service: Service): Promise<Space> {
  const space = await service.shop();
  service.context.sizes = { ...service.context.sizes, chunkRows: 400 };
  await service.send(space, orders(1_000));
  return space;
}

/** The body of a create: the events of the last hour. */
export const lastHour = (service: Service) => ({
  dataset: "activity_events",
  start: new Date(service.now - 3_600_000).toISOString(),
  end: new Date(service.now).toISOString(),
});

/** An export as one stream. @param coding what the client accepts. */
export async function contentOf(service: Service, space: Space, id: string, coding: string) {
  const headers = { "accept-encoding": coding };
  const response = await service.call("GET", `/v1/exports/${id}/content`, { key: space.key, headers });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { bytes, coding: response.headers.get("content-encoding"), type: response.headers.get("content-type") };
}
