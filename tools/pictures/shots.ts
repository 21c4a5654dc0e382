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
async function shoot({ page }: Window, { fragment }: Shot): Promise<Buffer> {
  await page.waitForSelector("main");
  await page.evaluate(`location.hash = ${JSON.stringify(`#${fragment}`)}`);
  await page.waitForSelector("main");
  await page.waitForSelector("main .loading", { state: "detached" });
  await page.waitForTimeout(STILL_MS);
  return await page.screenshot();
}

/** Pictures of the page at an address, with their names; at a time of its own where one is given. */
export async function* shootAll(
  browser: TestBrowser,
  address: string,
  shots: readonly Shot[],
  now?: string,
): AsyncGenerator<[name: string, picture: Buffer]> {
  for (const sight of new Set(shots.map((shot) => shot.sight))) {
    await using window = await browser.window(sight);
    if (now !== undefined) await window.page.clock.setFixedTime(now);
    await window.page.goto(address);
    for (const shot of shots) {
      if (shot.sight === sight) yield [shot.name, await shoot(window, shot)];
    }
  }
}

/** The pictures of the recorded node, by their names. */
export async function drawn(browser: TestBrowser): Promise<Map<string, Buffer>> {
  const node = JSON.parse(readFileSync(RECORDED, "utf8")) as RecordedNode;
  const server = serveRecorded(node);
  try {
    const pictures = new Map<string, Buffer>();
    for await (const [name, picture] of shootAll(browser, server.url.href, KEPT, node.made)) {
      pictures.set(name, picture);
    }
    return pictures;
  } finally {
    await server.stop(true);
  }
}
