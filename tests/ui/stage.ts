import { makeContainer } from "../../tools/demo/host.ts";
import { type Sight, TestBrowser, type Window } from "../support/browser.ts";
import { Host } from "../support/host.ts";
import { forEachTest, made, type TestLab } from "../support/host-lab.ts";
import { UiNode, wayOut } from "../support/ui-node.ts";
import { UiServer } from "../support/ui-server.ts";

/** What stands on the node; it is made once for all tests of a file. */
type Furnish = (node: UiNode) => Promise<void>;

/** Call it at the top of a test file: a node with what stands on it, `hawser ui`, and a browser. */
export function uiStage(furnish: Furnish, plugins?: string): UiStage {
  return forEachTest(new UiStage(furnish, plugins));
}

export class UiStage implements TestLab {
  readonly #furnish: Furnish;
  readonly #plugins: string | undefined;
  #node: UiNode | undefined;
  #server: UiServer | undefined;
  #browser: TestBrowser | undefined;

  constructor(furnish: Furnish, plugins: string | undefined) {
    this.#furnish = furnish;
    this.#plugins = plugins;
  }

  get node(): UiNode {
    return made(this.#node);
  }

  get server(): UiServer {
    return made(this.#server);
  }

  get browser(): TestBrowser {
    return made(this.#browser);
  }

  async open(): Promise<void> {
    // First, so that where there is no browser nothing else is made.
    this.#browser = await TestBrowser.start();
    const host = await Host.create();
    const outside = await host.outside();
    wayOut("uplink", outside.address4);
    this.#node = new UiNode((name) => makeContainer(name).netns, this.#plugins);
    await this.#furnish(this.#node);
    this.#server = await UiServer.start(this.#node.env);
  }

  /** The page at a view, such as `/attachments`, once it has its answers. */
  async show(fragment: string, sight?: Sight): Promise<Window> {
    const window = await this.browser.window(sight);
    await window.page.goto(this.server.address);
    await goTo(window, fragment);
    return window;
  }

  async close(): Promise<void> {
    await this.#browser?.[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    this.#node?.[Symbol.dispose]();
  }
}

/** Goes to another view, as a link would. */
export async function goTo({ page }: Window, fragment: string): Promise<void> {
  await page.waitForSelector("main");
  // The page hears of it in a task of its own.
  await page.evaluate(`new Promise((done) => {
    location.hash = ${JSON.stringify(`#${fragment}`)};
    setTimeout(done, 50);
  })`);
  await settled({ page });
}

/** Waits until the view has what it asked for. */
export async function settled({ page }: Pick<Window, "page">): Promise<void> {
  await page.waitForSelector("main");
  await page.waitForSelector("main .loading", { state: "detached" });
}
