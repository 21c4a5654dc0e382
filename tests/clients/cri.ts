import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, ownEnvironment, type RunAnswer, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { areBuilt, directoryOf, type GoPrograms, goInstall } from "../support/go-install.ts";
import { until } from "../support/until.ts";
import { missingOf } from "./rootfs.ts";

/** containerd 2.4 as a kubelet finds it, with crictl in the kubelet's place. */

const CONTAINERD: GoPrograms = {
  module: "github.com/containerd/containerd/v2",
  version: "v2.4.2",
  packages: ["cmd/containerd", "cmd/ctr", "cmd/containerd-shim-runc-v2"],
  folder: "containerd",
  tags: "no_btrfs,no_devmapper,no_zfs",
};
const CRICTL: GoPrograms = {
  module: "sigs.k8s.io/cri-tools",
  version: "v1.37.0",
  packages: ["cmd/crictl"],
  folder: "crictl",
};

const IMAGE = "localhost/pause:1";

/** What is missing on this machine; undefined when nothing is. */
export function criMissing(): string | undefined {
  if (areBuilt(CONTAINERD) && areBuilt(CRICTL)) return missingOf(has, ["root", "runc", "busybox"]);
  return "containerd 2.4 (Go and the module proxy; HAWSER_CONTAINERD=1 has it built, in minutes)";
}

/** Builds containerd and crictl; returns the reason when that is not possible here. */
export async function buildCri(): Promise<string | undefined> {
  return (await goInstall(CONTAINERD)) ?? (await goInstall(CRICTL));
}

/** Where a containerd finds networks and plugins. */
export interface CriPlaces {
  readonly configDir: string;
  readonly pluginDir: string;
}

/** A containerd with its CRI part, everything of its own below one directory unless other places are named. */
export class Cri {
  readonly configDir: string;
  readonly pluginDir: string;
  readonly #home: string;
  #daemon: Bun.Subprocess | undefined;

  private constructor(home: string, places: CriPlaces) {
    this.#home = home;
    this.configDir = places.configDir;
    this.pluginDir = places.pluginDir;
    for (const directory of [this.configDir, this.pluginDir]) {
      mkdirSync(directory, { recursive: true });
    }
    writeFileSync(join(home, "config.toml"), this.#settings());
  }

  /** Makes one, and starts it with an image of its own for pods. */
  static async create(places?: CriPlaces): Promise<Cri> {
    const home = mkdtempSync(join(tmpdir(), "hawser-cri-"));
    const own = { configDir: join(home, "net.d"), pluginDir: join(home, "bin") };
    const cri = new Cri(home, places ?? own);
    await cri.start();
    const image = await packImage(cri.#home);
    const importing = ["-n", "k8s.io", "images", "import", "--no-unpack", image];
    await must([join(directoryOf(CONTAINERD), "ctr"), "--address", cri.#socket, ...importing]);
    return cri;
  }

  get #socket(): string {
    return join(this.#home, "socket");
  }

  /** Starts the daemon; pods that ran when it was stopped are still there. */
  async start(): Promise<void> {
    const programs = directoryOf(CONTAINERD);
    const log = join(this.#home, "log");
    this.#daemon = Bun.spawn(
      [join(programs, "containerd"), "--config", join(this.#home, "config.toml")],
      {
        env: { ...ownEnvironment(), PATH: `${programs}:${process.env["PATH"]}` },
        stdio: ["ignore", "ignore", Bun.file(log)],
      },
    );
    const said = (): string => readFileSync(log, "utf8");
    await until(said, async () => {
      if (this.#daemon?.exitCode !== null) throw new Error(`containerd has ended: ${said()}`);
      return await this.#answers();
    });
  }

  /** Stops the daemon alone. */
  async stop(): Promise<void> {
    this.#daemon?.kill("SIGTERM");
    await this.#daemon?.exited;
  }

  async #answers(): Promise<boolean> {
    return (await this.attempt("version")).exitCode === 0;
  }

  async close(): Promise<void> {
    await this.attempt("rmp", "--all", "--force");
    await this.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Runs one `crictl` command. */
  async attempt(...words: string[]): Promise<RunAnswer> {
    return await run([...this.crictlWords, ...words]);
  }

  /** The words that start `crictl` for this containerd. */
  get crictlWords(): readonly string[] {
    const endpoint = `unix://${this.#socket}`;
    const places = ["--runtime-endpoint", endpoint, "--image-endpoint", endpoint];
    const options = ["--config", "/dev/null", "--timeout", "30s"];
    return [join(directoryOf(CRICTL), "crictl"), ...options, ...places];
  }

  /** The same for one that has to succeed. */
  async crictl(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.attempt(...words);
    if (exitCode !== 0) throw new Error(`crictl ${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  /** Whether containerd takes the node's network for ready, and what it says. */
  async network(): Promise<{ ready: boolean; said: string }> {
    interface Condition {
      readonly type: string;
      readonly status: boolean;
      readonly message: string;
    }
    const info = JSON.parse(await this.crictl("info")) as {
      readonly status: { readonly conditions: readonly Condition[] };
    };
    const found = info.status.conditions.find(({ type }) => type === "NetworkReady");
    return { ready: found?.status === true, said: found?.message ?? "" };
  }

  /** Runs a pod that maps a port of the host. */
  async runPod(name: string, hostPort: number): Promise<RunAnswer> {
    const path = join(this.#home, `${name}.json`);
    const metadata = { name, namespace: "default", uid: name, attempt: 0 };
    const ports = [{ protocol: 0, container_port: 80, host_port: hostPort }];
    const pod = { metadata, log_directory: this.#home, port_mappings: ports, linux: {} };
    writeFileSync(path, JSON.stringify(pod));
    return await this.attempt("runp", path);
  }

  /** The pod's address, and the process that holds its namespace. */
  async inspect(id: string): Promise<{ ip: string; pid: number }> {
    const seen = JSON.parse(await this.crictl("inspectp", id)) as {
      readonly status: { readonly network: { readonly ip: string } };
      readonly info: { readonly pid: number };
    };
    return { ip: seen.status.network.ip, pid: seen.info.pid };
  }

  #settings(): string {
    const cri = "plugins.'io.containerd.cri.v1";
    const of = (path: string): string => JSON.stringify(join(this.#home, path));
    return [
      "version = 3",
      `root = ${of("root")}`,
      `state = ${of("state")}`,
      'disabled_plugins = ["io.containerd.nri.v1.nri"]',
      ...["[grpc]", `address = ${of("socket")}`, "[ttrpc]", `address = ${of("socket.ttrpc")}`],
      ...[`[${cri}.images']`, 'snapshotter = "native"'],
      ...[`[${cri}.images'.pinned_images]`, `sandbox = "${IMAGE}"`],
      `[${cri}.runtime']`,
      // A machine whose root may not raise limits runs the tests, too.
      ...["restrict_oom_score_adj = true", "disable_apparmor = true"],
      ...["enable_unprivileged_ports = false", "enable_unprivileged_icmp = false"],
      `[${cri}.runtime'.cni]`,
      `bin_dirs = [${JSON.stringify(this.pluginDir)}]`,
      `conf_dir = ${JSON.stringify(this.configDir)}`,
      `[${cri}.runtime'.containerd.runtimes.runc]`,
      'runtime_type = "io.containerd.runc.v2"',
      `[${cri}.runtime'.containerd.runtimes.runc.options]`,
      `BinaryName = ${JSON.stringify(Bun.which("runc") ?? "runc")}`,
      "",
    ].join("\n");
  }
}

/** An image with a program that sleeps, as an OCI archive. */
async function packImage(home: string): Promise<string> {
  const rootfs = join(home, "rootfs");
  const layout = join(home, "image");
  mkdirSync(join(rootfs, "bin"), { recursive: true });
  mkdirSync(join(layout, "blobs/sha256"), { recursive: true });
  copyFileSync(Bun.which("busybox") ?? "busybox", join(rootfs, "bin/busybox"));
  const layerPath = join(home, "layer.tar");
  await must(["tar", "-C", rootfs, "-cf", layerPath, "."]);
  const blob = async (
    path: string,
    mediaType: string,
  ): Promise<{ mediaType: string; digest: string; size: number }> => {
    const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
    copyFileSync(path, join(layout, "blobs/sha256", hash));
    return { mediaType, digest: `sha256:${hash}`, size: statSync(path).size };
  };
  const json = async (
    name: string,
    value: unknown,
    mediaType: string,
  ): Promise<{ mediaType: string; digest: string; size: number }> => {
    writeFileSync(join(home, name), JSON.stringify(value));
    return await blob(join(home, name), `application/vnd.oci.image.${mediaType}+json`);
  };
  const layer = await blob(layerPath, "application/vnd.oci.image.layer.v1.tar");
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const settings = {
    ...{ architecture, os: "linux", config: { Entrypoint: ["/bin/busybox", "sleep", "100000"] } },
    rootfs: { type: "layers", diff_ids: [layer.digest] },
  };
  const config = await json("settings.json", settings, "config.v1");
  const manifest = { schemaVersion: 2, config, layers: [layer] };
  const described = await json("manifest.json", manifest, "manifest.v1");
  const annotations = { "io.containerd.image.name": IMAGE };
  const index = { schemaVersion: 2, manifests: [{ ...described, annotations }] };
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  writeFileSync(join(layout, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  const archive = join(home, "image.tar");
  await must(["tar", "-C", layout, "-cf", archive, "."]);
  return archive;
}
