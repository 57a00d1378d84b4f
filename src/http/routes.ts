/** Every route there is. A new resource is a file beside this one, and a line here. */

import { adObjectRoutes } from "./ad-objects.ts";
import { definitionRoutes } from "./definitions.ts";
import { destinationRoutes } from "./destinations/routes.ts";
import { eventRoutes } from "./events.ts";
import { exportRoutes } from "./exports/routes.ts";
import { flowRoutes } from "./flows.ts";
import { keyRoutes } from "./keys.ts";
import { listEventsRoute } from "./list-events.ts";
import { metaRoutes } from "./meta.ts";
import { profileDefinitionRoutes } from "./profile-definitions.ts";
import { profileDeletionRoutes } from "./profile-deletions.ts";
import { profileRoutes } from "./profiles.ts";
import { reachabilityRoutes } from "./reachability.ts";
import type { Route } from "./route.ts";
import { segmentRoutes } from "./segments.ts";
import { scheduleRoutes } from "./schedules/routes.ts";
import { spaceRoutes } from "./spaces.ts";
import { touchpointRoutes } from "./touchpoints.ts";
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
