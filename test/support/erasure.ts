/** Deletions of profiles in tests: a shop with the persons p-1 and p-2, whose clock a test moves before it sweeps. */

import { sweep } from "./sweep.ts";
import { roomyService } from "./pipeline.ts";
import { orders, type Service, type Space, START } from "./service.ts";

export interface Deletion {
  id: string;
  status: string;
  completed_at: string | null;
  deleted: Record<string, number>;
}

export class ErasureShop {
  readonly service: Service;
  readonly space: Space;

  private constructor(service: Service, space: Space) {
    this.service = service;
    this.space = space;
  }

  static async open(): Promise<ErasureShop> {
    const service = roomyService();
    const shop = new ErasureShop(service, await service.shop());
    await shop.put({ person_id: "p-2", external_person_id: "CRM-2" });
    return shop;
  }

  put(...profiles: Record<string, unknown>[]): Promise<unknown> {
    return this.service.json("PUT", "/v1/profiles", 200, { key: this.space.key, body: { profiles } });
  }

  /** Deletes a person. */
  remove(personId = "p-1"): Promise<Deletion> {
    return this.service.json<Deletion>("DELETE", `/v1/profiles/${personId}`, 202, { key: this.space.key });
  }

  look({ id }: { id: string }): Promise<Deletion> {
    return this.service.json<Deletion>("GET", `/v1/profile-deletions/${id}`, 200, { key: this.space.key });
  }

  async sweepLater(ms = 60_000): Promise<void> {
    this.service.now += ms;
    await sweep(this.service.context);
  }
}

/** Five events, of p-1 and p-2 in turns. */
export const mixed = (from = START - 3_000_000, name = "e") =>
  orders(5, from).map((event, n) => ({ ...event, id: `${name}-${n}`, person_id: n % 2 === 0 ? "p-1" : "p-2" }));
