/** The forms of a key and of a portal link, as the requests that they become. */

import type { CreateApiKeyRequest, CreatePortalLinkRequest } from "spillway-client";
import { instantOf } from "../../ui/zoned.ts";

type KeyScope = CreateApiKeyRequest["scopes"][number];
export type LinkScope = CreatePortalLinkRequest["scopes"][number];

export const LINK_SCOPES = ["exports:read", "exports:write", "settings:write"] as const satisfies readonly LinkScope[];

const DAY_MS = 86_400_000;

/** How long a key lasts: never ending, some days, or until a time that the person gives. */
export const LASTING = ["never", "1", "30", "90", "365", "until"] as const;
export type Lasting = (typeof LASTING)[number];

export interface KeyForm {
  name: string;
  scopes: readonly KeyScope[];
  lasting: Lasting;
  /** A local time of the space, for `until`. */
  until: string;
  forPages: boolean;
  /** One a line. */
  origins: string;
}

export const NEW_KEY: KeyForm = { name: "", scopes: [], lasting: "90", until: "", forPages: false, origins: "" };

/** Texts that are one a line, or apart by spaces or commas. */
export const wordsIn = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "");

/**
 * @param now epoch ms. @param timeZone the space's.
 * A key for web pages has one scope, whatever the form had before.
 */
export function keyRequest(form: KeyForm, now: number, timeZone: string): CreateApiKeyRequest {
  const expires = expiryOf(form, now, timeZone);
  return {
    name: form.name.trim(),
    scopes: form.forPages ? ["events:write"] : [...form.scopes],
    ...(form.forPages && { origins: wordsIn(form.origins) }),
    ...(expires !== null && { expires_at: expires }),
  };
}

/** An empty text is for the service to refuse: at its field. */
function expiryOf({ lasting, until }: KeyForm, now: number, timeZone: string): string | null {
  if (lasting === "never") return null;
  if (lasting === "until") return instantOf(until, timeZone) ?? until;
  return new Date(now + Number(lasting) * DAY_MS).toISOString();
}

/** How long a link, and then its session, lasts. */
export const LINK_SECONDS = ["900", "3600", "28800", "86400"] as const;

export interface LinkForm {
  scopes: readonly LinkScope[];
  seconds: (typeof LINK_SECONDS)[number];
  /** Empty: all of the space. */
  destinationIds: readonly string[];
}

export const linkRequest = ({ scopes, seconds, destinationIds }: LinkForm): CreatePortalLinkRequest => ({
  scopes: [...scopes],
  expires_in_seconds: Number(seconds),
  ...(destinationIds.length > 0 && { destination_ids: [...destinationIds] }),
});
