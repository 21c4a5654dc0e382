import MiniSearch from "minisearch";
import { type Finding, find } from "./find.ts";
import { INDEX_NAME, SEARCH_OPTIONS } from "./index-options.ts";

/** The search in the head of each page: it asks an index that is loaded when it is first used. */

const SHOWN_MAX = 12;

/** Fills the place of the search; `top` is the way from the page to the top of the site. */
export function installSearch(place: HTMLElement, top: string): void {
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "Search, or paste a message";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.setAttribute("aria-label", "Search, key /");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const list = document.createElement("ul");
  const results = document.createElement("div");
  results.className = "results";
  results.hidden = true;
  results.append(said, list);
  place.append(input, results);
  place.hidden = false;

  const ask = async (): Promise<void> => {
    const words = input.value.trim();
    results.hidden = words === "";
    if (words === "") return;
    const index = await loaded(top).catch(() => undefined);
    // The reader may have typed on while the index came.
    if (input.value.trim() !== words) return;
    if (index === undefined) {
      list.replaceChildren();
      said.textContent = "The index of the search cannot be loaded. Type on to try again.";
      return;
    }
    showFound(find(index, words), { said, list, top });
  };
  input.addEventListener("input", () => void ask());
  input.addEventListener("focus", () => void loaded(top).then(ask, ask));
  place.addEventListener("keydown", (event) => move(event, place, input));
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Node && place.contains(event.target))) results.hidden = true;
  });
}

interface Shown {
  readonly said: HTMLElement;
  readonly list: HTMLElement;
  readonly top: string;
}

function showFound(finding: Finding, { said, list, top }: Shown): void {
  const { found } = finding;
  said.textContent = wordOf(finding);
  list.replaceChildren(
    ...found.slice(0, SHOWN_MAX).map((each) => {
      const link = document.createElement("a");
      link.href = `${top}${each.address}`;
      const isPage = each.title === each.page;
      link.append(part("b", each.title), part("span", isPage ? "" : each.page));
      link.append(part("small", each.begins));
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
}

function wordOf({ found, arePartial }: Finding): string {
  const count = found.length;
  if (count === 0) return "Nothing found. Fewer words may find more.";
  if (arePartial) return "No place has all of these words. The nearest, the best first:";
  return `${count} ${count === 1 ? "place" : "places"}, the best first`;
}

function part(name: string, text: string): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

/** Arrows go from the input through the results, Enter takes the first, Escape closes. */
function move(event: KeyboardEvent, place: HTMLElement, input: HTMLInputElement): void {
  const links = [...place.querySelectorAll<HTMLAnchorElement>(".results a")];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  if (event.key === "ArrowDown") {
    links[Math.min(at + 1, links.length - 1)]?.focus();
  } else if (event.key === "ArrowUp") {
    (links[at - 1] ?? input).focus();
  } else if (event.key === "Enter" && event.target === input) {
    links[0]?.click();
  } else if (event.key === "Escape") {
    input.value = "";
    input.dispatchEvent(new Event("input"));
    input.focus();
  } else {
    return;
  }
  event.preventDefault();
}

let index: Promise<MiniSearch> | undefined;

/** The index, by a script that sets a global: pages that are opened from a directory may load no data. */
function loaded(top: string): Promise<MiniSearch> {
  index ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${top}search-index.js`;
    script.addEventListener("load", () => {
      const text: unknown = Reflect.get(globalThis, INDEX_NAME);
      resolve(MiniSearch.loadJSON(String(text), SEARCH_OPTIONS));
    });
    script.addEventListener("error", () => {
      // The next word that is typed asks again.
      index = undefined;
      script.remove();
      reject(new Error("search-index.js is missing"));
    });
    document.head.append(script);
  });
  return index;
}
