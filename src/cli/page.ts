import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CniError, ErrorCode } from "../spec/index.ts";
import { embeddedPage, type PageFile } from "./embedded-page.ts";

/** Where the build leaves the page, beside the sources. */
const BUILT = fileURLToPath(new URL("../../dist/page", import.meta.url));
/** The file of `hawser report` is none of the page's. */
const REPORT = "report.html";

/** The files of the page by their names; none where it has not been built. */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map((await embeddedPage()) ?? builtPage());
  files.delete(REPORT);
  return files;
}

/**
 * The page of a report, without its data.
 * @throws CniError where it has not been built
 */
export async function reportPage(): Promise<string> {
  const file = ((await embeddedPage()) ?? builtPage()).get(REPORT);
  if (file !== undefined) return new TextDecoder().decode(Bun.gunzipSync(file.gzip));
  throw new CniError(ErrorCode.IO_FAILURE, "this program has no page: npm run build makes it");
}

/** Of a checkout, whose program is not compiled. */
function builtPage(): Map<string, PageFile> {
  return new Map(
    namesOf().map((name) => {
      const gzip = Bun.gzipSync(readFileSync(`${BUILT}/${name}`));
      return [name, { type: Bun.file(name).type, gzip }];
    }),
  );
}

function namesOf(): string[] {
  try {
    return readdirSync(BUILT);
  } catch {
    return [];
  }
}
