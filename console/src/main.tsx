/** The entry of the page. */

import { render } from "preact";
import { App } from "./app.tsx";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/exports.css";
import "./styles/keys.css";
import "./styles/webhooks.css";
import "./styles/destinations.css";
import "./styles/new-export.css";
import "./styles/events.css";
import "./styles/overview.css";
import "./styles/segments.css";

const root = document.querySelector("#app");
if (root !== null) render(<App />, root);
