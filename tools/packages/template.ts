import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_DIR } from "../../src/base/index.ts";
import {
  asidePath,
  MANIFEST_NAME,
  type PackageKind,
  SCRATCH_PREFIX,
  STATE_FORMAT,
  USUAL_PLUGIN_DIRS,
} from "../../src/install/index.ts";
import { ROOT } from "../test/files.ts";
import { CLIENT_DIR } from "./content.ts";

/** The scripts of packages: texts in `packaging`, with the names that the product has for things. */

const PACKAGING = join(ROOT, "packaging");

/** A file of `packaging`, filled in for a kind of package. */
export function filled(
  path: string,
  kind: PackageKind,
  plugins: readonly string[],
  more: Readonly<Record<string, string>> = {},
): string {
  const links = `${part(`${FOLDER[kind]}/links.sh`)}\n${part("links.sh")}`;
  const names: Readonly<Record<string, string>> = {
    LINKS: links,
    ATTACHED: part("attached.sh"),
    REFUSE: part("refuse.sh"),
    UNITS: `${part("own-units.sh")}\n${part(`${FOLDER[kind]}/units.sh`)}`,
    MARK: "/run/hawser-installing",
    PLACES: USUAL_PLUGIN_DIRS.join(" "),
    PLUGINS: plugins.join(" "),
    MANIFEST: MANIFEST_NAME,
    OWN: PACKAGE_DIR,
    DIR: CLIENT_DIR[kind],
    ASIDE: asidePath("x").slice(".x".length),
    SCRATCH: SCRATCH_PREFIX,
    STATE: `${STATE_FORMAT}`,
    ...more,
  };
  let text = part(path);
  // Twice: the parts have names in them, too.
  for (let round = 0; round < 2; round += 1) {
    text = text.replaceAll(/@([A-Z]+)@/g, (all, name: string) => names[name] ?? all);
  }
  return text;
}

const FOLDER: Readonly<Record<PackageKind, string>> = { deb: "debian", rpm: "rpm" };

function part(path: string): string {
  return readFileSync(join(PACKAGING, path), "utf8");
}
