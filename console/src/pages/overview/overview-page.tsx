/** The page: overview. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const OverviewPage = () => <Page title={texts.frame.nav.overview}>{null}</Page>;
