/** Light or dark: as the system says, unless the reader has chosen. The choice is that of `hawser ui`. */

const KEY = "hawser-theme";
const THEMES = ["system", "light", "dark"] as const;

type Theme = (typeof THEMES)[number];

/** The drawings of `hawser ui` for the three, in a box of 16 by 16. */
const DRAWINGS: Readonly<Record<Theme, string>> = {
  system: "M2.5 3h11v7.5h-11zM6 13.5h4",
  light:
    "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  dark: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
};

/** Puts the kept choice on the document, before anything is drawn. */
export function applyTheme(): void {
  show(kept());
}

/** The button that goes on to the next of them. */
export function themeButton(): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  const name = (): void => {
    const theme = kept();
    const label = `Colours: ${theme}`;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.replaceChildren(drawing(DRAWINGS[theme]));
  };
  button.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(kept()) + 1) % THEMES.length] ?? "system";
    keep(next);
    show(next);
    name();
  });
  name();
  return button;
}

function drawing(path: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Where a browser keeps nothing, the choice lasts as long as the page does. */
let chosen: Theme = "system";

function kept(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === text) ?? chosen;
  } catch {
    return chosen;
  }
}

function keep(theme: Theme): void {
  chosen = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice stays in `chosen`.
  }
}

function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
