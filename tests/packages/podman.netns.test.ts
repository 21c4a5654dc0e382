import { afterAll, beforeAll, expect } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { makeDeb } from "../../tools/packages/deb.ts";
import { fillRootfs } from "../clients/rootfs.ts";
import { must } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { skipBecause } from "../support/needs.ts";
import { Booted, cgroupRoot } from "./booted.ts";
import { type DebianRoot, DebianRoots } from "./debian-root.ts";
import { Echo } from "./echo.ts";
import { buildMissing, dropMemory, memoryDirectory, orderOf } from "./made.ts";

/**
 * The package on a Debian with systemd, Debian's podman and the reference plugins, from installation to
 * purge, with containers attached all the while. The tests follow one another, as on a node.
 */

const PROGRAMS = ["podman", "runc", "busybox", "dpkg-deb"];
const missing = [
  ...["root", "dpkg-deb", "/usr/lib/cni/bridge", ...PROGRAMS].filter((each) => !has(each)),
  ...(cgroupRoot() === undefined ? ["control groups of version 2"] : []),
  ...buildMissing(),
];
const node = skipBecause(missing.length === 0 ? undefined : missing.join(", "));

const PACKAGES = [
  ...["init-system-helpers", "systemd", "podman", "containernetworking-plugins"],
  ...["busybox-static", "iproute2", "mount"],
];
/** A container's limits and journal are not what is tried here. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]
log_driver = "k8s-file"
pids_limit = 0
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
`;
const STORAGE_CONF = `[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
`;
/** Attaches and detaches by the daemon until /tmp/stop is there; a line for each call. */
const CALLS = `
ip netns add calls
export CNI_CONTAINERID=calls CNI_NETNS=/run/netns/calls CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni
: >/tmp/calls
until [ -e /tmp/stop ]; do
  for command in ADD DEL; do
    CNI_COMMAND=$command /usr/lib/cni/bridge </tmp/calls.conf >/tmp/answer || cat /tmp/answer >>/tmp/failed
    echo $command >>/tmp/calls
  done
done
ip netns del calls
`;
const CALLS_CONF = {
  ...{ cniVersion: "1.0.0", name: "calls", type: "bridge", bridge: "calls0" },
  ipam: { type: "host-local", subnet: "10.77.0.0/24" },
};

let roots: DebianRoots;
let root: DebianRoot;
let on: Booted;
let echo: Echo;
let before: string[];

beforeAll(async () => {
  if (missing.length > 0) return;
  await must(["ip", "link", "set", "lo", "up"]);
  const made = await memoryDirectory();
  roots = await DebianRoots.create(PACKAGES);
  root = await roots.root("2g");
  for (const version of ["0.9.0", "0.10.0-rc.1"]) {
    const path = await makeDeb(orderOf(made, version));
    copyFileSync(path, root.at(`/tmp/${basename(path)}`));
  }
  await dropMemory(made);
  mkdirSync(root.at("/etc/containers"), { recursive: true });
  writeFileSync(root.at("/etc/containers/containers.conf"), CONTAINERS_CONF);
  writeFileSync(root.at("/etc/containers/storage.conf"), STORAGE_CONF);
  writeFileSync(root.at("/tmp/calls.conf"), JSON.stringify(CALLS_CONF));
  fillRootfs(root.at("/srv/web"));
  on = await Booted.boot(root);
  before = root.written();
});

afterAll(async () => {
  echo?.close();
  await on?.[Symbol.asyncDispose]();
  await roots?.[Symbol.asyncDispose]();
});

const OLD = "/tmp/hawser_0.9.0_amd64.deb";
const NEW = "/tmp/hawser_0.10.0~rc.1_amd64.deb";

async function daemonPid(): Promise<string> {
  const text = await on.must(
    "systemctl",
    "show",
    "--property=MainPID,ActiveState",
    "hawser.service",
  );
  expect(text).toContain("ActiveState=active");
  return /MainPID=(\d+)/.exec(text)?.[1] ?? "";
}

/** Installs while calls are made; gives how many. */
async function installUnderCalls(path: string): Promise<number> {
  const calls = on.attempt("sh", "-c", CALLS);
  const installed = await on.attempt("dpkg", "--install", path);
  writeFileSync(root.at("/tmp/stop"), "");
  await calls;
  await on.must("rm", "/tmp/stop");
  expect(installed.exitCode, installed.stderr).toBe(0);
  expect(root.has("/tmp/failed") ? readFileSync(root.at("/tmp/failed"), "utf8") : "").toBe("");
  return readFileSync(root.at("/tmp/calls"), "utf8").split("\n").length - 1;
}

node("from the .deb to a working podman network in three commands", async () => {
  await on.must("dpkg", "--install", OLD);
  await on.must("podman", "network", "create", "--subnet", "10.66.0.0/24", "blue");
  const server = ["sh", "-c", "exec nc -ll -p 7 -e cat"];
  const place = ["--network", "blue", "--rootfs", "/srv/web"];
  await on.must("podman", "run", "-d", "--name", "web", ...place, ...server);

  echo = await Echo.open("10.66.0.2", 7);
  expect(await echo.say("hello")).toBe("hello");
  // The daemon of the package has done it.
  expect(readdirSync(root.at("/run/hawser/attachments"))).toHaveLength(1);
});

node("the package manager, systemd and `--verify` agree on what is installed", async () => {
  expect((await on.must("systemctl", "is-enabled", "hawser.service", "hawser.socket")).trim()).toBe(
    "enabled\nenabled",
  );
  expect((await on.attempt("systemctl", "is-enabled", "hawser-dhcp.service")).stdout.trim()).toBe(
    "disabled",
  );
  expect(await on.must("dpkg", "--audit")).not.toContain("hawser");
  expect(await on.must("dpkg", "--verify", "hawser")).toBe("");
  expect(await on.must("dpkg", "--search", "/usr/lib/cni/bridge")).toContain(
    "diversion by hawser to: /usr/lib/cni/.bridge.hawser-aside",
  );
  const verified = await on.must("hawser", "install", "--verify");
  expect(verified).toContain("note: of the package hawser (deb)");
  expect(verified).toContain(
    "client: podman takes the plugins from /usr/libexec/hawser (its default)",
  );
  expect(verified).toContain("in /usr/libexec/hawser is as installed: ");
  const linked = await on.must("hawser", "install", "--verify", "--bin-dir", "/usr/lib/cni");
  expect(linked).toContain("in /usr/lib/cni is as installed: ");
  for (const words of [["install"], ["uninstall"], ["install", "--bin-dir", "/usr/lib/cni"]]) {
    const { exitCode, stderr } = await on.attempt("hawser", ...words);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("of the package hawser (deb)");
    expect(stderr).toContain("apt remove hawser");
  }
});

node(
  "an upgrade and a downgrade lose no call and no connection; CHECK and DEL work after them",
  async () => {
    await on.must("ip", "netns", "add", "c1");
    await on.must("hawser", "add", "blue", "c1");
    const pids = [await daemonPid()];
    for (const path of [NEW, OLD]) {
      expect(await installUnderCalls(path)).toBeGreaterThan(2);
      expect(await echo.say(path)).toBe(path);
      await on.must("hawser", "check", "blue", "c1");
      pids.push(await daemonPid());
    }
    expect(new Set(pids).size).toBe(pids.length);
    await on.must("hawser", "del", "blue", "c1");
    await on.must("ip", "netns", "del", "c1");
  },
);

node("a daemon that was stopped stays so over an upgrade", async () => {
  await on.must("systemctl", "stop", "hawser.service", "hawser.socket");
  await on.must("systemctl", "disable", "hawser.service", "hawser.socket");
  await on.must("dpkg", "--install", NEW);
  const { stdout } = await on.attempt("systemctl", "is-active", "hawser.service", "hawser.socket");
  expect(stdout).toBe("inactive\ninactive\n");
  await on.must("systemctl", "enable", "--now", "hawser.service");
  await daemonPid();
});

node(
  "after removal the connection goes on and the reference plugins are back; installed again, it detaches",
  async () => {
    const removed = await on.attempt("dpkg", "--remove", "hawser");
    expect(removed.exitCode).toBe(0);
    expect(removed.stderr).toContain("are attached");
    expect(await echo.say("still")).toBe("still");
    expect((await on.attempt("systemctl", "is-active", "hawser.service")).stdout).toBe(
      "inactive\n",
    );
    expect(readdirSync(root.at("/usr/lib/cni")).sort()).toEqual(
      (await on.must("dpkg", "--listfiles", "containernetworking-plugins"))
        .split("\n")
        .flatMap((path) => /^\/usr\/lib\/cni\/(.+)$/.exec(path)?.[1] ?? [])
        .sort(),
    );
    expect(await on.must("dpkg-divert", "--list", "*cni*")).toBe("");
    await on.must("dpkg", "--install", OLD);
    await daemonPid();
    expect(root.has("/run/hawser-installing")).toBe(false);
    expect(await echo.say("again")).toBe("again");
    echo.close();
    const detached = await on.attempt("podman", "rm", "--force", "--time", "0", "web");
    expect([detached.exitCode, detached.stderr]).toEqual([0, ""]);
    await on.must("podman", "network", "rm", "blue");
    const over = await on.attempt("dpkg", "--remove", "hawser");
    expect([over.exitCode, over.stderr]).toEqual([0, ""]);
  },
);

node("what removal has left, purge removes", async () => {
  const CLIENTS_OWN =
    /^\/(?:srv\/web|var\/lib\/containers|var\/lib\/cni\/networks\/(?:blue|calls)|etc\/cni|usr\/lib\/cni)\//;
  const left = root.written().filter((path) => !before.includes(path) && !CLIENTS_OWN.test(path));
  expect(left.filter((path) => !/hawser/.test(path))).toEqual([]);
  expect(left.filter((path) => !/^\/(?:etc|var\/lib)\/systemd\/|\/\.hawser\//.test(path))).toEqual(
    [],
  );
  const purged = await on.attempt("dpkg", "--purge", "hawser");
  expect([purged.exitCode, purged.stderr]).toEqual([0, ""]);
  expect(root.has("/run/hawser")).toBe(false);
  const after = root.written().filter((path) => !before.includes(path) && !CLIENTS_OWN.test(path));
  expect(after).toEqual([]);
});
