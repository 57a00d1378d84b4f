/** The operations that change an export: cancel, retry, delete. */

import { cancel, remove, retry } from "../../export/api/actions.ts";
import { requireDelivery } from "../portal/destinations.ts";
import { json, route } from "../route.ts";
import { exportOf, POLL_AFTER, show } from "./resource.ts";
import { Export } from "./schemas.ts";
import { IdInPath } from "../schemas.ts";

export const changeRoutes = [
  route({
    method: "POST",
    path: "/{id}/cancel",
    operationId: "cancelExport",
    summary: "Cancel an export",
    description:
      "Stops the export at any point. Its files in the service's bucket are removed; files in your own bucket stay.",
    auth: "exports:write",
    portal: ["exports:write"],
    params: IdInPath,
    responses: { 202: { description: "The export is canceled.", schema: Export } },
    errors: ["conflict"],
    async handle(call, { space, params: { id } }) {
      await exportOf(call, space.id, id);
      await cancel(call.context, space.id, id);
      return json(await show(call, await exportOf(call, space.id, id)), 202);
    },
  }),
  route({
    method: "POST",
    path: "/{id}/retry",
    operationId: "retryExport",
    summary: "Retry a failed export",
    description:
      "Continues after the last complete file, at the same snapshot. If a person was deleted in the meantime, the export starts again without that person. A failed export can be retried until its `expires_at`. The call counts as a `create`, and the export counts as pending.",
    auth: "exports:write",
    portal: ["exports:write"],
    limit: "create",
    params: IdInPath,
    responses: {
      202: {
        description: "The export is queued again.",
        schema: Export,
        headers: { "Retry-After": "Seconds to wait before polling." },
      },
    },
    errors: ["conflict", "too_many_pending_exports"],
    async handle(call, { space, session, params: { id } }) {
      const { destination, destination_id: destinationId } = await exportOf(call, space.id, id);
      if (destination !== null) requireDelivery(session, { type: "s3", destination_id: destinationId ?? undefined });
      await retry(call.context, space.id, id, call.requestId);
      return json(await show(call, await exportOf(call, space.id, id)), 202, POLL_AFTER);
    },
  }),
  route({
    method: "DELETE",
    path: "/{id}",
    operationId: "deleteExport",
    summary: "Delete an export",
    description:
      "An export in progress is canceled (202). An export that has ended is deleted (204): its id is unknown from then on, and its files are removed from the service's bucket within minutes. Files in your own bucket stay.",
    auth: "exports:write",
    portal: ["exports:write"],
    params: IdInPath,
    responses: {
      202: { description: "The export was in progress and is canceled.", schema: Export },
      204: { description: "The export is deleted." },
    },
    errors: ["conflict"],
    async handle(call, { space, params: { id } }) {
      await exportOf(call, space.id, id);
      if (await remove(call.context, space.id, id)) return new Response(null, { status: 204 });
      await cancel(call.context, space.id, id);
      return json(await show(call, await exportOf(call, space.id, id)), 202);
    },
  }),
];
