/** The page: new-export. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const NewExportPage = () => <Page title={texts.frame.nav.newExport}>{null}</Page>;
