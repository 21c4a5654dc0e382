import { afterEach, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/cli/version.ts";
import { PLUGINS } from "../../src/plugins/registry/index.ts";
import { type Container, readKubernetesManifest } from "../packaging/manifest.ts";
import { must } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { coverTrees } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import { hawserPlugins } from "../support/plugin-sets.ts";
import { Podman } from "./podman.ts";
import { missingOf } from "./rootfs.ts";

/** The image of the node daemon: built by buildah without a network, run by podman as a node would. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const IMAGE = `localhost/hawser:${VERSION}`;
const TIMEOUT_MS = 180_000;

const missing = [
  Podman.missing(),
  missingOf(has, ["buildah", "ldd"]),
  hawserPlugins().missing,
].filter((part) => part !== undefined);
const client = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

let podman: Podman | undefined;
let node: string | undefined;
afterEach(async () => {
  await podman?.close();
  podman = undefined;
  if (node !== undefined) rmSync(node, { recursive: true });
  node = undefined;
});

/** What of a container's settings in the manifest podman has a word for, and mounts of a node. */
function asTheManifestSays(container: Container, node: string): string[] {
  const { securityContext: context, volumeMounts } = container;
  return [
    ...["--rm", "--network=none", `--user=${context.runAsUser}`],
    ...(context.readOnlyRootFilesystem ? ["--read-only", "--read-only-tmpfs=false"] : []),
    ...(context.allowPrivilegeEscalation ? [] : ["--security-opt=no-new-privileges"]),
    ...(context.capabilities?.drop ?? []).map((name) => `--cap-drop=${name}`),
    ...volumeMounts.map(({ mountPath, readOnly }) => {
      return `--volume=${join(node, mountPath)}:${mountPath}:${readOnly ? "ro" : "rw"}`;
    }),
  ];
}

client(
  "the image says its version, installs as the DaemonSet has it, and what it installed works",
  async () => {
    // buildah locks the directory of the machine's networks.
    await coverTrees(["/etc/cni", "/var/lib/cni"]);
    podman = Podman.create([hawserPlugins().dir]);
    await must(["npm", "run", "--silent", "image", "--", "--storage", podman.home], {
      cwd: ROOT,
      timeoutMs: TIMEOUT_MS,
    });
    const version = await podman.run("run", "--rm", "--network=none", IMAGE, "version");
    expect(version).toBe(`hawser ${VERSION}`);

    const { config, set } = readKubernetesManifest();
    const [init] = set.spec.template.spec.initContainers;
    node = mkdtempSync(join(tmpdir(), "hawser-node-"));
    for (const { mountPath } of init.volumeMounts) {
      mkdirSync(join(node, mountPath), { recursive: true });
    }
    for (const [name, text] of Object.entries(config.data)) {
      writeFileSync(join(node, "etc/hawser", name), text);
    }
    writeFileSync(join(node, "opt/cni/bin/bridge"), "the reference plugin", { mode: 0o755 });
    const settings = asTheManifestSays(init, node);
    await podman.run("run", ...settings, IMAGE, ...init.args);

    const verified = await podman.run("run", ...settings, IMAGE, "install", "--verify");
    expect(verified).toContain(`Hawser ${VERSION} in /opt/cni/bin is as installed`);
    const names = readdirSync(join(node, "opt/cni/bin"));
    expect([...PLUGINS.keys()].filter((name) => !names.includes(name))).toEqual([]);
    const [[name = "", text = ""] = []] = Object.entries(config.data);
    expect(readFileSync(join(node, "etc/cni/net.d", name), "utf8")).toBe(text);
    // On the node itself, without the image.
    const answer = await must([join(node, "opt/cni/bin/bridge")], {
      env: { CNI_COMMAND: "VERSION" },
      stdin: '{"cniVersion":"1.1.0"}',
    });
    expect(JSON.parse(answer)).toHaveProperty("supportedVersions");

    await podman.run("run", ...settings, IMAGE, "uninstall");
    expect(readdirSync(join(node, "opt/cni/bin"))).toEqual(["bridge"]);
    expect(readFileSync(join(node, "opt/cni/bin/bridge"), "utf8")).toBe("the reference plugin");
    expect(readdirSync(join(node, "etc/cni/net.d"))).toEqual([]);
  },
  TIMEOUT_MS,
);

client(
  "the image has no shell; of the machine it has the C library alone, with all licences",
  async () => {
    const { fillRootfs } = await import("../../tools/image/rootfs.ts");
    node = mkdtempSync(join(tmpdir(), "hawser-rootfs-"));
    await fillRootfs(join(ROOT, "dist"), node);
    const files = (await must(["find", node, "-type", "f", "-printf", "%P\n"])).trim().split("\n");
    const texts = [
      ...["LICENSE", "THIRD-PARTY.txt"].map((name) => `usr/share/licenses/hawser/${name}`),
      "usr/share/doc/libc6/copyright",
    ];
    expect(texts.filter((path) => !files.includes(path))).toEqual([]);
    expect(readFileSync(join(node, texts[1] ?? ""), "utf8")).toStartWith("GNU C Library");
    const others = files.filter((path) => {
      return !path.startsWith("usr/lib/hawser/") && !texts.includes(path);
    });
    expect(others.length).toBeGreaterThan(0);
    expect(others.filter((path) => !/\/(?:lib[a-z]+|ld-linux[\w-]*)\.so\.\d$/.test(path))).toEqual(
      [],
    );
  },
);
