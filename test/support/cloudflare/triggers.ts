/** What calls a Worker: its address below workers.dev, routes, custom domains and schedules. */

import { randomUUID } from "node:crypto";
import * as z from "zod";
import { Page, Refusal } from "./answers.ts";
import { findWorker } from "./lookup.ts";
import { type Call, type Route, route } from "./routes.ts";
import type { Domain } from "./state.ts";

const MAX_SCHEDULES = { free: 5, paid: 250 };

const subdomain = z.strictObject({ enabled: z.boolean(), previews_enabled: z.boolean().optional() });
const schedules = z.array(z.strictObject({ cron: z.string() }));
const routes = z.array(z.looseObject({ pattern: z.string() }));
const origin = z.looseObject({
  hostname: z.string(),
  zone_id: z.string().optional(),
  zone_name: z.string().optional(),
});
const domains = z.looseObject({
  origins: z.array(origin),
  override_existing_origin: z.boolean().optional(),
  override_existing_dns_record: z.boolean().optional(),
});

export const triggerRoutes: readonly Route[] = [
  route("GET", "/workers/subdomain", ({ account }) => {
    if (account.subdomain === null) throw new Refusal(404, 10007, "You do not have a workers.dev subdomain.");
    return { subdomain: account.subdomain };
  }),
  route("GET", "/workers/scripts/:worker/subdomain", (call) => {
    const { onWorkersDev, hasPreviews } = findWorker(call);
    return { enabled: onWorkersDev, previews_enabled: hasPreviews };
  }),
  route("POST", "/workers/scripts/:worker/subdomain", (call) => {
    const worker = findWorker(call);
    const { enabled, previews_enabled } = call.json(subdomain);
    worker.onWorkersDev = enabled;
    worker.hasPreviews = previews_enabled ?? worker.hasPreviews;
    return { enabled, previews_enabled: worker.hasPreviews };
  }),
  route("GET", "/workers/scripts/:worker/schedules", (call) => ({
    schedules: findWorker(call).schedules.map((cron) => ({ cron })),
  })),
  route("PUT", "/workers/scripts/:worker/schedules", putSchedules),
  route("PUT", "/workers/scripts/:worker/routes", (call) => {
    const worker = findWorker(call);
    worker.routes = call.json(routes).map(({ pattern }) => pattern);
    return worker.routes.map((pattern) => ({ pattern }));
  }),
  route("POST", "/workers/scripts/:worker/domains/changeset", compareDomains),
  route("PUT", "/workers/scripts/:worker/domains/records", putDomains),
  route("GET", "/workers/domains", listDomains),
  route("GET", "/workers/domains/records", listDomains),
  route("GET", "/workers/domains/records/:domain", (call) => findDomain(call)),
  route("DELETE", "/workers/domains/:domain", (call) => {
    const domain = findDomain(call);
    call.account.domains = call.account.domains.filter((each) => each !== domain);
    return null;
  }),
];

function putSchedules(call: Call) {
  const worker = findWorker(call);
  const crons = call.json(schedules).map(({ cron }) => cron);
  const others = call.account.workers.filter((each) => each !== worker).flatMap((each) => each.schedules);
  if (others.length + crons.length > MAX_SCHEDULES[call.account.plan])
    throw new Refusal(400, 10072, "You have exceeded the limit of cron triggers of your account.");
  worker.schedules = crons;
  return { schedules: crons.map((cron) => ({ cron })) };
}

function listDomains({ account, query }: Call) {
  const wanted = account.domains.filter(
    ({ hostname, service }) =>
      (query.get("hostname") ?? hostname) === hostname && (query.get("service") ?? service) === service,
  );
  return new Page(
    wanted.map((domain) => ({ ...domain, environment: "production" })),
    query,
  );
}

function findDomain({ account, param }: Call): Domain {
  const domain = account.domains.find(({ id }) => id === param("domain"));
  if (domain === undefined) throw new Refusal(404, 100_114, "The custom domain could not be found.");
  return domain;
}

/** What `putDomains` would do with the same hosts. */
function compareDomains(call: Call) {
  const worker = findWorker(call);
  const hostnames = call.json(z.array(origin)).map(({ hostname }) => hostname);
  const existing = call.account.domains.filter(({ hostname }) => hostnames.includes(hostname));
  const known = existing.map(({ hostname }) => hostname);
  return {
    added: hostnames.filter((hostname) => !known.includes(hostname)).map((hostname) => ({ hostname })),
    removed: call.account.domains.filter((each) => each.service === worker.name && !hostnames.includes(each.hostname)),
    updated: existing.map((domain) => ({ ...domain, modified: domain.service !== worker.name })),
    conflicting: [],
  };
}

function putDomains(call: Call) {
  const worker = findWorker(call);
  const { origins, override_existing_origin, override_existing_dns_record } = call.json(domains);
  const wanted = origins.map(({ hostname }): Domain => {
    const zone = call.account.zones.find(({ name }) => hostname === name || hostname.endsWith(`.${name}`));
    if (zone === undefined) throw new Refusal(400, 10_021, `Hostname '${hostname}' is not in a zone of this account.`);
    if (zone.records?.includes(hostname) === true && override_existing_dns_record !== true)
      throw new Refusal(409, 100_117, `Hostname '${hostname}' already has externally managed DNS records.`);
    const existing = call.account.domains.find((each) => each.hostname === hostname);
    if (existing !== undefined && existing.service !== worker.name && override_existing_origin !== true)
      throw new Refusal(409, 100_116, `Hostname '${hostname}' already has another origin.`);
    return { id: existing?.id ?? randomUUID(), hostname, zone_id: zone.id, service: worker.name };
  });
  const hostnames = wanted.map(({ hostname }) => hostname);
  call.account.domains = [
    ...call.account.domains.filter((each) => each.service !== worker.name && !hostnames.includes(each.hostname)),
    ...wanted,
  ];
  return wanted;
}
