/** The characters of a group's texts. One text may have more. */
const GROUP_CHARACTERS = 2_000_000;

/**
 * Items with the texts that are made of them, in groups. Texts are made one at a time, and a group ends before its
 * texts exceed `max` characters, about 2 MB by default, so that memory is bounded however much longer than its item a
 * text is.
 * @param make is called with each item and its index.
 * @param lengthOf the characters of what was made.
 */
export function* boundedGroups<Item, Made>(
  items: readonly Item[],
  make: (item: Item, index: number) => Made,
  lengthOf: (made: Made) => number,
  max = GROUP_CHARACTERS,
): Generator<Made[]> {
  let group: Made[] = [];
  let characters = 0;
  let index = 0;
  for (const item of items) {
    const made = make(item, index);
    index += 1;
    if (group.length > 0 && characters + lengthOf(made) > max) {
      yield group;
      [group, characters] = [[], 0];
    }
    group.push(made);
    characters += lengthOf(made);
  }
  if (group.length > 0) yield group;
}
