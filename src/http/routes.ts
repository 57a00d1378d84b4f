/** Every resource of the API. A new resource is a folder beside this file, and a line here. */

import { adObjectsResource } from "./ad-objects/routes.ts";
import { apiKeysResource, ownApiKeyResource, spaceApiKeysResource } from "./api-keys/routes.ts";
import { destinationsResource } from "./destinations/routes.ts";
import { OWN_API } from "./docs.ts";
import { eventDefinitionsResource } from "./event-definitions/routes.ts";
import { eventsResource } from "./events/routes.ts";
import { exportsResource } from "./exports/routes.ts";
import { flowsResource } from "./flows/routes.ts";
import { homesResource } from "./homes/routes.ts";
import { mcpResource } from "./mcp/routes.ts";
import { SentDocument } from "./meta/document.ts";
import { metaResource } from "./meta/routes.ts";
import { pagesResource } from "./pages/routes.ts";
import { profileDefinitionResources } from "./profile-definitions/routes.ts";
import { profileDeletionsResource } from "./profiles/deletions.ts";
import { profilesResource } from "./profiles/routes.ts";
import { reachabilityEventsResource } from "./reachability-events/routes.ts";
import type { Resource } from "./resource.ts";
import type { Route } from "./route.ts";
import { schedulesResource } from "./schedules/routes.ts";
import { segmentsResource } from "./segments/routes.ts";
import { ownSpaceResource, spacesResource } from "./spaces/routes.ts";
import { portalLinksResource, portalSessionResource } from "./portal/routes.ts";
import { statsResource } from "./stats/routes.ts";
import { trackerResource } from "./tracker/routes.ts";
import { touchpointsResource } from "./touchpoints/routes.ts";
import { webhookDeliveriesResource } from "./webhooks/deliveries.ts";
import { webhookEndpointsResource } from "./webhooks/endpoints.ts";
import { rotateEndpointSecretResource, rotateSpaceSecretResource } from "./webhooks/rotations.ts";

export const RESOURCES: readonly Resource[] = [
  exportsResource,
  eventsResource,
  trackerResource,
  eventDefinitionsResource,
  flowsResource,
  touchpointsResource,
  adObjectsResource,
  profilesResource,
  segmentsResource,
  reachabilityEventsResource,
  profileDeletionsResource,
  ...profileDefinitionResources,
  spacesResource,
  ownSpaceResource,
  homesResource,
  apiKeysResource,
  ownApiKeyResource,
  spaceApiKeysResource,
  destinationsResource,
  schedulesResource,
  webhookEndpointsResource,
  rotateEndpointSecretResource,
  rotateSpaceSecretResource,
  webhookDeliveriesResource,
  mcpResource(() => ROUTES),
  statsResource,
  portalLinksResource,
  portalSessionResource,
  pagesResource,
  metaResource(new SentDocument(OWN_API, () => ROUTES)),
];

/** Every operation, with its whole path. */
export const ROUTES: readonly Route[] = RESOURCES.flatMap((each) => each.routes);
