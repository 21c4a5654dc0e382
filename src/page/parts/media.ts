import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

/** Whether a media query holds now, and whenever that changes. */
export function useMedia(text: string): boolean {
  const query = useMemo(() => window.matchMedia(text), [text]);
  const isSo = useSignal(query.matches);
  useEffect(() => {
    const changed = (): void => {
      isSo.value = query.matches;
    };
    query.addEventListener("change", changed);
    return () => query.removeEventListener("change", changed);
  }, [query]);
  return isSo.value;
}
