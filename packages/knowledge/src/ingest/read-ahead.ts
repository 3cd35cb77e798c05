/** Asks a source for its next value while the one before is used: what makes and what uses run side by side, one apart. */
export async function* readAhead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  const ask = (): Promise<IteratorResult<T, void>> => {
    const next = source.next();
    // It is looked at below, unless this generator is left before.
    next.catch(() => {});
    return next;
  };
  let next = ask();
  try {
    for (;;) {
      const result = await next;
      if (result.done) return;
      next = ask();
      yield result.value;
    }
  } finally {
    await source.return();
  }
}

/** The values of a source in groups of `size`; the last may be smaller. */
export async function* inBatches<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[], void> {
  let batch: T[] = [];
  for await (const value of source) {
    batch.push(value);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
