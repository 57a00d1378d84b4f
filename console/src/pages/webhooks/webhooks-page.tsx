/** The page: webhooks. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const WebhooksPage = () => <Page title={texts.frame.nav.webhooks}>{null}</Page>;
