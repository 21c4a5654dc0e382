import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { RESOURCES } from "../source/resources.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { Banner } from "./banner.tsx";
import { Guard } from "./guard.tsx";
import { Header } from "./header.tsx";
import { Help } from "./help.tsx";
import { Nav } from "./nav.tsx";
import { useShortcuts } from "./shortcuts.ts";
import { VIEW_ENTRIES } from "./views.tsx";

/** The page as a whole: its head, the views to choose from, and the view that is chosen. */
export function App(): VNode {
  const page = usePage();
  const { view, parts } = page.location.value;
  const { title, component: View } = VIEW_ENTRIES[view];
  const hostname = useAnswer(RESOURCES.node).value?.hostname;
  const main = useRef<HTMLElement>(null);
  const path = [view, ...parts].join("/");
  useShortcuts(main);
  useTitle([title, hostname, "Hawser"]);
  useFocusOf(main, path);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <Header />
      <Nav />
      <main ref={main} tabIndex={-1} class={`view-${view}`}>
        <Banner />
        <Guard key={path}>
          <View />
        </Guard>
      </main>
      <Help />
      <div class="unseen" role="status" aria-live="polite">
        {page.announcement.value}
      </div>
    </>
  );
}

function useTitle(words: readonly (string | undefined)[]): void {
  const title = words.filter((word) => word !== undefined).join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** A new view is read from its beginning, by those that see it and by those that hear it. */
function useFocusOf(main: { readonly current: HTMLElement | null }, path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [main, path]);
}
