/** How a space's portal looks, and which pages may frame it. */

import * as z from "zod";
import type { SpaceRow } from "../../db/tenants/spaces.ts";
import { type Fault, invalid } from "../../errors.ts";
import { isSecureOrigin, Origin } from "../api-keys/origins.ts";
import { Name } from "../schemas.ts";
import { textOn } from "./contrast.ts";

const MAX_ORIGINS = 20;

const Accent = z
  .string()
  .regex(/^#[0-9A-Fa-f]{6}$/, "must be a colour of six hexadecimal digits, such as #0b5fff.")
  .toLowerCase();

export const BrandingChange = z
  .strictObject({
    name: Name.max(100).nullish().meta({ description: "The name that the portal shows. Null: the space's own." }),
    accent: Accent.nullish().meta({
      description: "The colour of buttons. Null: the portal's own.",
      example: "#0b5fff",
    }),
  })
  .meta({ description: "What is left out stays as it is." });

export const Branding = z
  .object({
    name: z.string().nullable(),
    accent: z.string().nullable(),
    accent_text: z.enum(["#000000", "#ffffff"]).nullable().meta({
      description:
        "The colour of text on the accent: black or white, whichever contrasts more, which is at least 4.5:1. Null without an accent.",
    }),
  })
  .meta({ id: "Branding", description: "How the space's portal looks." });

export const PortalOrigins = z
  .array(Origin)
  .max(MAX_ORIGINS)
  .refine((origins) => new Set(origins).size === origins.length, "must name each origin at most once.")
  .meta({
    description: `The origins of the pages that may show the space's portal in a frame, all of them, each with its scheme, host and port (at most ${MAX_ORIGINS}; \`http\` in local development only). Empty: none.`,
    example: ["https://app.shop.example"],
  });

/** @param insecure local development: pages of this machine may use http. @throws invalid_request. */
export function checkPortalOrigins(origins: readonly string[] = [], insecure: boolean): void {
  const faults: Fault[] = origins.flatMap((origin, index) =>
    isSecureOrigin(origin, insecure)
      ? []
      : [
          {
            pointer: `/portal_origins/${index}`,
            detail:
              "An origin must be https: a page that came without it can be changed on its way, and the portal in it.",
          },
        ],
  );
  if (faults.length > 0) throw invalid(...faults);
}

/** A space's branding as answers have it. */
export function brandingOf({ branding }: Pick<SpaceRow, "branding">) {
  const { name = null, accent = null } = JSON.parse(branding) as { name?: string; accent?: string };
  return { name, accent, accent_text: accent === null ? null : textOn(accent).colour };
}
