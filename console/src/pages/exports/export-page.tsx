/** The page: export. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const ExportPage = () => <Page title={texts.frame.nav.exports}>{null}</Page>;
