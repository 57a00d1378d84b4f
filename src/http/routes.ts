/** Every route there is. A new resource is a file beside this one, and a line here. */

import { definitionRoutes } from "./definitions.ts";
import { destinationRoutes } from "./destinations/routes.ts";
import { eventRoutes } from "./events.ts";
import { exportRoutes } from "./exports/routes.ts";
import { flowRoutes } from "./flows.ts";
import { keyRoutes } from "./keys.ts";
import { listEventsRoute } from "./list-events.ts";
import { metaRoutes } from "./meta.ts";
import { profileRoutes } from "./profiles.ts";
import type { Route } from "./route.ts";
import { scheduleRoutes } from "./schedules/routes.ts";
import { spaceRoutes } from "./spaces.ts";
import { deliveryRoutes } from "./webhooks/deliveries.ts";
import { endpointRoutes } from "./webhooks/endpoints.ts";
import { rotationRoutes } from "./webhooks/rotations.ts";

export const ROUTES: readonly Route[] = [
  ...exportRoutes,
  ...eventRoutes,
  listEventsRoute,
  ...definitionRoutes,
  ...flowRoutes,
  ...profileRoutes,
  ...spaceRoutes,
  ...keyRoutes,
  ...destinationRoutes,
  ...scheduleRoutes,
  ...endpointRoutes,
  ...rotationRoutes,
  ...deliveryRoutes,
  ...metaRoutes(() => ROUTES),
];
