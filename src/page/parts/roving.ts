import { useEffect } from "preact/hooks";

/** Of a long list one item can be reached by Tab; the arrow keys lead to the others. */

const ITEM = "[data-rove]";
const PAGE = 10;

interface Holder {
  readonly current: HTMLElement | null;
}

/** Items bear `data-rove` and `tabIndex={-1}`; with `columns` they stand in a grid. */
export function useRoving(holder: Holder, columns: number = 1): void {
  useEffect(() => {
    const { current } = holder;
    if (current !== null && current.querySelector(`${ITEM}[tabindex="0"]`) === null) {
      current.querySelector<HTMLElement>(ITEM)?.setAttribute("tabindex", "0");
    }
  });
  useEffect(() => {
    const { current } = holder;
    if (current === null) return undefined;
    const pressed = (event: KeyboardEvent): void => move(event, current, columns);
    const focused = ({ target }: FocusEvent): void => {
      if (target instanceof HTMLElement && target.matches(ITEM)) makeReachable(current, target);
    };
    current.addEventListener("keydown", pressed);
    current.addEventListener("focusin", focused);
    return () => {
      current.removeEventListener("keydown", pressed);
      current.removeEventListener("focusin", focused);
    };
  }, [holder, columns]);
}

function makeReachable(holder: HTMLElement, item: HTMLElement): void {
  for (const other of holder.querySelectorAll(`${ITEM}[tabindex="0"]`)) {
    other.setAttribute("tabindex", "-1");
  }
  item.setAttribute("tabindex", "0");
}

function move(event: KeyboardEvent, holder: HTMLElement, columns: number): void {
  const { target, key } = event;
  if (!(target instanceof HTMLElement) || !target.matches(ITEM)) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const items = [...holder.querySelectorAll<HTMLElement>(ITEM)];
  const to = nextIndex(key, items.indexOf(target), items.length, columns);
  if (to === undefined) return;
  event.preventDefault();
  items[to]?.focus();
}

/** Where a key leads from an item of a list, or of a grid with so many columns; undefined for other keys. */
export function nextIndex(
  key: string,
  from: number,
  count: number,
  columns: number,
): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: PAGE * columns,
    PageUp: -PAGE * columns,
    ...(columns > 1 ? { ArrowRight: 1, ArrowLeft: -1 } : {}),
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  const to = from + step;
  const isPage = key.startsWith("Page");
  if (to < 0) return isPage ? 0 : from;
  if (to >= count) return isPage ? count - 1 : from;
  return to;
}
