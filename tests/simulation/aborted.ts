/** Many wait for the end of one signal, each for a short time: one listener of the signal serves all. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls when the signal is aborted, in order of arrival, until what it returns is called. */
export function onAbort(signal: AbortSignal | undefined, work: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const works = worksOf(signal);
  // Each call is an entry of its own.
  const entry = (): void => work();
  works.add(entry);
  return () => works.delete(entry);
}

function worksOf(signal: AbortSignal): Set<() => void> {
  let works = waiting.get(signal);
  if (works === undefined) {
    const made = new Set<() => void>();
    signal.addEventListener("abort", () => {
      for (const work of made) work();
    });
    waiting.set(signal, made);
    works = made;
  }
  return works;
}
