import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./shell/app.tsx";
import { failureOf, type SourceFailure } from "./source/failure.ts";
import { LiveSource } from "./source/live.ts";
import { REPORT_ELEMENT, snapshotOf } from "./source/snapshot.ts";
import type { Source } from "./source/source.ts";
import { handOnToken, tokenOfAnotherTab } from "./source/tabs.ts";
import { type TokenStorage, takeToken } from "./source/token.ts";
import { PageState } from "./state/page-state.ts";
import { PageProvider } from "./state/use-page.ts";

/** Ages are in seconds at first: more often than this the page need not look. */
const TICK_MS = 5000;

/** Puts the page into its document, and reads until the document goes. */
export async function start(): Promise<void> {
  const root = document.querySelector("#page");
  if (root === null) throw new Error("the document has no place for the page");
  const token = await tokenOf();
  const source = sourceOf(token);
  if (source instanceof Error) {
    root.textContent = source.message;
    return;
  }
  const page = new PageState({
    ...{ source, storage: storageOf(() => localStorage), fragment: location.hash },
    ...{ clock: Date.now, elapsed: () => performance.now() },
    setFragment: (fragment, how) => {
      if (how === "step") history.pushState(null, "", fragment);
      else history.replaceState(null, "", fragment);
    },
  });
  window.addEventListener("popstate", () => page.arrive(location.hash));
  window.addEventListener("hashchange", () => page.arrive(location.hash));
  setInterval(() => document.visibilityState === "visible" && page.tick(), TICK_MS);
  effect(() => {
    const theme = page.theme.chosen.value;
    if (theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  });
  render(
    <PageProvider value={page}>
      <App />
    </PageProvider>,
    root,
  );
  if (token !== undefined) handOnToken(token, () => page.connection.peek().kind === "live");
  const ended = new AbortController();
  window.addEventListener("pagehide", () => ended.abort(), { once: true });
  window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  void page.run(ended.signal);
}

/** A browser that keeps nothing refuses the very name of its storage. */
function storageOf(find: () => Storage): TokenStorage {
  try {
    return find();
  } catch {
    return { getItem: () => null, setItem: () => undefined };
  }
}

/** Of the address, of this tab, or of another one; a report needs none. */
async function tokenOf(): Promise<string | undefined> {
  if (reportText() !== undefined) return undefined;
  const storage = storageOf(() => sessionStorage);
  const { token, isInAddress } = takeToken(location.hash, storage);
  if (isInAddress) history.replaceState(null, "", location.pathname);
  if (token !== undefined) return token;
  const another = await tokenOfAnotherTab();
  return another && takeToken(`#token=${another}`, storage).token;
}

function reportText(): string | undefined {
  return document.querySelector(`#${REPORT_ELEMENT}`)?.textContent ?? undefined;
}

/** The data in a report, else the API where the document came from. */
function sourceOf(token: string | undefined): Source | SourceFailure {
  const report = reportText();
  if (report !== undefined) {
    try {
      return snapshotOf(report);
    } catch (thrown) {
      return failureOf(thrown);
    }
  }
  const { origin } = location;
  return new LiveSource({ origin, token, fetch: (url, init) => fetch(url, init) });
}
