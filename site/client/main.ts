/** What a page does beyond being read: it keeps the choice of colours, and searches. */
import { installSearch } from "./search.ts";
import { applyTheme, themeButton } from "./theme.ts";

const top = document.currentScript?.dataset["top"] ?? "";
applyTheme();

document.addEventListener("DOMContentLoaded", () => {
  const search = document.querySelector<HTMLElement>(".search");
  if (search !== null) installSearch(search, top);
  const switches = document.querySelector<HTMLElement>(".switches");
  switches?.append(themeButton());
  if (switches !== null) switches.hidden = false;
  const pages = document.querySelector<HTMLElement>(".pages");
  const here = pages?.querySelector<HTMLElement>("[aria-current]");
  // The list scrolls by itself where it stands beside the text.
  if (pages && here) pages.scrollTop = here.offsetTop - pages.clientHeight / 2;
});
