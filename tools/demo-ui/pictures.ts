import { DARK, DESKTOP, PHONE, type Sight, type TestBrowser } from "../../tests/support/browser.ts";

/** The views of the page as pictures. */

/** One picture: what is shown, and how. */
export interface Shot {
  /** Of the file. */
  readonly name: string;
  /** Behind `#` in the address. */
  readonly fragment: string;
  readonly sight: Sight;
}

/** How each view is shown; a view of its own where a picture says more of one thing. */
const VIEWS: readonly (readonly [name: string, fragment: string])[] = [
  ["map", "/map"],
  ["attachments", "/attachments"],
  ["attachment", "/attachments/web/search/eth0"],
  ["ranges", "/ranges"],
  ["calls", "/calls"],
  ["doctor", "/doctor"],
];

const SIGHTS: readonly (readonly [name: string, sight: Sight])[] = [
  ["light", DESKTOP],
  ["dark", DARK],
  ["phone", PHONE],
];

export const SHOTS: readonly Shot[] = SIGHTS.flatMap(([how, sight]) =>
  VIEWS.map(([name, fragment]) => ({ name: `${name}-${how}`, fragment, sight })),
);

/** Until the page has what it asks for. */
const STILL_MS = 400;

/** Takes one picture of a page at an address. @returns what was wrong with the page */
export async function shoot(
  browser: TestBrowser,
  address: string,
  { fragment, sight }: Shot,
  path: string,
): Promise<string[]> {
  await using window = await browser.window(sight);
  const { page } = window;
  await page.goto(address);
  await page.waitForSelector("main");
  await page.evaluate(`location.hash = ${JSON.stringify(`#${fragment}`)}`);
  await page.waitForTimeout(STILL_MS);
  await page.screenshot({ path });
  return window.take();
}
