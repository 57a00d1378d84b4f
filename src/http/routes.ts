/** Every route there is. A new resource is a file beside this one, and a line here. */

import { adObjectRoutes } from "./ad-objects/routes.ts";
import { definitionRoutes } from "./event-definitions/routes.ts";
import { destinationRoutes } from "./destinations/routes.ts";
import { eventRoutes } from "./events/routes.ts";
import { exportRoutes } from "./exports/routes.ts";
import { flowRoutes } from "./flows/routes.ts";
import { keyRoutes } from "./api-keys/routes.ts";
import { listEventsRoute } from "./events/list.ts";
import { metaRoutes } from "./meta/routes.ts";
import { profileDefinitionRoutes } from "./profile-definitions/routes.ts";
import { profileDeletionRoutes } from "./profiles/deletions.ts";
import { profileRoutes } from "./profiles/routes.ts";
import { reachabilityRoutes } from "./reachability-events/routes.ts";
import type { Route } from "./route.ts";
import { segmentRoutes } from "./segments/routes.ts";
import { scheduleRoutes } from "./schedules/routes.ts";
import { spaceRoutes } from "./spaces/routes.ts";
import { touchpointRoutes } from "./touchpoints/routes.ts";
import { deliveryRoutes } from "./webhooks/deliveries.ts";
import { endpointRoutes } from "./webhooks/endpoints.ts";
import { rotationRoutes } from "./webhooks/rotations.ts";

export const ROUTES: readonly Route[] = [
  ...exportRoutes,
  ...eventRoutes,
  listEventsRoute,
  ...definitionRoutes,
  ...flowRoutes,
  ...touchpointRoutes,
  ...adObjectRoutes,
  ...profileRoutes,
  ...segmentRoutes,
  ...reachabilityRoutes,
  ...profileDeletionRoutes,
  ...profileDefinitionRoutes,
  ...spaceRoutes,
  ...keyRoutes,
  ...destinationRoutes,
  ...scheduleRoutes,
  ...endpointRoutes,
  ...rotationRoutes,
  ...deliveryRoutes,
  ...metaRoutes(() => ROUTES),
];
