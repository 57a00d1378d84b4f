/** The schema of a touchpoint's source: for sent touchpoints, and for the parameter `sources` of an export. */

import * as z from "zod";
import { SOURCES } from "../../attribution/sources.ts";

export const TouchpointSource = z.enum(SOURCES);
