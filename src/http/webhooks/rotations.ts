/** Rotation of secrets: of an endpoint, and of the space, which signs the webhooks to `callback_url`s. */

import * as z from "zod";
import { findEndpoint, rotateEndpointSecret } from "../../db/webhooks/endpoints.ts";
import { rotateSpaceSecret } from "../../db/webhooks/receivers.ts";
import { iso } from "../../time/names.ts";
import { resource } from "../resource.ts";
import { found, json, route } from "../route.ts";
import { Endpoint, showEndpoint } from "./endpoints.ts";
import { bothSignUntil, newSecret, rotated } from "./secrets.ts";
import { IdInPath } from "../schemas.ts";

const BOTH_SIGN =
  "For 24 hours each webhook has two signatures: one by the new secret, one by the previous secret. Older secrets no longer sign.";

export const rotateEndpointSecretResource = resource("/v1/webhook-endpoints", "Webhooks", [
  route({
    method: "POST",
    path: "/{id}/rotate-secret",
    operationId: "rotateWebhookEndpointSecret",
    summary: "Rotate an endpoint's secret",
    description: BOTH_SIGN,
    auth: "settings:write",
    portal: ["settings:write"],
    params: IdInPath,
    responses: {
      200: {
        description: "The endpoint. Its new secret is returned only here.",
        schema: Endpoint.extend(rotated).meta({ id: "RotatedWebhookEndpoint" }),
      },
    },
    async handle(call, { space, params: { id } }) {
      const { control } = call.databases;
      // An unknown id must not get a secret.
      found(await findEndpoint(control, space.id, id));
      const until = bothSignUntil(call);
      const { secret, encryptedSecret } = await newSecret(call, id);
      const row = found(
        await rotateEndpointSecret(control, space.id, id, encryptedSecret, { now: call.runtime.now(), until }),
      );
      return json({ ...showEndpoint(row), secret, previous_secret_expires_at: iso(until) });
    },
  }),
]);

export const rotateSpaceSecretResource = resource("/v1/space", "Webhooks", [
  route({
    method: "POST",
    path: "/rotate-webhook-secret",
    operationId: "rotateSpaceWebhookSecret",
    summary: "Rotate the space's webhook secret",
    description: `This secret signs the webhooks to \`callback_url\`s. ${BOTH_SIGN}`,
    auth: "settings:write",
    responses: {
      200: {
        description: "The new secret. It is returned only here.",
        schema: z
          .object({ webhook_secret: rotated.secret, previous_secret_expires_at: rotated.previous_secret_expires_at })
          .meta({ id: "RotatedWebhookSecret" }),
      },
    },
    async handle(call, { space }) {
      const until = bothSignUntil(call);
      const { secret, encryptedSecret } = await newSecret(call, space.id);
      await rotateSpaceSecret(call.databases.control, space.id, encryptedSecret, until);
      return json({ webhook_secret: secret, previous_secret_expires_at: iso(until) });
    },
  }),
]);
