/** Runs a job for each item, `width` at once: a Worker may have six open connections that wait for an answer. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  job: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const workers = Array.from({ length: width }, async () => {
    for (const item of queue) await job(item);
  });
  await Promise.all(workers);
}
