/** A call as a command for a terminal. The key is a variable of the shell: it is on no page and in no history. */

interface Call {
  method: "GET" | "POST";
  /** Where the service is. */
  origin: string;
  path: string;
  /** Goes as JSON. */
  body?: unknown;
}

/** @returns the command of a POSIX shell, over several lines. */
export function curlOf({ method, origin, path, body }: Call): string {
  const command = [`curl -X ${method} ${quoted(origin + path)}`, '-H "Authorization: Bearer $KEY"'];
  if (body !== undefined)
    command.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body, null, 2))}`);
  return command.join(" \\\n  ");
}

/** A text as one word of the shell. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
