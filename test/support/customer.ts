/** A shop whose exports go to a customer's own bucket, behind a strict S3 and STS. */

import { AWS_VARS, FakeAws, ROLE } from "./aws.ts";
import { gunzip, lines } from "./gunzip.ts";
import { roomyService } from "./pipeline.ts";
import { type ExportView, orders, Service, type Space } from "./service.ts";

export const INLINE = {
  type: "s3",
  bucket: "acme-exports",
  region: "EU_CENTRAL_1",
  directory_path: "spillway/dt=now",
  role_arn: ROLE,
};
export const PREFIX = "spillway/dt=now/";
export const DAY_MS = 86_400_000;

/** Of the events that the shop has. */
export const IDS = orders(5).map((event) => event["id"]);

/** The required fields of a destination. */
export const MINIMAL = {
  name: "Warehouse",
  bucket: "acme-exports",
  region: "EU_CENTRAL_1",
  auth: { type: "role", role_arn: ROLE },
};

/** A store and STS beside a service, with a role that trusts a space of it. @param make creates the space. */
async function beside(service: Service, make: () => Promise<Space>) {
  const aws = new FakeAws();
  aws.now = () => service.now;
  service.customers = aws.fetch;
  const space = await make();
  aws.trusted = new Set([space.external_id]);
  return { service, space, aws };
}

/** A space without any event. */
export async function emptySpace() {
  const service = new Service(AWS_VARS);
  return beside(service, () => service.space());
}

export class Customer {
  readonly service: Service;
  readonly space: Space;
  readonly aws: FakeAws;

  private constructor(service: Service, space: Space, aws: FakeAws) {
    this.service = service;
    this.space = space;
    this.aws = aws;
  }

  /** A shop with five events, and a role that trusts it. @param vars settings beside those of the role. */
  static async open(vars: Record<string, string> = {}): Promise<Customer> {
    const service = roomyService({ ...AWS_VARS, ...vars });
    const { space, aws } = await beside(service, () => service.shop());
    await service.send(space, orders(5));
    return new Customer(service, space, aws);
  }

  /** Asks for an export of three files. */
  ask(more: Record<string, unknown> = {}): Promise<string> {
    return this.service.ask(this.space, { file_rows: 2, delivery: INLINE, ...more });
  }

  /** Asks, pumps, polls. */
  async export(more: Record<string, unknown> = {}): Promise<ExportView> {
    const id = await this.ask(more);
    await this.service.pump();
    return this.poll(id);
  }

  poll(id: string): Promise<ExportView> {
    return this.service.poll(this.space, id);
  }

  /** Makes a destination. @returns the delivery to it, and its id. */
  async destination(more: Record<string, unknown> = {}) {
    const body = { ...MINIMAL, ...more };
    const created = await this.service.json<{ id: string }>("POST", "/v1/destinations", 201, {
      key: this.space.key,
      body,
    });
    return { id: created.id, delivery: { type: "s3", destination_id: created.id } };
  }

  /** Of the customer's objects. */
  keys(): string[] {
    return [...this.aws.objects.keys()].toSorted();
  }

  /** The customer's objects, with their bytes. */
  objects(): [string, string][] {
    return [...this.aws.objects].map(([key, { body }]): [string, string] => [
      key,
      Buffer.from(body).toString("base64"),
    ]);
  }

  /** The events in these objects, one after the other. */
  idsAt(names: readonly string[]): unknown[] {
    const texts = names.map((name) => gunzip(this.aws.objects.get(name)?.body ?? new Uint8Array()));
    return texts.flatMap((text) => lines(text)).map((row) => row["eventId"]);
  }
}
