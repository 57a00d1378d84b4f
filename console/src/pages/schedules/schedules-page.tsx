/** The page: schedules. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const SchedulesPage = () => <Page title={texts.frame.nav.schedules}>{null}</Page>;
