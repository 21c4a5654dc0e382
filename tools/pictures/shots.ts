import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DARK,
  DESKTOP,
  PHONE,
  type Sight,
  type TestBrowser,
  type Window,
} from "../../tests/support/browser.ts";
import { type RecordedNode, serveRecorded } from "../../tests/support/recorded-node.ts";
import { ROOT } from "../test/files.ts";

/** One picture: what is shown, and how. */
export interface Shot {
  /** Of the file. */
  readonly name: string;
  /** Behind `#` in the address. */
  readonly fragment: string;
  readonly sight: Sight;
}

const VIEWS: Readonly<Record<string, string>> = {
  map: "/map",
  attachment: "/attachments/web/search/eth0",
  attachments: "/attachments",
  ranges: "/ranges/1",
  calls: "/calls",
  doctor: "/doctor",
};
const SIGHTS: Readonly<Record<string, Sight>> = { light: DESKTOP, dark: DARK, phone: PHONE };

/** Each view in each way. */
export const SHOTS: readonly Shot[] = Object.entries(SIGHTS).flatMap(([how, sight]) =>
  Object.entries(VIEWS).map(([view, fragment]) => {
    return { name: `${view}-${how}`, fragment, sight };
  }),
);

/** Those that are kept, and that documents show. */
export const KEPT: readonly Shot[] = SHOTS.filter(({ name }) => {
  return /^(?:map|attachment|ranges)-|-light$/.test(name) && name !== "attachments-light";
});

export const RECORDED: string = join(ROOT, "tests/ui/recorded/node.json");
export const PICTURES: string = join(ROOT, "docs/pictures");

/** Until what has arrived is drawn: the page asks for what its view needs, and lays it out. */
const STILL_MS = 300;

/** The picture of a page that is open. */
export async function shoot({ page }: Window, { fragment }: Shot): Promise<Buffer> {
  await page.waitForSelector("main");
  await page.evaluate(`location.hash = ${JSON.stringify(`#${fragment}`)}`);
  await page.waitForSelector("main");
  await page.waitForSelector("main .loading", { state: "detached" });
  await page.waitForTimeout(STILL_MS);
  return await page.screenshot();
}

/** The pictures of the recorded node, by their names. */
export async function drawn(browser: TestBrowser): Promise<Map<string, Buffer>> {
  const node = JSON.parse(readFileSync(RECORDED, "utf8")) as RecordedNode;
  const server = serveRecorded(node);
  const pictures = new Map<string, Buffer>();
  try {
    for (const shot of KEPT) {
      await using window = await browser.window(shot.sight);
      await window.page.clock.setFixedTime(node.made);
      await window.page.goto(server.url.href);
      pictures.set(shot.name, await shoot(window, shot));
    }
  } finally {
    await server.stop(true);
  }
  return pictures;
}
