import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { storageOptions } from "../image/buildah.ts";
import { fillRootfs, librariesOf } from "../image/rootfs.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { sha256Of } from "./digest.ts";
import { must, requireProgram } from "./must.ts";
import type { ImageLibrary } from "./sbom.ts";
import { packTar } from "./tarball.ts";

/** The image of the node daemon as an archive of OCI's layout. */

export interface ImageRequest {
  readonly dist: string;
  readonly target: string;
  readonly version: string;
  readonly commit: string;
  readonly epochSeconds: number;
  readonly scratch: string;
}

/**
 * @throws ReleaseFailure without buildah
 */
export async function packImage(request: ImageRequest): Promise<void> {
  const { dist, target, version, commit, epochSeconds, scratch } = request;
  requireProgram("buildah", "it makes the image");
  const context = join(scratch, "context");
  mkdirSync(context);
  await fillRootfs(dist, join(context, "rootfs"));
  const buildah = ["buildah", ...storageOptions(join(scratch, "storage"))];
  const tag = `localhost/hawser:${version}`;
  const layout = join(scratch, "layout");
  const labels = { version, revision: commit, licenses: "Apache-2.0", title: "hawser" };
  await must(
    [
      ...[
        ...buildah,
        "build",
        "--quiet",
        "--file",
        join(ROOT, "packaging/container/Containerfile"),
      ],
      // Times of files and of the image itself; and no label with buildah's own version.
      ...["--timestamp", String(epochSeconds), "--identity-label=false"],
      ...Object.entries(labels).map(([key, text]) => {
        return `--label=org.opencontainers.image.${key}=${text}`;
      }),
      ...["--tag", tag, context],
    ],
    { cwd: scratch },
  );
  await must([...buildah, "push", "--quiet", tag, `oci:${layout}:${version}`], { cwd: scratch });
  // buildah's own archive would have the time of this run in it.
  await packTar({
    parent: layout,
    names: ["blobs", "index.json", "oci-layout"],
    target,
    epochSeconds,
  });
}

/** The libraries of this machine that the image holds, with the package that each is from. */
export async function imageLibraries(executable: string): Promise<ImageLibrary[]> {
  const libraries: ImageLibrary[] = [];
  for (const path of await librariesOf(executable)) {
    const from = await packageOf(path);
    libraries.push({ path, sha256: sha256Of(path), ...(from === undefined ? {} : { from }) });
  }
  return libraries;
}

/** Debian's package of a file; undefined elsewhere. Directories that are links have two names. */
async function packageOf(path: string): Promise<ImageLibrary["from"]> {
  if (Bun.which("dpkg-query") === null) return undefined;
  for (const each of [path, realpathSync(path), `/usr${path}`]) {
    const options = { cwd: "/", timeoutSeconds: 20 };
    const found = await run(["dpkg-query", "--search", each], options);
    const name = /^([^:,\s]+)[:,]/u.exec(found.output)?.[1];
    if (found.exitCode !== 0 || name === undefined) continue;
    const shown = await run(["dpkg-query", "--status", name], options);
    const version = /^Version: (.+)$/mu.exec(shown.output)?.[1];
    if (version !== undefined) return { name, version };
  }
  return undefined;
}
