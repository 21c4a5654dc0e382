import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../test/process.ts";
import { aboutProject, packageVersion } from "./about.ts";
import {
  CLIENT_DIR,
  contentOf,
  PackageFailure,
  type PackedFile,
  pluginsOf,
  requireMaker,
} from "./content.ts";
import type { PackageOrder } from "./order.ts";
import { filled } from "./template.ts";
import { pinTree, writeTree } from "./tree.ts";

/** A package for Debian and Ubuntu, made by dpkg-deb. */

const ARCHITECTURES = { "x86-64": "amd64", arm64: "arm64" } as const;
const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];
const SCRIPT_MODE = 0o755;
const SECONDS = 600;
const KIB = 1024;
/** What each directory and file takes at least, by Debian's count. */
const LEAST_KIB = 1;

/** Gives the path of the package. */
export async function makeDeb(order: PackageOrder): Promise<string> {
  requireMaker("dpkg-deb");
  const { dist, out, arch, epochSeconds, level } = order;
  const architecture = ARCHITECTURES[arch];
  const version = packageVersion(order.version);
  const tree = mkdtempSync(join(tmpdir(), "hawser-deb-"));
  try {
    const files = await contentOf({ kind: "deb", dist, version: order.version, epochSeconds });
    writeTree(tree, files);
    mkdirSync(join(tree, CLIENT_DIR.deb), { recursive: true });
    mkdirSync(join(tree, "DEBIAN"));
    const plugins = pluginsOf(dist);
    const { author, homepage } = aboutProject();
    const control = filled("debian/control", "deb", plugins, {
      ...{ VERSION: version, ARCH: architecture, SIZE: `${sizeOf(files)}` },
      ...{ MAINTAINER: author, HOMEPAGE: homepage },
    });
    writeFileSync(join(tree, "DEBIAN/control"), control);
    writeFileSync(join(tree, "DEBIAN/md5sums"), sumsOf(files));
    for (const name of SCRIPTS) {
      const script = filled(`debian/${name}`, "deb", plugins);
      writeFileSync(join(tree, "DEBIAN", name), script, { mode: SCRIPT_MODE });
    }
    pinTree(tree, epochSeconds);
    mkdirSync(out, { recursive: true });
    const path = join(out, `hawser_${version}_${architecture}.deb`);
    const compression = level === 0 ? ["-Znone"] : ["-Zzstd", `-z${level}`];
    const { exitCode, output } = await run(
      ["dpkg-deb", "--root-owner-group", ...compression, "--build", tree, path],
      { cwd: "/", env: { SOURCE_DATE_EPOCH: `${epochSeconds}` }, timeoutSeconds: SECONDS },
    );
    if (exitCode !== 0) throw new PackageFailure(`dpkg-deb: ${output}`);
    return path;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function sizeOf(files: readonly PackedFile[]): number {
  return files.reduce((sum, { content }) => {
    return sum + ("bytes" in content ? Math.ceil(content.bytes.length / KIB) : LEAST_KIB);
  }, 0);
}

/** What `dpkg --verify` compares. */
function sumsOf(files: readonly PackedFile[]): string {
  const lines = files.flatMap(({ path, content }) => {
    if (!("bytes" in content)) return [];
    return [`${createHash("md5").update(content.bytes).digest("hex")}  ${path.slice(1)}\n`];
  });
  return lines.join("");
}
