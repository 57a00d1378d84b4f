/** The address that a client may have meant by one that no resource has. */

import { nearest } from "../suggestion.ts";

const VERSION = "v1";

/**
 * @param patterns paths of routes, with `{name}` for a parameter.
 * @returns the nearest address, with the parameters that were sent; null where none is near.
 */
export function nearestPath(sent: string, patterns: readonly string[]): string | null {
  const segments = sent.split("/").filter((segment) => segment !== "");
  const routes = patterns.map((pattern) => pattern.split("/").slice(1));
  // The version is often forgotten.
  return meant(segments, routes) ?? meant([VERSION, ...segments], routes);
}

/** Goes through the segments from the left, and keeps the routes whose segment is the same, or else near. */
function meant(segments: readonly string[], routes: readonly string[][]): string | null {
  let left = routes.filter((route) => route.length === segments.length);
  for (const [depth, segment] of segments.entries()) {
    const names = left.flatMap((route) => route[depth] ?? []).filter((name) => !isParameter(name));
    const name = names.includes(segment) ? segment : nearest(segment, names);
    left = left.filter((route) => (name === undefined ? isParameter(route[depth] ?? "") : route[depth] === name));
  }
  const [route] = left;
  if (route === undefined || route.length === 0) return null;
  return `/${route.map((name, depth) => (isParameter(name) ? segments[depth] : name)).join("/")}`;
}

const isParameter = (name: string) => name.startsWith("{");
