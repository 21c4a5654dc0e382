import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, makeOnce } from "../cache.ts";
import { aptOptions, ask, must } from "./apt.ts";
import type { LabMachine } from "./machine.ts";

/** The programs of a lab whose architecture is not this machine's: Debian's packages, unpacked. */

/** The packages; what these depend on comes along. */
const PACKAGES = [
  ...["bash", "busybox-static", "conntrack", "coreutils", "dnsmasq-base", "findutils", "grep"],
  ...["iproute2", "iptables", "iputils-arping", "iputils-ping", "jq", "kmod", "libc-bin"],
  ...["mount", "netbase", "nftables", "procps", "sed", "strace", "systemd", "tcpdump"],
  ...["util-linux", "wireguard-tools"],
  // Bun is linked with it.
  "libc6",
];

/** Of the packages, what no program reads. */
const UNREAD = /\/usr\/share\/(doc|man|info|locale|lintian|zsh|bash-completion|i18n|perl)(\/|$)/;

/** The directory with the packages unpacked; throws with what keeps them from being had. */
export async function findUserland(machine: LabMachine): Promise<string> {
  const cache = cacheDirectory("userlands");
  mkdirSync(cache, { recursive: true });
  const options = await aptOptions({ machine });
  const install = ["apt-get", ...options, "install", "-y", "--no-install-recommends"];
  const planned = await ask([...install, "--simulate", ...PACKAGES]);
  if (planned.exitCode !== 0) {
    // What a run leaves that was killed has more in its name.
    const kept = readdirSync(cache).find((name) => {
      return name.startsWith(`${machine.debian}_`) && /_[\da-f]{16}$/.test(name);
    });
    if (kept !== undefined) return join(cache, kept);
    throw new Error(`${PACKAGES.join(" ")}: ${planned.output.trim()}`);
  }
  const lines = planned.output.split("\n").filter((line) => line.startsWith("Inst "));
  const digest = new Bun.CryptoHasher("sha256").update(lines.sort().join("\n")).digest("hex");
  const directory = join(cache, `${machine.debian}_${digest.slice(0, 16)}`);
  await makeOnce(directory, async (scratch) => await unpack(install, scratch));
  return directory;
}

async function unpack(install: readonly string[], scratch: string): Promise<string> {
  const archives = join(scratch, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  const where = ["-o", `Dir::Cache::archives=${archives}`];
  await must([...install, ...where, "--download-only", "-qq", ...PACKAGES]);
  const root = join(scratch, "root");
  for (const name of readdirSync(archives).filter((each) => each.endsWith(".deb"))) {
    await must(["dpkg", "-x", join(archives, name), root]);
  }
  return root;
}

/** Whether a file of it is needed in the lab. */
export function isRead(path: string): boolean {
  return !UNREAD.test(path);
}
