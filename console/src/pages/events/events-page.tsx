/** The page: events. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const EventsPage = () => <Page title={texts.frame.nav.events}>{null}</Page>;
