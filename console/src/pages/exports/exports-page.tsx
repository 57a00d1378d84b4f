/** The page: exports. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const ExportsPage = () => <Page title={texts.frame.nav.exports}>{null}</Page>;
