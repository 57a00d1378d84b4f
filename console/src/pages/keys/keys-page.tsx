/** The page: keys. */

import { texts } from "../../texts.ts";
import { Page } from "../../ui/page.tsx";

export const KeysPage = () => <Page title={texts.frame.nav.keys}>{null}</Page>;
