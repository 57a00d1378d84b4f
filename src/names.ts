/** What names and ids may be, in every call; and the names of components in the OpenAPI document. */

export const MAX_ID_BYTES = 200;

/** Line breaks and control characters of every kind: they break headers, CSV and logs. */
// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Whether a text is one line that UTF-8 can encode. */
export const isOneLine = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed();

/** The fault of a name that is not, in words that follow the field's name. */
export const NOT_ONE_LINE = "must be one line of valid Unicode, without control characters.";

/** Characters that show something: no spaces, no format characters, and none that fonts leave out or blank (U+2800). */
const VISIBLE = /[^\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** Whether a person who reads a text sees anything. */
export const isVisible = (text: string): boolean => VISIBLE.test(text);

/** URL parsers resolve these segments, so a resource with such an id could not be read or deleted by its path. */
const DOT_SEGMENTS: ReadonlySet<string> = new Set([".", ".."]);

/** What most ids are: one look tells that they are none of what ids must not be. */
const PLAIN = new RegExp(`^[\\w-]{1,${MAX_ID_BYTES}}$`);

/** Whether a text may be an id that the customer chose. */
export const isId = (text: string): boolean =>
  PLAIN.test(text) || (Buffer.byteLength(text) <= MAX_ID_BYTES && isOneLine(text) && !DOT_SEGMENTS.has(text));

export const NOT_AN_ID = `An id has at most ${MAX_ID_BYTES} bytes of UTF-8 and no control characters, and is neither . nor ..`;

/** A name in snake case as the OpenAPI document's components have it: `activity_events` is `ActivityEvents`. */
export const inPascalCase = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, first: string) => first.toUpperCase());
