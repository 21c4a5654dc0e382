import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { ROOT } from "../test/files.ts";
import { tagOf } from "./tags.ts";

/** Links of documents that leave the repository: as a release's notes, or in a tarball. */

/** Where the repository is, and what names the commit there. */
export interface Origin {
  /** As package.json has it, such as `git+https://github.com/hawser-cni/hawser.git`. */
  readonly repository: string;
  readonly tag: string;
}

const MANIFEST = v.object({ repository: v.object({ url: v.string() }) });
const LINK = /(!?)(\[[^\]]*\])\(([^)\s]+)\)/gu;
/** With a scheme of its own, or within the same page. */
const COMPLETE = /^(?:[a-z][a-z\d+.-]*:|#)/iu;

/** Of this repository, as package.json has it. */
export function originOf(version: string): Origin {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return { repository: v.parse(MANIFEST, manifest).repository.url, tag: tagOf(version) };
}

/** The text with each link into the repository as one to the page of its file; of a picture, to the file. */
export function withWholeLinks(markdown: string, { repository, tag }: Origin): string {
  const site = repository.replace(/^git\+/u, "").replace(/\.git$/u, "");
  return markdown.replaceAll(LINK, (whole, mark: string, text: string, target: string) => {
    if (COMPLETE.test(target)) return whole;
    const kind = mark === "" ? "blob" : "raw";
    return `${mark}${text}(${site}/${join(kind, tag, target)})`;
  });
}
