import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { run } from "../test/process.ts";
import { aboutProject, packageVersion } from "./about.ts";
import { contentOf, PackageFailure, type PackedFile, pluginsOf, requireMaker } from "./content.ts";
import type { PackageOrder } from "./order.ts";
import { filled } from "./template.ts";
import { pinTree, writeTree } from "./tree.ts";

/** A package for Fedora, RHEL and their like, made by rpmbuild. */

const ARCHITECTURES = { "x86-64": "x86_64", arm64: "aarch64" } as const;
const SECONDS = 600;
const OCTAL = 8;

/** Gives the path of the package. */
export async function makeRpm(order: PackageOrder): Promise<string> {
  requireMaker("rpmbuild");
  const { dist, out, arch, epochSeconds, level } = order;
  const architecture = ARCHITECTURES[arch];
  const version = packageVersion(order.version);
  const scratch = mkdtempSync(join(tmpdir(), "hawser-rpm-"));
  try {
    const tree = join(scratch, "tree");
    const files = await contentOf({ kind: "rpm", dist, version: order.version, epochSeconds });
    writeTree(tree, files);
    pinTree(tree, epochSeconds);
    const { homepage } = aboutProject();
    const spec = join(scratch, "hawser.spec");
    const list = files.map(lineOf).join("\n");
    const more = { VERSION: version, HOMEPAGE: homepage, FILES: list, TREE: tree };
    writeFileSync(spec, filled("rpm/hawser.spec", "rpm", pluginsOf(dist), more));
    const settings = {
      _topdir: join(scratch, "top"),
      _buildhost: "hawser",
      _binary_payload: level === 0 ? "w.ufdio" : `w${level}.zstdio`,
      source_date_epoch_from_changelog: "0",
      use_source_date_epoch_as_buildtime: "1",
      clamp_mtime_to_source_date_epoch: "1",
    };
    const defines = Object.entries(settings).flatMap(([k, value]) => ["--define", `${k} ${value}`]);
    const { exitCode, output } = await run(
      ["rpmbuild", "-bb", "--quiet", "--target", `${architecture}-linux`, ...defines, spec],
      { cwd: scratch, env: { SOURCE_DATE_EPOCH: `${epochSeconds}` }, timeoutSeconds: SECONDS },
    );
    if (exitCode !== 0) throw new PackageFailure(`rpmbuild: ${output}`);
    const made = `${scratch}/top/RPMS/${architecture}/hawser-${version}-1.${architecture}.rpm`;
    mkdirSync(out, { recursive: true });
    const path = join(out, basename(made));
    copyFileSync(made, path);
    return path;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** How the list of a package's files names one. */
function lineOf({ path, mode, content }: PackedFile): string {
  if ("link" in content) return path;
  const kind = /^\/usr\/share\/(?:man|doc|licenses)\//.exec(path) === null ? "" : kindOf(path);
  return `%attr(0${mode.toString(OCTAL)}, root, root) ${kind}${path}`;
}

function kindOf(path: string): string {
  return path.startsWith("/usr/share/licenses/") ? "%license " : "%doc ";
}
