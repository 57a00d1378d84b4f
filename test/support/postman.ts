/** docs/connect/spillway.postman_collection.json: its form, and a small Postman that sends its requests. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import * as z from "zod";
import { ROOT } from "./pages.ts";

const text = z.string().min(1);
const description = z.string().optional();
const parameter = z.strictObject({ key: text, value: z.string(), description, disabled: z.literal(true).optional() });
const auth = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("bearer"),
    bearer: z.tuple([z.strictObject({ key: z.literal("token"), value: text, type: z.literal("string") })]),
  }),
  z.strictObject({ type: z.literal("noauth") }),
]);
const event = z.strictObject({
  listen: z.enum(["prerequest", "test"]),
  script: z.strictObject({ type: z.literal("text/javascript"), exec: z.array(z.string()) }),
});

const item = z.strictObject({
  name: text,
  event: z.array(event).optional(),
  request: z.strictObject({
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    description,
    auth: auth.optional(),
    header: z.array(parameter),
    url: z.strictObject({
      raw: z.string().startsWith("{{origin}}/"),
      host: z.tuple([z.literal("{{origin}}")]),
      path: z.array(text),
      query: z.array(parameter).optional(),
      variable: z.array(z.strictObject({ key: text, value: text, description })).optional(),
    }),
    body: z
      .strictObject({
        mode: z.literal("raw"),
        raw: text,
        options: z.strictObject({ raw: z.strictObject({ language: z.literal("json") }) }),
      })
      .optional(),
  }),
});

/** What the file has of https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html, and no more. */
const COLLECTION = z.strictObject({
  info: z.strictObject({
    name: text,
    description: text,
    schema: z.literal("https://schema.getpostman.com/json/collection/v2.1.0/collection.json"),
  }),
  item: z.array(z.strictObject({ name: text, description, item: z.array(item).min(1) })).min(1),
  auth,
  event: z.array(event),
  variable: z.array(z.strictObject({ key: text, value: z.string(), type: z.literal("string") })),
});

export type PostmanItem = z.infer<typeof item>;
export type PostmanCollection = z.infer<typeof COLLECTION>;

export const COLLECTION_TEXT = readFileSync(join(ROOT, "docs/connect/spillway.postman_collection.json"), "utf8");

/** @throws ZodError where the file is no collection. */
export const readCollection = (): PostmanCollection => COLLECTION.parse(JSON.parse(COLLECTION_TEXT));

/** A sender with variables: those of the collection, then those of the environment, then what scripts set. */
export class Postman {
  readonly #collection = readCollection();
  readonly #variables: Map<string, string>;

  constructor(environment: Readonly<Record<string, string>>) {
    const own = this.#collection.variable.map(({ key, value }) => [key, value] as const);
    this.#variables = new Map([...own, ...Object.entries(environment)]);
  }

  /** Sends the request of this name with the scripts that belong to it. */
  async send(name: string): Promise<{ status: number; body: string }> {
    const found = this.#collection.item.flatMap((folder) => folder.item).find((each) => each.name === name);
    if (found === undefined) throw new Error(`the collection has no request ${name}`);
    this.#run(this.#collection.event, "prerequest");
    const { method, header, url, body, auth: own } = found.request;
    const headers = new Headers(this.#enabled(header));
    const used = own ?? this.#collection.auth;
    if (used.type === "bearer") headers.set("authorization", `Bearer ${this.#resolve(used.bearer[0].value)}`);
    const values = new Map((url.variable ?? []).map(({ key, value }) => [`:${key}`, this.#resolve(value)]));
    const path = url.path.map((part) => encodeURIComponent(values.get(part) ?? part)).join("/");
    const query = new URLSearchParams(this.#enabled(url.query ?? []));
    const response = await fetch(`${this.#resolve("{{origin}}")}/${path}?${query.toString()}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: this.#resolve(body.raw) }),
    });
    const answer = { status: response.status, body: await response.text() };
    this.#run(found.event ?? [], "test", answer);
    return answer;
  }

  #enabled(parameters: readonly z.infer<typeof parameter>[]): [string, string][] {
    return parameters
      .filter(({ disabled }) => disabled !== true)
      .map(({ key, value }): [string, string] => [key, this.#resolve(value)]);
  }

  #resolve(value: string): string {
    return value.replaceAll(/\{\{([^}]+)\}\}/g, (_, name: string) => {
      const known = this.#variables.get(name);
      if (known === undefined) throw new Error(`no variable ${name} is set`);
      return known;
    });
  }

  #run(events: readonly z.infer<typeof event>[], listen: string, answer?: { status: number; body: string }): void {
    const set = (name: string, value: string) => this.#variables.set(name, value);
    const response = { code: answer?.status, json: () => JSON.parse(answer?.body ?? "") as unknown };
    for (const { script } of events.filter((each) => each.listen === listen))
      runInNewContext(script.exec.join("\n"), { pm: { variables: { set }, collectionVariables: { set }, response } });
  }
}
