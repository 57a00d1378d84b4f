/** Ids of versions of event definitions: the definition's id, a colon, the version's number, as the file has them. */

/** @param id a definition's id. */
export const versionId = (id: string, version: number): string => `${id}:${version}`;

/** The id of the definition in the id of a version. A text without a number behind a colon is the definition's id. */
export const definitionIn = (id: string): string => id.replace(/:\d+$/, "");
