/** The schema of a touchpoint's source: for touchpoints that are sent, and for exports that ask for sources. */

import * as z from "zod";
import { SOURCES } from "../../attribution/sources.ts";

export const TouchpointSource = z.enum(SOURCES);
