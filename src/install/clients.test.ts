import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { whatClientsTake } from "./index.ts";

/** The files of a node, below a directory of their own. */
class Root implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "hawser-clients-"));

  constructor(files: Readonly<Record<string, string>>) {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(this.path, dirname(file)), { recursive: true });
      writeFileSync(join(this.path, file), text, { mode: 0o755 });
    }
  }

  /** By client: the directory that it takes each plugin from. */
  takes(...plugins: string[]): Record<string, Record<string, readonly string[]>> {
    const clients = whatClientsTake(plugins, undefined, this.path);
    return Object.fromEntries(
      clients.map(({ name, takes }) => [name, Object.fromEntries(takes)] as const),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

const PODMAN = { "/usr/bin/podman": "" };

test("case C3: Debian's podman takes what /usr/lib/cni has before /opt/cni/bin", () => {
  using root = new Root({
    ...PODMAN,
    "/usr/lib/cni/bridge": "",
    "/opt/cni/bin/bridge": "",
    "/opt/cni/bin/tap": "",
  });
  expect(root.takes("bridge", "tap", "vlan")).toEqual({
    podman: { "/usr/lib/cni": ["bridge"], "/opt/cni/bin": ["tap"] },
  });
});

test("case C3, kind: containers.conf of an administrator wins, and netavark runs no plugins", () => {
  const conf = (line: string): Record<string, string> => {
    return { "/etc/containers/containers.conf.d/10-own.conf": `[network]\n${line}\n` };
  };
  const plugins = { "/usr/lib/cni/bridge": "", "/opt/cni/bin/bridge": "" };
  using root = new Root({
    ...PODMAN,
    ...plugins,
    "/usr/share/containers/containers.conf": '[network]\ncni_plugin_dirs = ["/usr/lib/cni"]\n',
    ...conf('cni_plugin_dirs = ["/opt/cni/bin/"]'),
  });
  expect(root.takes("bridge")).toEqual({ podman: { "/opt/cni/bin": ["bridge"] } });
  using other = new Root({ ...PODMAN, ...plugins, ...conf('network_backend = "netavark"') });
  expect(other.takes("bridge")).toEqual({});
});

test.each([
  [
    "containerd as Debian configures it",
    "/etc/containerd/config.toml",
    'version = 2\n[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/usr/lib/cni"\n',
    "containerd",
  ],
  [
    "containerd 2",
    "/etc/containerd/config.toml",
    "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dirs = ['/usr/lib/cni', '/opt/cni/bin']\n",
    "containerd",
  ],
  ["CRI-O", "/etc/crio/crio.conf", '[crio.network]\nplugin_dirs = ["/usr/lib/cni/"]\n', "CRI-O"],
  ["nerdctl", "/etc/nerdctl/nerdctl.toml", 'cni_path = "/usr/lib/cni"\n', "nerdctl"],
])("case C3, kind: %s looks where its file says", (_, file, text, name) => {
  using root = new Root({ [file]: text, "/usr/lib/cni/bridge": "", "/opt/cni/bin/bridge": "" });
  expect(root.takes("bridge")).toEqual({ [name]: { "/usr/lib/cni": ["bridge"] } });
  expect(whatClientsTake([], undefined, root.path)).toMatchObject([{ name, file }]);
});

test("without a word in its file each takes its default; a file that cannot be read is told", () => {
  using root = new Root({
    "/etc/containerd/config.toml": "version = 2\n",
    "/etc/crio/crio.conf": "[crio\n",
    "/usr/local/bin/nerdctl": "",
    "/usr/libexec/cni/bridge": "",
  });
  const clients = whatClientsTake(["bridge"], "/opt/cni/bin", root.path);
  expect(clients.map(({ name, dirs }) => [name, ...dirs])).toEqual([
    ["containerd", "/opt/cni/bin"],
    ["CRI-O", "/opt/cni/bin"],
    ["nerdctl", "/usr/libexec/cni"],
  ]);
  expect(clients.map(({ problem }) => problem?.split(":")[0])).toEqual([
    ...[undefined, "/etc/crio/crio.conf", undefined],
  ]);
});
