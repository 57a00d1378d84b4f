/** docs/connect/airbyte.yaml fits the OpenAPI document, the datasets and the limits. airbyte.test.ts runs it. */

import { unstable_readConfig as readConfig } from "wrangler";
import { expect, it } from "vitest";
import { DATASETS } from "../../src/datasets/index.ts";
import { OWN_API } from "../../src/http/docs.ts";
import { openApiDocument } from "../../src/http/openapi.ts";
import { ROUTES } from "../../src/http/routes.ts";
import { airbyteManifest, MANIFEST, type Requester, type Retriever } from "../support/airbyte.ts";
import { ROOT } from "../support/pages.ts";

interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  enum?: string[];
}

const { streams, check, api_budget: budget, spec } = airbyteManifest();
const document = openApiDocument(OWN_API, ROUTES, 0) as unknown as {
  paths: Record<string, object>;
  components: { schemas: Record<string, Schema> };
};
const named = streams.map((stream) => [stream.name, stream] as const);

/** Which row of the OpenAPI document a stream has. */
const ROWS: Record<string, string> = {
  activity_events: "NestedEventRow",
  conversion_events: "ConversionRow",
  profile_attributes: "ProfileRow",
  profile_events: "ProfileEventRow",
  reachability_events: "ReachabilityEventRow",
};

/** `POST /v1/exports/{id}/cancel`, as the OpenAPI document spells paths. The target of a download is the id too. */
const operationOf = ({ http_method: method, url }: Requester) =>
  `${method} ${url.replace("{{ config['origin'] }}", "").replace(/\{\{ (creation_response\['id'\]|download_target) \}\}/, "{id}")}`;

/** The members of an object, or of any of its forms, with those inside them: `event`, `event.id`. */
function membersOf(schema: Schema | undefined, before = ""): string[] {
  if (schema === undefined) return [];
  const { $ref, anyOf = [], oneOf = [], properties = {} } = schema;
  const named = $ref === undefined ? [] : membersOf(document.components.schemas[$ref.split("/").at(-1) ?? ""], before);
  const forms = [...anyOf, ...oneOf].flatMap((form) => membersOf(form, before));
  const own = Object.entries(properties).flatMap(([name, inner]) => [
    before + name,
    ...membersOf(inner, `${before}${name}.`),
  ]);
  return [...new Set([...named, ...forms, ...own])];
}

it("there is a stream for each dataset whose rows are lines", () => {
  const tabular = DATASETS.filter((dataset) => dataset.tabular !== undefined);
  expect(streams.map(({ name }) => name)).toEqual(tabular.map(({ name }) => name).toSorted());
  expect(check.stream_names.filter((name) => !streams.some((stream) => stream.name === name))).toEqual([]);
});

it.each(named)("%s calls operations that the API has", (_name, { retriever }) => {
  const roles = ["creation_requester", "polling_requester", "download_requester", "abort_requester"] as const;
  const called = roles.map((role) => operationOf(retriever[role]));
  expect(called).toEqual([
    "POST /v1/exports",
    "GET /v1/exports/{id}",
    "GET /v1/exports/{id}/content",
    "POST /v1/exports/{id}/cancel",
  ]);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(called.filter((operation) => !operations.includes(operation))).toEqual([]);
});

it.each(named)("%s maps every status of an export, each once", (_name, { retriever }) => {
  const { type: _, ...mapping } = retriever.status_mapping;
  const statuses = document.components.schemas["ExportStatus"]?.enum ?? [];
  const mapped = Object.values(mapping as Record<string, string[]>).flat();
  expect(mapped.toSorted()).toEqual(statuses.toSorted());
});

it.each(named)("%s has fields of its rows alone, and those that it adds", (name, stream) => {
  const added = (stream.transformations ?? []).flatMap(({ fields }) => fields.map(({ path }) => path.join(".")));
  const rows = membersOf(document.components.schemas[ROWS[name] ?? ""]);
  expect(rows.length).toBeGreaterThan(2);
  const told = membersOf(stream.schema_loader.schema);
  expect(told.filter((field) => !rows.includes(field) && !added.includes(field))).toEqual([]);
  const used = [...added, ...stream.primary_key, ...[stream.incremental_sync ?? []].flat().map((c) => c.cursor_field)];
  expect(used.filter((field) => !told.includes(field))).toEqual([]);
});

it("keeps to the limits of creates and polls, and to Retry-After", () => {
  const { vars } = readConfig({ config: `${ROOT}/wrangler.toml` });
  const [creates, polls, ...others] = budget.policies.map(({ rates }) => rates);
  expect(creates).toEqual([{ limit: Number(vars["CREATE_LIMIT"]), interval: "PT1M" }]);
  expect(polls).toEqual([{ limit: Number(vars["POLL_LIMIT"]), interval: "PT1M" }]);
  expect(others).toEqual([]);
  const counted = (requester: Requester) =>
    budget.policies.findIndex(({ matchers }) =>
      matchers.some(({ method, url_path_pattern: pattern }) => {
        const path = operationOf(requester).split(" ")[1] ?? "";
        return method === requester.http_method && new RegExp(pattern).test(path);
      }),
    );
  for (const { retriever } of streams) {
    const calls: Requester[] = [
      retriever.creation_requester,
      retriever.polling_requester,
      retriever.download_requester,
      retriever.abort_requester,
    ];
    expect(calls.map(counted)).toEqual([0, 1, -1, -1]);
    expect(handlersOf(retriever)).toEqual(calls.map(() => ["Retry-After", "RATE_LIMITED"]));
  }
});

/** Of each call: the header that it waits for, and what it does with 429. */
function handlersOf(retriever: Retriever): unknown[] {
  const roles = ["creation_requester", "polling_requester", "download_requester", "abort_requester"] as const;
  return roles.map((role) => {
    const text = JSON.stringify(retriever[role].error_handler);
    const [, header] = /"type":"WaitTimeFromHeader","header":"([^"]+)"/.exec(text) ?? [];
    const [, action] = /"http_codes":\[429\],"action":"([^"]+)"/.exec(text) ?? [];
    return [header, action];
  });
}

it("asks for every setting that it uses, and hides the key", () => {
  const { required, properties } = spec.connection_specification;
  const names = (pattern: RegExp) => [...new Set([...MANIFEST.matchAll(pattern)].map(([, name = ""]) => name))];
  expect(names(/config\['(\w+)'\]/g).toSorted()).toEqual(required.toSorted());
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  expect(names(/config\.get\('(\w+)'/g).toSorted()).toEqual(optional.toSorted());
  const secret = Object.entries(properties).flatMap(([name, setting]) => (setting["airbyte_secret"] ? [name] : []));
  expect(secret).toEqual(["api_key"]);
});
