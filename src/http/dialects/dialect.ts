/**
 * A dialect: the API of another product, served beside the own one, so that a client written for that product works
 * after a change of its base URL and its key. A dialect is a thin façade over a dataset. Its operations run the same
 * chain as those below /v1 (key, limits, schema), with the product's credentials and errors, and it knows more than the
 * client's documentation: members of a body and parameters that it does not have are ignored, and named in the log.
 */

import * as z from "zod";
import type { DialectName } from "../../config.ts";
import { SpillwayError } from "../../errors.ts";
import { SentDocument } from "../meta/document.ts";
import { answerErrors, throwErrors } from "../middleware/problems.ts";
import type { ApiDescription } from "../openapi.ts";
import { type Resource, resource } from "../resource.ts";
import { type Operation, type Route, route } from "../route.ts";
import { ignoredMembers } from "./ignored-members.ts";

/** What a folder of a dialect exports. */
export interface DialectDefinition {
  name: DialectName;
  /** The group of its operations in its document. */
  tag: string;
  api: Omit<ApiDescription, "tags" | "webhooks"> & { tag: string };
  /**
   * The addresses that it has, each with the operations below it. Other addresses below them are its own 404s. With a
   * `pattern` of Hono's, they are served wherever it matches; the document has them below `path`.
   */
  mounts: readonly { path: string; pattern?: string; operations: readonly Operation[] }[];
}

export interface Dialect {
  /** What app.ts mounts: the operations, and the document. */
  resources: readonly Resource[];
  /** The operations that the document describes, with whole paths. */
  routes: readonly Route[];
  description: ApiDescription;
}

/** A dialect as it is served. Its OpenAPI document is at `/dialects/<name>/openapi.json`. */
export function dialect({ name, tag, api, mounts }: DialectDefinition): Dialect {
  const description: ApiDescription = { ...api, tags: { [tag]: api.tag }, webhooks: [] };
  const { conventions } = api;
  const served = mounts.map(({ path, pattern = path, operations }) => {
    const own = resource(path, tag, operations.map(lenient), conventions);
    own.app.onError(answerErrors(conventions));
    own.app.all("*", throwErrors, () => {
      throw new SpillwayError("not_found", "No resource has this address.");
    });
    return { ...own, path: pattern };
  });
  const routes = served.flatMap((each) => each.routes);
  return { description, routes, resources: [...served, documentResource(name, description, routes)] };
}

function documentResource(name: DialectName, description: ApiDescription, routes: readonly Route[]): Resource {
  const document = new SentDocument(description, () => routes);
  return resource(`/dialects/${name}`, "Service", [
    route({
      method: "GET",
      path: "/openapi.json",
      operationId: "dialectDocument",
      summary: "Get the dialect's OpenAPI document",
      auth: "none",
      responses: { 200: { description: "OpenAPI 3.1.", contentTypes: ["application/json"] } },
      handle: ({ request, runtime }) => document.response(request, runtime.now()),
    }),
  ]);
}

/** Clients send more than their documentation has: what an operation's schemas do not name is logged, and ignored. */
function lenient(operation: Operation): Operation {
  const { query = z.looseObject({}), body } = operation;
  return {
    ...operation,
    query,
    handle(call, parsed) {
      const ignored = [
        ...ignoredMembers(query, parsed.query),
        ...(body === undefined ? [] : ignoredMembers(body.schema, parsed.body)),
      ];
      if (ignored.length > 0) call.notes["ignored"] = ignored.join(" ");
      return operation.handle(call, parsed);
    },
  };
}
