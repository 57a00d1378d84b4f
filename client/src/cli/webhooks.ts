/** `webhooks`: endpoints of the space, and what was delivered to them. */

import { type Command, Option } from "commander";
import type { CreateWebhookEndpointData, WebhookDelivery, WebhookEndpoint } from "../generated/types.gen.ts";
import type { Cli } from "./cli.ts";
import { confirm, given, listing, names } from "./resource.ts";
import { addListen } from "./webhooks-listen.ts";

type EventTypes = NonNullable<CreateWebhookEndpointData["body"]["event_types"]>;
type Status = WebhookDelivery["status"];

const STATUSES = Object.keys({ pending: true, delivered: true, failed: true } satisfies Record<Status, true>);

interface EndpointOptions {
  url?: string;
  eventTypes?: EventTypes;
  enabled?: boolean;
  yes?: boolean;
}

export function addWebhooks(program: Command, cli: Cli): void {
  const webhooks = program.command("webhooks").description("calls to your own addresses when an export ends");
  addEndpoints(webhooks.command("endpoints").description("addresses that receive webhooks"), cli);

  const deliveries = webhooks
    .command("deliveries")
    .option("--export <id>", "of this export")
    .option("--endpoint <id>", "to this endpoint")
    .addOption(new Option("--status <status>", "only these").choices(STATUSES));
  listing(deliveries, cli, {
    description: "webhooks with their attempts, newest first",
    columns: [
      { title: "id", value: (delivery: WebhookDelivery) => delivery.id },
      { title: "type", value: (delivery) => delivery.type },
      { title: "export", value: (delivery) => delivery.export_id },
      { title: "status", value: (delivery) => delivery.status },
      { title: "attempts", value: (delivery) => delivery.attempts.length, right: true },
      {
        title: "last answer",
        value: ({ attempts }) => attempts.at(-1)?.status_code ?? attempts.at(-1)?.error,
      },
      { title: "next attempt", value: (delivery) => delivery.next_attempt_at },
    ],
    read: ({ limit, ...options }) => {
      const { export: exportId, endpoint, status } = options as { export?: string; endpoint?: string; status?: Status };
      const query = { limit, ...given({ export_id: exportId, endpoint_id: endpoint, status }) };
      return cli.spillway.webhookDeliveries.list(query);
    },
  });

  webhooks
    .command("redeliver <id>")
    .description("send a webhook again")
    .action(async (id: string) => cli.out.thing(await cli.spillway.webhookDeliveries.redeliver(id)));

  addListen(webhooks, cli);
}

function addEndpoints(endpoints: Command, cli: Cli): void {
  listing(endpoints.command("list"), cli, {
    description: "endpoints of the space",
    columns: [
      { title: "id", value: (endpoint: WebhookEndpoint) => endpoint.id },
      { title: "url", value: (endpoint) => endpoint.url },
      { title: "enabled", value: (endpoint) => (endpoint.enabled ? "yes" : "no") },
      { title: "types", value: (endpoint) => endpoint.event_types.join(" ") },
    ],
    read: ({ limit }) => cli.spillway.webhookEndpoints.list({ limit }),
  });

  endpoints
    .command("show <id>")
    .description("one endpoint; its secret is never shown again")
    .action(async (id: string) => cli.out.thing(await cli.spillway.webhookEndpoints.get(id)));

  endpoints
    .command("create <url>")
    .description("make an endpoint; its secret is shown once")
    .option("--event-types <types>", "such as export.completed,export.failed; default: all", names)
    .action(async (url: string, { eventTypes }: EndpointOptions) => {
      const body = { url, ...given({ event_types: eventTypes }) };
      cli.out.thing(await cli.spillway.webhookEndpoints.create(body));
      cli.out.note("The secret is shown only now.");
    });

  endpoints
    .command("change <id>")
    .description("change the fields that are named")
    .option("--url <url>", "the address")
    .option("--event-types <types>", "what it receives", names)
    .option("--enabled", "deliver to it")
    .option("--no-enabled", "deliver nothing to it")
    .action(async (id: string, { url, eventTypes, enabled }: EndpointOptions) => {
      const body = given({ url, event_types: eventTypes, enabled });
      cli.out.thing(await cli.spillway.webhookEndpoints.change(id, body));
    });

  endpoints
    .command("rotate-secret <id>")
    .description("make a new secret, which is shown once")
    .action(async (id: string) => cli.out.thing(await cli.spillway.webhookEndpoints.rotateSecret(id)));

  endpoints
    .command("delete <id>")
    .description("remove an endpoint")
    .option("--yes", "do not ask")
    .action(async (id: string, { yes }: EndpointOptions) => {
      await confirm(cli, `The endpoint ${id} is removed.`, yes);
      await cli.spillway.webhookEndpoints.delete(id);
      cli.out.result({ id, deleted: true }, [`The endpoint ${id} is removed.`]);
    });
}
