/** A sentence of the API's reference: what stands between backticks is code. */

export const Prose = ({ text }: { text: string }) => (
  <>{text.split("`").map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}</>
);
