/**
 * The reference page: the OpenAPI document in a component of the library openapi-explorer, and above it a search over
 * operations, parameters and the fields of bodies. On a phone, where the component shows no menu, the list is the menu.
 */

export const COMPONENT = "/docs/openapi-explorer.js";
export const SEARCH = "/docs/search.js";
export const SEARCH_INDEX = "/docs/search.json";

/** The page may load from this origin only. The component writes inline styles, which contain its few images. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const STYLE = `
body { margin: 0; display: flex; flex-direction: column; height: 100vh; height: 100dvh; font: 14px/1.4 system-ui, sans-serif; }
header { position: relative; background: #12303a; padding: 8px 12px; }
input { box-sizing: border-box; width: 100%; max-width: 480px; padding: 8px; font: inherit; border: 1px solid #7fd1de;
  border-radius: 4px; background: #fff; color: #12303a; }
nav { position: absolute; z-index: 10; left: 0; right: 0; top: 100%; max-width: 640px; max-height: 80vh; overflow: auto;
  background: #fff; box-shadow: 0 4px 16px #0006; }
nav a { display: block; padding: 8px 12px; color: #12303a; text-decoration: none; border-top: 1px solid #e3ecef; }
nav a:hover, nav a:focus { background: #d5eef2; }
nav h2 { margin: 0; padding: 12px 12px 4px; font-size: 13px; color: #0b6478; }
nav small, nav p { color: #47606a; overflow-wrap: anywhere; }
nav p { padding: 12px; margin: 0; }
nav b { overflow-wrap: anywhere; }
openapi-explorer { flex: 1; min-height: 0; }`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Spillway: API reference</title>
<style>${STYLE}
</style>
<script type="module" src="${COMPONENT}"></script>
<script type="module" src="${SEARCH}"></script>
</head>
<body>
<header>
<input type="search" placeholder="Menu: find a call or a field" aria-label="Find a call or a field" aria-controls="found" autocomplete="off">
<nav id="found" aria-label="Calls" hidden></nav>
</header>
<openapi-explorer spec-url="/openapi.json" hide-server-selection hide-search display-nulls primary-color="#0b6478"
 secondary-color="#7fd1de" nav-bg-color="#12303a" nav-text-color="#d5e3e7" nav-hover-text-color="#ffffff"></openapi-explorer>
<noscript>This page needs JavaScript. The document it shows: <a href="/openapi.json">openapi.json</a></noscript>
</body>
</html>
`;

/** Runs in the reader's browser. Every text is set as text, never as HTML. */
export const SEARCH_SCRIPT = `const input = document.querySelector("input");
const list = document.querySelector("nav");
const entries = await (await fetch("${SEARCH_INDEX}")).json();

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

/** The field of an operation that the words are in; "" if they are in its call, summary or group. */
function match(entry, words) {
  const heading = [entry.call, entry.summary, entry.tag].join(" ").toLowerCase();
  if (words.every((word) => heading.includes(word))) return "";
  const rest = words.filter((word) => !heading.includes(word));
  return entry.fields.find((field) => rest.every((word) => field.toLowerCase().includes(word)));
}

function show() {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const found = entries.map((entry) => [entry, match(entry, words)]).filter(([, field]) => field !== undefined);
  const nodes = [];
  let tag = "";
  for (const [entry, field] of found) {
    if (entry.tag !== tag) nodes.push(element("h2", entry.tag));
    tag = entry.tag;
    const link = element("a", "");
    link.href = "#?route=" + encodeURIComponent(entry.route);
    link.append(element("b", entry.call), document.createElement("br"), element("small", entry.summary));
    if (field !== "") link.append(element("small", " – field " + field));
    nodes.push(link);
  }
  if (nodes.length === 0) nodes.push(element("p", "No call and no field has this name."));
  list.replaceChildren(...nodes);
  list.hidden = false;
}

const hide = () => { list.hidden = true; };
input.addEventListener("focus", show);
input.addEventListener("input", show);
list.addEventListener("click", (event) => { if (event.target.closest("a") !== null) hide(); });
document.addEventListener("pointerdown", (event) => { if (!event.target.closest("header")) hide(); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
  if (event.key === "Enter" && event.target === input) list.querySelector("a")?.click();
});
`;
