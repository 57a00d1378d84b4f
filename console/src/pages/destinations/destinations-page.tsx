/** The page: destinations. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const DestinationsPage = () => <Page title={texts.frame.nav.destinations}>{null}</Page>;
