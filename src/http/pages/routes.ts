/**
 * /console and /portal/{space}: one page, which reads its address in the browser; /assets: its scripts and styles. The
 * page has no data: it asks the API, as its user. Only the pages that a space lists may frame the space's portal.
 */

import * as z from "zod";
import { findSpace } from "../../db/tenants/spaces.ts";
import { SpillwayError } from "../../errors.ts";
import { resource } from "../resource.ts";
import { type Call, type Operation, route } from "../route.ts";
import { ASSET_HEADERS, headersOfPage, NO_ORIGINS } from "./headers.ts";

/** The page's name among the Worker's assets. */
const PAGE_ASSET = "/index.html";

const SpaceInPath = z.object({
  space: z.string().meta({ description: "The space's id. A space that does not exist has the same page." }),
});

/** Names as the build writes them. No name leads out of the folder. */
const AssetInPath = z.object({ file: z.string().regex(/^[\w-]+(\.[\w-]+)+$/) });

/** What all addresses of the page have in common. The page may have its own parameters behind `?`. */
const PAGE = {
  method: "GET",
  auth: "none",
  query: z.looseObject({}),
  responses: {
    200: {
      description: "The page.",
      contentTypes: ["text/html"],
      headers: { "Content-Security-Policy": "What the page may load, and who may frame it." },
    },
  },
} as const satisfies Partial<Operation>;

export const pagesResource = resource("", "Service", [
  route({
    ...PAGE,
    path: "/console",
    andBelow: true,
    operationId: "console",
    summary: "Open the console",
    description:
      "The application for a space's own people, who sign in with an API key, and for operators. No page may frame it. Each address below this one is the same page.",
    handle: (call) => page(call, NO_ORIGINS),
  }),
  route({
    ...PAGE,
    path: "/portal",
    operationId: "portal",
    summary: "Open the portal without a link",
    description: "The portal's page, which asks for a link. No page may frame it.",
    handle: (call) => page(call, NO_ORIGINS),
  }),
  route({
    ...PAGE,
    path: "/portal/{space}",
    andBelow: true,
    operationId: "spacePortal",
    summary: "Open a space's portal",
    description:
      "The application for the people of a space's customer, who come by a link of `POST /v1/portal-links`. Pages of the space's `portal_origins` may frame it. Each address below this one is the same page.",
    params: SpaceInPath,
    handle: async (call, { params }) => page(call, await portalOrigins(call, params.space)),
  }),
  route({
    method: "GET",
    path: "/assets/{file}",
    operationId: "asset",
    summary: "Get a script or a style of the page",
    auth: "none",
    params: AssetInPath,
    responses: {
      200: {
        description: "The file. Its name changes with its content.",
        contentTypes: ["text/javascript", "text/css"],
        headers: { ETag: "The version of the file.", "Cache-Control": "A year: it never changes." },
      },
      304: { description: "The file is the version that `If-None-Match` names." },
    },
    async handle(call, { params: { file } }) {
      const asset = await call.assets.fetch(new Request(new URL(`/assets/${file}`, call.url), call.request));
      if (asset.status === 404)
        throw new SpillwayError(
          "not_found",
          `The page has no file ${file}: it may be of an older version. Load the page again.`,
        );
      const answer = new Response(asset.body, asset);
      for (const [name, value] of Object.entries(ASSET_HEADERS)) answer.headers.set(name, value);
      return answer;
    },
  }),
]);

/** @throws Error where the deployment has no page. */
async function page(call: Call, framers: readonly string[]): Promise<Response> {
  const asset = await call.assets.fetch(new URL(PAGE_ASSET, call.url));
  if (!asset.ok) throw new Error("The Worker's assets have no page: npm run console:build makes it.");
  return new Response(asset.body, { headers: headersOfPage(framers) });
}

const ID = z.uuid();

/** @returns none for a space that does not exist. */
async function portalOrigins(call: Call, spaceId: string): Promise<readonly string[]> {
  if (!ID.safeParse(spaceId).success) return NO_ORIGINS;
  const space = await findSpace(call.databases.control, spaceId);
  return space === null ? NO_ORIGINS : (JSON.parse(space.portal_origins) as string[]);
}
