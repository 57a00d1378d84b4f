/** New secrets for an endpoint, and for the webhooks to `callback_url`s, which the space itself signs. */

import * as z from "zod";
import { findEndpoint, rotateEndpointSecret } from "../../db/webhooks/endpoints.ts";
import { rotateSpaceSecret } from "../../db/webhooks/receivers.ts";
import { iso } from "../../time/names.ts";
import { resource } from "../resource.ts";
import { json, route } from "../route.ts";
import { Endpoint, EndpointId, found, showEndpoint, TAG } from "./endpoints.ts";
import { bothSignUntil, newSecret, rotated } from "./secrets.ts";

const BOTH_SIGN =
  "For 24 hours each webhook carries two signatures, of this secret and of the one before it. A secret that was changed earlier no longer signs.";

export const rotateEndpointSecretResource = resource("/v1/webhook-endpoints", [
  route({
    method: "POST",
    path: "/{id}/rotate-secret",
    operationId: "rotateWebhookEndpointSecret",
    summary: "Change an endpoint's secret",
    description: BOTH_SIGN,
    tag: TAG,
    auth: "settings:write",
    params: EndpointId,
    responses: {
      200: {
        description: "The endpoint. Its new secret is shown only here.",
        schema: Endpoint.extend(rotated).meta({ id: "RotatedWebhookEndpoint" }),
      },
    },
    errors: ["not_found"],
    async handle(call, { space, params: { id } }) {
      const { control } = call.databases;
      // Nothing is sealed for an id that is not there.
      found(await findEndpoint(control, space.id, id));
      const until = bothSignUntil(call);
      const { secret, sealed } = await newSecret(call, id);
      const row = found(await rotateEndpointSecret(control, space.id, id, sealed, { now: call.runtime.now(), until }));
      return json({ ...showEndpoint(row), secret, previous_secret_expires_at: iso(until) });
    },
  }),
]);

export const rotateSpaceSecretResource = resource("/v1/space", [
  route({
    method: "POST",
    path: "/rotate-webhook-secret",
    operationId: "rotateSpaceWebhookSecret",
    summary: "Change the space's webhook secret",
    description: `It signs the webhooks to \`callback_url\`s. ${BOTH_SIGN}`,
    tag: TAG,
    auth: "settings:write",
    responses: {
      200: {
        description: "The new secret. It is shown only here.",
        schema: z
          .object({ webhook_secret: rotated.secret, previous_secret_expires_at: rotated.previous_secret_expires_at })
          .meta({ id: "RotatedWebhookSecret" }),
      },
    },
    async handle(call, { space }) {
      const until = bothSignUntil(call);
      const { secret, sealed } = await newSecret(call, space.id);
      await rotateSpaceSecret(call.databases.control, space.id, sealed, until);
      return json({ webhook_secret: secret, previous_secret_expires_at: iso(until) });
    },
  }),
]);
