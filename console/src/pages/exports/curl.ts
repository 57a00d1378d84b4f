/** The call that makes an export, for a shell. Pure. */

/** @param request is sent as it is. The key is the shell's variable `KEY`: it is never written into the text. */
export function curlOf(origin: string, request: object): string {
  const body = JSON.stringify(request, null, 2).replaceAll("'", String.raw`'\''`);
  return [
    `curl -sS ${origin}/v1/exports`,
    `  -H "Authorization: Bearer $KEY"`,
    `  -H 'Content-Type: application/json'`,
    `  -d '${body}'`,
  ].join(" \\\n");
}
