import { expect } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import {
  containersEnvironment,
  placeOptions,
  prepareContainers,
} from "../../tests/clients/containers-conf.ts";
import { Podman } from "../../tests/clients/podman.ts";
import { fillRootfs, missingOf } from "../../tests/clients/rootfs.ts";
import { must, type RunAnswer, run } from "../../tests/support/exec.ts";
import { has } from "../../tests/support/features.ts";
import { coverTrees } from "../../tests/support/host.ts";
import { skipBecause } from "../../tests/support/needs.ts";
import { hawserPlugins } from "../../tests/support/plugin-sets.ts";
import { shownCommands } from "../../tools/docs.ts";
import { PACKAGES } from "../../tools/setup/packages.ts";
import { ROOT } from "../../tools/test/files.ts";
import { Workspace } from "./workspace.ts";

/**
 * The container recipe, by the two commands of the page. Nothing is downloaded: a file system of busybox
 * stands in for Debian's image, and this machine's programs for those of the packages.
 */

const page = readFileSync(join(ROOT, "docs/conformance-for-authors.md"), "utf8");
const recipe = readFileSync(join(import.meta.dir, "Containerfile"), "utf8");
const [BASE = ""] = /(?<=^FROM ).*$/m.exec(recipe) ?? [];
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];

const missing = [
  Podman.missing(),
  missingOf(has, ["buildah", "ip", "nft", "/lib64"]),
  hawserPlugins().missing,
].filter((part) => part !== undefined);
const client = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

/** An author's directory, and a podman of its own that has the base image. */
async function author(): Promise<{
  workspace: Workspace;
  type: (line: string) => Promise<RunAnswer>;
}> {
  await coverTrees(["/etc/cni", "/var/lib/cni"]);
  const workspace = new Workspace();
  const home = join(workspace.dir, "containers");
  mkdirSync(home);
  prepareContainers({ home, pluginDirs: [hawserPlugins().dir], networks: [] });
  const rootfs = join(home, "rootfs");
  fillRootfs(rootfs);
  for (const path of [...SYSTEM, "var/lib", "var/tmp"]) {
    mkdirSync(join(rootfs, path), { recursive: true });
  }
  symlinkSync("busybox", join(rootfs, "bin/rm"));
  workspace.write("containers/rootfs/bin/apt-get", '#!/bin/sh\necho "$*" >>/packages\n', 0o755);
  workspace.write("containers/Base", "FROM scratch\nCOPY rootfs/ /\n");
  const places = placeOptions(home);
  const env = { ...containersEnvironment(home), PATH: workspace.path };
  const base = ["build", "--tag", BASE, "--file", join(home, "Base"), home];
  await must(["buildah", ...places, ...base], { env });

  const volumes = SYSTEM.map((path) => `--volume ${path}:${path}:ro`).join(" ");
  const own = `${Bun.which("podman")} ${places.join(" ")}`;
  workspace.replace(
    "podman",
    `case $1 in
run) shift; exec ${own} run ${volumes} "$@" ;;
build) shift; exec ${own} build --isolation oci "$@" ;;
*) exec ${own} "$@" ;;
esac`,
  );
  const type = async (line: string): Promise<RunAnswer> =>
    await run(["sh", "-c", line], { cwd: workspace.dir, env, timeoutMs: 120_000 });
  return { workspace, type };
}

client(
  "the image is built as the page says, and checks a plugin",
  async () => {
    const [build = "", start = ""] = shownCommands(page).filter((line) =>
      line.startsWith("podman"),
    );
    const { workspace, type } = await author();
    using _ = workspace;
    symlinkSync(join(ROOT, "examples"), join(workspace.dir, "examples"));
    const built = await type(build);
    expect([built.exitCode, built.exitCode === 0 ? "" : built.stderr]).toEqual([0, ""]);

    workspace.write("bin/my-plugin", "#!/bin/sh\nexit 1\n", 0o755);
    const answer = await type(start);
    expect([answer.exitCode, answer.stderr]).toEqual([1, ""]);
    expect(answer.stdout).toContain("repeat");
    await type("podman rm --all --force --time 0");
  },
  300_000,
);

client("the recipe installs what the suite starts", async () => {
  const [, line = ""] = /install --yes --no-install-recommends (.*) &&/.exec(recipe) ?? [];
  const programs = PACKAGES.filter(({ name }) => line.split(" ").includes(name));
  const installed = programs.flatMap((each) => each.programs);
  const needed = ["ip", "tc", "nft", "unshare", "nsenter"];
  expect(needed.filter((program) => !installed.includes(program))).toEqual([]);
});
