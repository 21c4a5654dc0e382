import { join } from "node:path";
import { ROOT } from "../test/files.ts";
import { addModules, Image } from "./image.ts";
import type { Kernel } from "./kernel.ts";
import type { LabMachine } from "./machine.ts";
import { isRead } from "./userland.ts";

/** What the lab's machine is made of: this machine's programs, the kernel's modules, the repository. */

/** The real ones; everything else that a shell knows is busybox's. */
const PROGRAMS = [
  ...["bash", "sh", "busybox", "jq", "ps", "sysctl", "strace", "setpriv", "prlimit", "timeout"],
  ...[
    "ip",
    "bridge",
    "tc",
    "ss",
    "wg",
    "nft",
    "conntrack",
    "modprobe",
    "kmod",
    "ldd",
    "env",
    "chmod",
  ],
  ...["mount", "umount", "unshare", "nsenter", "readlink", "mkfifo", "sleep", "cat", "rm", "true"],
  ...["ls", "id", "kill", "ln", "mkdir", "touch", "flock", "setsid", "stty", "findmnt"],
  ...["iptables", "iptables-save", "iptables-restore", "iptables-nft", "iptables-legacy"],
  ...["iptables-legacy-save", "iptables-legacy-restore", "iptables-nft-save"],
  ...["ip6tables", "ip6tables-save", "ip6tables-restore", "ip6tables-nft", "ip6tables-legacy"],
  ...["ip6tables-legacy-save", "ip6tables-legacy-restore", "ebtables", "arping", "ping"],
  ...["podman", "conmon", "runc", "dnsmasq", "systemd-socket-activate", "tcpdump", "mknod"],
];

/** Files and directories of this machine that those programs read. */
const FILES = [
  ...["/etc/alternatives/iptables", "/etc/iproute2", "/usr/share/iproute2", "/etc/protocols"],
  ...["/etc/services", "/etc/ethertypes", "/etc/nsswitch.conf", "/usr/lib/cni"],
  ...["/etc/containers", "/usr/share/containers", "/usr/lib/locale/C.utf8"],
];

/** Of the repository, what tests need; of its modules, what is not only for the checks. */
const REPOSITORY = [
  ...["src", "tests", "tools", "examples", "package.json", "bunfig.toml", "native"],
  ...["tsconfig.json", "tsconfig.base.json", "docs", "README.md"],
];
const NODE_MODULES = [
  ...["commander", "lossless-json", "picocolors", "strip-json-comments", "valibot"],
  ...["fast-check", "pure-rand"],
  ...["ajv", "fast-deep-equal", "fast-uri", "json-schema-traverse", "require-from-string"],
  ...["jsonc-parser", "diff"],
  ...["@dagrejs/dagre", "@dagrejs/graphlib", "@valibot/to-json-schema"],
  ...["oxc-parser", "@oxc-parser"],
  ...["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node"],
];

const LINKS = { bin: "usr/bin", sbin: "usr/sbin", lib: "usr/lib", lib64: "usr/lib64" };

const ACCOUNTS: Readonly<Record<string, string>> = {
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
  "/etc/hosts": "127.0.0.1 localhost lab\n::1 localhost\n",
};

/** What is put into the lab of one architecture. */
export interface LabContents {
  readonly machine: LabMachine;
  readonly kernel: Kernel;
  readonly job: string;
  /** What stands in the place of dist, of the running Bun, and of this machine's programs. */
  readonly foreign?: Foreign;
}

/** What another architecture has in the place of this machine's own. */
export interface Foreign {
  readonly dist: string;
  readonly bun: string;
  /** The directory of its programs and libraries. */
  readonly userland: string;
}

/** Everything in the lab, with the job that its guest is to do. */
export async function labImage({ machine, kernel, job, foreign }: LabContents): Promise<Image> {
  const image = new Image();
  for (const [name, target] of Object.entries(LINKS)) {
    image.directory(`/${target}`);
    image.link(`/${name}`, target);
  }
  for (const name of ["newroot", "proc", "sys", "dev", "tmp", "run", "root", "opt/busybox"]) {
    image.directory(`/${name}`);
  }
  image.directory("/var/lib");
  image.link("/var/run", "/run");
  for (const [path, text] of Object.entries(ACCOUNTS)) image.text(path, text);
  if (foreign === undefined) addOwnPrograms(image, machine);
  else addForeign(image, foreign);
  addModules(image, kernel);
  for (const name of [...REPOSITORY, ...NODE_MODULES.map((name) => `node_modules/${name}`)]) {
    image.copy(join(ROOT, name));
  }
  image.text("/init", await Bun.file(new URL("init.sh", import.meta.url)).text(), true);
  const facts = {
    ...{ LAB_ROOT: ROOT, LAB_BUN: process.execPath, LAB_REPORTS: machine.reports },
    LAB_PATIENCE: `${machine.patience}`,
  };
  const lines = Object.entries(facts).map(([name, value]) => `${name}='${value}'\n`);
  image.text("/lab.env", lines.join(""));
  image.text("/lab.json", job);
  return image;
}

function addOwnPrograms(image: Image, { libraries }: LabMachine): void {
  for (const name of [...PROGRAMS, process.execPath, ...nativeModules()]) image.program(name);
  for (const path of [...FILES, `/usr/lib/${libraries}/xtables`]) image.copy(path);
  // Programs that tests have built before, as well as what the build makes.
  for (const name of ["dist", ".cache"]) image.copy(join(ROOT, name));
}

/** Of npm's packages, what is compiled: it needs libraries as programs do. */
function nativeModules(): string[] {
  const files = new Bun.Glob("node_modules/@oxc-parser/*/*.node").scanSync(ROOT);
  return [...files].map((path) => join(ROOT, path));
}

function addForeign(image: Image, { dist, bun, userland }: Foreign): void {
  image.copy(bun, process.execPath);
  image.copy(dist, join(ROOT, "dist"));
  // Names that are made when a package is installed.
  for (const family of ["iptables", "ip6tables"]) {
    for (const end of ["", "-save", "-restore"]) {
      image.link(`/usr/sbin/${family}${end}`, `${family}-nft${end}`);
    }
  }
  image.link("/usr/sbin/ebtables", "ebtables-nft");
  image.link("/usr/bin/sh", "bash");
  // Packages name directories of the time before there was only /usr.
  for (const name of Object.keys(LINKS)) image.copy(join(userland, name), `/usr/${name}`, isRead);
  for (const name of ["usr", "etc"]) image.copy(join(userland, name), `/${name}`, isRead);
}
