/** The calls that change an export: stop it, take it up again, remove it. */

import * as z from "zod";
import { cancel, remove, retry } from "../../export/api/actions.ts";
import { json, route } from "../route.ts";
import { ExportResource, exportOf, POLL_AFTER, show, TAG } from "./resource.ts";

const params = z.object({ id: z.string() });

export const changeRoutes = [
  route({
    method: "POST",
    path: "/{id}/cancel",
    operationId: "cancelExport",
    summary: "Cancel an export",
    description:
      "Stops it wherever it is. Nothing of it stays in the service's own bucket; what is in a bucket of yours stays there.",
    tag: TAG,
    auth: "exports:write",
    limit: "poll",
    params,
    responses: { 202: { description: "It is canceled.", schema: ExportResource } },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params: { id } }) {
      await exportOf(call, space.id, id);
      await cancel(call.context, space.id, id);
      return json(await show(call, await exportOf(call, space.id, id), false), 202);
    },
  }),
  route({
    method: "POST",
    path: "/{id}/retry",
    operationId: "retryExport",
    summary: "Retry a failed export",
    description:
      "It goes on from its last good file, at the same snapshot; where a person was deleted since, it begins anew, without them. A failed export can be retried until its `expires_at`. It counts as a create and as pending.",
    tag: TAG,
    auth: "exports:write",
    limit: "create",
    params,
    responses: {
      202: {
        description: "It is queued again.",
        schema: ExportResource,
        headers: { "Retry-After": "Seconds until a poll is worth while." },
      },
    },
    errors: ["not_found", "conflict", "too_many_pending_exports"],
    async handle(call, { space, params: { id } }) {
      await exportOf(call, space.id, id);
      await retry(call.context, space.id, id, call.requestId);
      return json(await show(call, await exportOf(call, space.id, id), false), 202, POLL_AFTER);
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteExport",
    summary: "Delete an export",
    description:
      "One that is under way is canceled (202). One that has ended is removed (204): its id is unknown from then on, and its files go from the service's own bucket within minutes. Files in a bucket of yours stay.",
    tag: TAG,
    auth: "exports:write",
    limit: "poll",
    params,
    responses: {
      202: { description: "It was under way, and is canceled.", schema: ExportResource },
      204: { description: "It is removed." },
    },
    errors: ["not_found", "conflict"],
    async handle(call, { space, params: { id } }) {
      await exportOf(call, space.id, id);
      if (await remove(call.context, space.id, id)) return new Response(null, { status: 204 });
      await cancel(call.context, space.id, id);
      return json(await show(call, await exportOf(call, space.id, id), false), 202);
    },
  }),
];
