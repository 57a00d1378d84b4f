/** The page. */

export function App() {
  return <h1>Spillway</h1>;
}
