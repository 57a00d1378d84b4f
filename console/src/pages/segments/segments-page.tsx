/** The page: segments. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const SegmentsPage = () => <Page title={texts.frame.nav.segments}>{null}</Page>;
