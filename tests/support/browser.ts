import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { requireOwnNamespaces } from "./namespaces.ts";
import { patient } from "./patience.ts";
import { startable } from "./programs.ts";

/** A real browser for tests: Debian's Chromium, in the network namespace of the test, where only loopback is. */

/** How a page is looked at. */
export interface Sight {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
}

export const DESKTOP: Sight = { width: 1280, height: 800, theme: "light" };
export const DARK: Sight = { ...DESKTOP, theme: "dark" };
export const PHONE: Sight = { width: 390, height: 844, theme: "light" };

const FONTS = "/usr/share/fonts/truetype/dejavu";
/** Of the package fonts-dejavu-core, whichever others the machine has. */
const FONT_FILES = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold"];
const ACTION_MS = 10_000;

/** What a browser in tests is asked for on its command line. */
const FLAGS = [
  // Chromium refuses root a sandbox of its own; nothing but pages of the test is opened.
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-lcd-text",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--no-first-run",
  "--no-pings",
];

/** One browser with a fresh profile; it ends with the test. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #home: string;

  private constructor(browser: Browser, home: string) {
    this.#browser = browser;
    this.#home = home;
  }

  /** @throws MissingProgram, which skips the test, where there is no Chromium */
  static async start(): Promise<TestBrowser> {
    requireOwnNamespaces();
    const [program = ""] = startable(["chromium"]);
    const home = mkdtempSync(join(tmpdir(), "hawser-browser-"));
    const browser = await chromium.launch({
      executablePath: Bun.which(program) ?? program,
      args: FLAGS,
      // Its own temporary files go with the profile.
      env: {
        ...{ PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: home },
        FONTCONFIG_FILE: fontsOnly(home),
      },
      timeout: patient(60_000),
    });
    return new TestBrowser(browser, home);
  }

  /** A window of its own, without memory of another one. */
  async window(sight: Sight = DESKTOP): Promise<Window> {
    const { width, height, theme } = sight;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "Europe/Berlin",
      permissions: ["clipboard-read", "clipboard-write"],
    });
    context.setDefaultTimeout(patient(ACTION_MS));
    return await Window.open(context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** A page, and all that it did that no page of ours may do. */
export class Window implements AsyncDisposable {
  readonly page: Page;
  /** Errors on the console or thrown, and requests to anywhere but the page's own origin. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.faults.push(`thrown: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!this.#isOwn(url, request.isNavigationRequest())) this.faults.push(`request: ${url}`);
    });
  }

  static async open(context: BrowserContext): Promise<Window> {
    return new Window(context, await context.newPage());
  }

  /** The faults so far that are not of the kind expected; from now on, none of them counts. */
  take(expected?: RegExp): string[] {
    return this.faults.splice(0).filter((fault) => expected?.test(fault) !== true);
  }

  /** What axe finds wrong for people that do not see, or not well: a line for each thing. */
  async inaccessible(): Promise<string[]> {
    const session = await this.#context.newCDPSession(this.page);
    // By the debugger, since the page's policy forbids scripts that are put into it.
    await session.send("Runtime.evaluate", { expression: AXE });
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
      expression: "axe.run(document, { resultTypes: ['violations'] })",
      awaitPromise: true,
      returnByValue: true,
    });
    await session.detach();
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
    const { violations } = result.value as AxeResults;
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, html }) => `${id}: ${help}: ${target.join(" ")}: ${html.slice(0, 200)}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }

  #isOwn(url: string, isNavigation: boolean): boolean {
    if (/^(?:data|blob|about):/.test(url)) return true;
    if (isNavigation) return true;
    const [asked, own] = [new URL(url), new URL(this.page.url())];
    return asked.protocol !== "file:" && asked.origin === own.origin;
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A configuration of fontconfig that knows one family: what a page asks for is drawn in it. */
function fontsOnly(home: string): string {
  const own = join(home, "fonts");
  mkdirSync(own);
  for (const name of FONT_FILES) symlinkSync(join(FONTS, `${name}.ttf`), join(own, `${name}.ttf`));
  const path = join(home, "fonts.conf");
  const alias = (generic: string, family: string): string =>
    `<alias binding="same"><family>${generic}</family><prefer><family>${family}</family></prefer></alias>`;
  writeFileSync(
    path,
    `<?xml version="1.0"?>
<fontconfig>
<dir>${own}</dir>
<cachedir>${join(home, "font-cache")}</cachedir>
${alias("monospace", "DejaVu Sans Mono")}
${["sans-serif", "system-ui", "serif"].map((name) => alias(name, "DejaVu Sans")).join("\n")}
</fontconfig>
`,
  );
  return path;
}
