/** R2: buckets with their lifecycle rules and objects. A jurisdiction is a namespace of its own, named by a header. */

import * as z from "zod";
import { Refusal } from "./answers.ts";
import { type Call, type Handler, type Route, route } from "./routes.ts";
import type { Bucket } from "./state.ts";

const creation = z.strictObject({
  name: z.string(),
  locationHint: z.enum(["weur", "eeur", "apac", "oc", "wnam", "enam"]).optional(),
  storageClass: z.enum(["Standard", "InfrequentAccess"]).optional(),
});
const lifecycle = z.strictObject({ rules: z.array(z.looseObject({ id: z.string(), enabled: z.boolean() })) });

/** Every call of R2 fails until R2 was ordered in the dashboard. */
function bucketRoute(method: string, path: string, handler: Handler): Route {
  return route(method, `/r2/buckets${path}`, (call) => {
    if (!call.account.hasR2) throw new Refusal(403, 10042, "Please enable R2 through the Cloudflare Dashboard.");
    return handler(call);
  });
}

export const bucketRoutes: readonly Route[] = [
  bucketRoute("GET", "", (call) => ({
    buckets: call.account.buckets.filter(({ jurisdiction }) => jurisdiction === namespaceOf(call)).map(describe),
  })),
  bucketRoute("POST", "", createBucket),
  bucketRoute("GET", "/:bucket", (call) => describe(findBucket(call))),
  bucketRoute("DELETE", "/:bucket", deleteBucket),
  bucketRoute("GET", "/:bucket/lifecycle", (call) => ({ rules: findBucket(call).lifecycle })),
  bucketRoute("PUT", "/:bucket/lifecycle", (call) => {
    findBucket(call).lifecycle = call.json(lifecycle).rules;
    return {};
  }),
  bucketRoute("GET", "/:bucket/objects", (call) =>
    [...findBucket(call).objects].map(([key, { length }]) => ({ key, size: length })),
  ),
  bucketRoute("DELETE", "/:bucket/objects/:key", (call) => {
    findBucket(call).objects.delete(call.param("key"));
    return {};
  }),
];

function createBucket(call: Call) {
  const { name, locationHint } = call.json(creation);
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) throw new Refusal(400, 10005, "The bucket name is invalid.");
  const jurisdiction = namespaceOf(call);
  if (call.account.buckets.some((bucket) => bucket.name === name && bucket.jurisdiction === jurisdiction))
    throw new Refusal(409, 10004, "The bucket you tried to create already exists, and you own it.");
  const bucket: Bucket = {
    name,
    jurisdiction,
    location: locationHint ?? null,
    creation_date: call.now(),
    // Each new bucket has this rule.
    lifecycle: [
      {
        id: "Default Multipart Abort Rule",
        enabled: true,
        conditions: { prefix: "" },
        abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: 604_800 } },
      },
    ],
    objects: new Map(),
  };
  call.account.buckets.push(bucket);
  return describe(bucket);
}

function deleteBucket(call: Call) {
  const bucket = findBucket(call);
  if (bucket.objects.size > 0) throw new Refusal(409, 10008, "The bucket you tried to delete is not empty.");
  call.account.buckets = call.account.buckets.filter((each) => each !== bucket);
  return {};
}

function namespaceOf({ headers }: Call): string | null {
  return headers.get("cf-r2-jurisdiction");
}

function findBucket(call: Call): Bucket {
  const jurisdiction = namespaceOf(call);
  const bucket = call.account.buckets.find(
    (each) => each.name === call.param("bucket") && each.jurisdiction === jurisdiction,
  );
  if (bucket === undefined) throw new Refusal(404, 10006, "The specified bucket does not exist.");
  return bucket;
}

function describe({ name, location, jurisdiction, creation_date }: Bucket) {
  return { name, location: location?.toUpperCase(), jurisdiction: jurisdiction ?? "default", creation_date };
}
