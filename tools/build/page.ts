import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes the page of `hawser ui`, and the file that `hawser report` fills in, from src/page. */

const ENTRY = "src/page/main.ts";
const STYLE = "src/page/style/app.css";
const PLAIN: readonly string[] = ["index.html", "icon.svg"];

/** Where the report's data go: `null` stands there until then. */
const DATA = '<script type="application/json" id="hawser-report">null</script>';

export interface PageBuild {
  /** The repository. */
  readonly root: string;
  /** Where the results go. */
  readonly scratch: string;
}

/**
 * The page as files to be served, and report.html, which is the same in one file.
 * @throws AggregateError when the bundler does not accept the sources
 */
export async function buildPage({ root, scratch }: PageBuild): Promise<void> {
  for (const name of PLAIN) copyFileSync(join(root, "src/page", name), join(scratch, name));
  await bundle(root, scratch, true);
  preloadChunks(scratch);
  const whole = join(scratch, "whole");
  mkdirSync(whole);
  await bundle(root, whole, false);
  writeFileSync(join(scratch, "report.html"), reportOf(root, whole));
  rmSync(whole, { recursive: true });
}

async function bundle(root: string, outdir: string, splitting: boolean): Promise<void> {
  await Bun.build({
    entrypoints: [join(root, ENTRY), join(root, STYLE)],
    ...{ outdir, splitting, minify: true, target: "browser", format: "esm" },
    naming: { entry: "app.[ext]", chunk: "[name]-[hash].[ext]", asset: "[name].[ext]" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
}

/** What the script begins with is asked for together with it, not when it has come. */
function preloadChunks(scratch: string): void {
  const script = readFileSync(join(scratch, "app.js"), "utf8");
  const chunks = [...script.matchAll(/^import\{[^}]*\}from"\.\/(?<name>[\w-]+\.js)"/gmu)];
  const links = chunks.map(({ groups }) => {
    return `    <link rel="modulepreload" href="${groups?.["name"]}">\n`;
  });
  const path = join(scratch, "index.html");
  const html = readFileSync(path, "utf8");
  writeFileSync(path, replaceAll(html, [["  </head>", `${links.join("")}$&`]]));
}

/** One file without a request to anywhere: its script and its style are allowed by their digests. */
function reportOf(root: string, whole: string): string {
  const page = readFileSync(join(root, "src/page/index.html"), "utf8");
  const icon = readFileSync(join(root, "src/page/icon.svg"), "base64");
  // A string of the program with an end tag in it would end the element.
  const script = readFileSync(join(whole, "app.js"), "utf8").replaceAll("</script", "<\\/script");
  const style = readFileSync(join(whole, "app.css"), "utf8");
  const policy = [
    ...["default-src 'none'", "base-uri 'none'", "form-action 'none'", "img-src data:"],
    ...[`script-src ${digest(script)}`, `style-src ${digest(style)}`],
  ].join("; ");
  return replaceAll(page, [
    [
      '<meta charset="utf-8">',
      `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
    ],
    [
      '<link rel="icon" href="icon.svg">',
      `<link rel="icon" href="data:image/svg+xml;base64,${icon}">`,
    ],
    ['<link rel="stylesheet" href="app.css">', `<style>${style}</style>`],
    ['<script type="module" src="app.js"></script>', ""],
    ["</body>", `  ${DATA}\n    <script type="module">${script}</script>\n  </body>`],
  ]);
}

/** @throws RangeError when a text to be replaced is not there */
function replaceAll(text: string, changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new RangeError(`src/page/index.html lacks ${from}`);
    return now.replace(from, () => to.replace("$&", from));
  }, text);
}

function digest(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * The files of the page as one that the executable embeds: a line of JSON that says what is in it, then
 * each file as gzip has it, ready to be sent.
 */
export function archiveOf(page: string): Uint8Array {
  const bodies = readdirSync(page)
    .sort()
    .map((name) => {
      const body = Bun.gzipSync(readFileSync(join(page, name)), { level: 9 });
      return { name, type: TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain", body };
    });
  const files = bodies.map(({ name, type, body }) => ({ name, type, length: body.length }));
  const head = new TextEncoder().encode(`${JSON.stringify({ files })}\n`);
  return Buffer.concat([head, ...bodies.map(({ body }) => body)]);
}
