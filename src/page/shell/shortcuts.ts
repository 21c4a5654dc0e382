import { useEffect } from "preact/hooks";
import { VIEWS } from "../state/location.ts";
import type { PageState } from "../state/page-state.ts";
import { usePage } from "../state/use-page.ts";
import { VIEW_ENTRIES } from "./views.tsx";

/** The second key has to follow soon. */
const SEQUENCE_MS = 1500;

/** Keys that work wherever the focus is, but where text is typed. */
export function useShortcuts(main: { readonly current: HTMLElement | null }): void {
  const page = usePage();
  useEffect(() => {
    let prefixAt = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target)) {
        // The way out of a search, to where letters are keys again.
        if (event.key === "Escape") main.current?.focus({ preventScroll: true });
        return;
      }
      if (document.querySelector("dialog[open]") !== null) return;
      // It is no letter that a slip of the hand types, and closes what is chosen wherever the focus is.
      if (event.key === "Escape" && page.selection.peek() !== undefined) page.select(undefined);
      if (page.singleKeys.chosen.peek() === "off") return;
      const isSecond = event.timeStamp - prefixAt < SEQUENCE_MS;
      prefixAt = !isSecond && event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const done = isSecond ? goTo(page, event.key) : single(page, event.key, main.current);
      if (done) event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [page, main]);
}

function goTo(page: PageState, key: string): boolean {
  const view = VIEWS.find((each) => VIEW_ENTRIES[each].key === key);
  if (view === undefined) return false;
  page.go({ view });
  return true;
}

function single(page: PageState, key: string, main: HTMLElement | null): boolean {
  if (key === "?") {
    page.isHelpOpen.value = true;
    return true;
  }
  if (key === "t") {
    page.theme.next();
    page.announcement.value = `Colours: ${page.theme.chosen.peek()}`;
    return true;
  }
  if (key !== "/") return false;
  const field = main?.querySelector<HTMLInputElement>("input[type=search]");
  field?.focus();
  field?.select();
  return field !== null && field !== undefined;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}
