import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { makeDeb } from "../../tools/packages/deb.ts";
import { must, run } from "../support/exec.ts";
import { has } from "../support/features.ts";
import { skipBecause } from "../support/needs.ts";
import { type DebianRoot, DebianRoots, ROOT_ENVIRONMENT } from "./debian-root.ts";
import { buildMissing, dropMemory, foreignDeb, memoryDirectory, orderOf } from "./made.ts";

/** The package on a Debian without systemd, as in a container or a chroot, and beside what others have put there. */

const missing = [...["root", "dpkg-deb", "ip"].filter((each) => !has(each)), ...buildMissing()];
const bare = skipBecause(missing.length === 0 ? undefined : missing.join(", "));
const DEB = "/tmp/hawser_0.9.0_amd64.deb";
const CNI = "/usr/lib/cni";
const NETWORK = {
  ...{ cniVersion: "1.0.0", name: "calls", type: "bridge", bridge: "calls0" },
  ipam: { type: "host-local", subnet: "10.77.0.0/24" },
};
/** A call of the plugin as a runtime makes it. */
const CALL = `
export CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/c1 CNI_IFNAME=eth0 CNI_PATH=${CNI}
[ -e /run/netns/c1 ] || ip netns add c1
CNI_COMMAND=$0 ${CNI}/bridge </tmp/calls.conf
`;

let made = "";
let roots: DebianRoots;
let root: DebianRoot;
let before: string[];

beforeAll(async () => {
  if (missing.length > 0) return;
  await must(["ip", "link", "set", "lo", "up"]);
  made = await memoryDirectory();
  roots = await DebianRoots.create(["init-system-helpers", "iproute2"]);
  await makeDeb(orderOf(made, "0.9.0"));
});
afterEach(async () => {
  if (missing.length > 0) return;
  await root.attempt("ip", "netns", "del", "c1");
  await root.unmount();
});
afterAll(async () => {
  await roots?.[Symbol.asyncDispose]();
  await dropMemory(made);
});

async function freshRoot(size?: string): Promise<void> {
  root = await roots.root(size);
  copyFileSync(`${made}/hawser_0.9.0_amd64.deb`, root.at(DEB));
  writeFileSync(root.at("/tmp/calls.conf"), JSON.stringify(NETWORK));
  before = root.written();
}

/** A package of others, installed before or after ours. */
async function installForeign(name: string, version: string, ...paths: string[]): Promise<void> {
  const path = await foreignDeb(made, name, version, paths);
  copyFileSync(path, root.at(`/tmp/${basename(path)}`));
  await root.must("dpkg", "--install", `/tmp/${basename(path)}`);
}

function target(name: string): string | undefined {
  const path = root.at(`${CNI}/${name}`);
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    ? readlinkSync(path)
    : undefined;
}

function text(path: string): string {
  return readFileSync(root.at(path), "utf8");
}

function added(): string[] {
  return root.written().filter((path) => !before.includes(path));
}

describe("on a bare Debian", () => {
  bare("it is installed without systemd, attaches, and goes without a trace", async () => {
    await freshRoot();
    await root.must("dpkg", "--install", DEB);
    expect(JSON.parse(await root.must("sh", "-c", CALL, "ADD"))).toMatchObject({
      cniVersion: "1.0.0",
    });
    expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
    await root.must("sh", "-c", CALL, "DEL");
    await root.must("dpkg", "--remove", "hawser");
    expect(root.has(CNI)).toBe(false);
    await root.must("dpkg", "--purge", "hawser");
    expect(added().filter((path) => !path.startsWith("/var/lib/cni/networks/calls/"))).toEqual([]);
    expect(root.has("/run/hawser")).toBe(false);
  });

  bare(
    "purge keeps what it cannot prove to be over, and says so; a namespace that is gone is proof",
    async () => {
      await freshRoot();
      await root.must("dpkg", "--install", DEB);
      await root.must("sh", "-c", CALL, "ADD");
      const purged = await root.attempt("dpkg", "--purge", "hawser");
      expect(purged.exitCode).toBe(0);
      expect(purged.stderr).toContain("/run/hawser and /var/lib/hawser are kept");
      expect(root.has("/run/hawser/netns")).toBe(true);

      await root.must("dpkg", "--install", DEB);
      await root.must("sh", "-c", CALL, "DEL");
      await root.must("sh", "-c", CALL, "ADD");
      await root.must("ip", "netns", "del", "c1");
      expect(
        (await run(["sh", "-c", PURGE_ALONE, root.path], { env: ROOT_ENVIRONMENT })).stderr,
      ).toBe("");
      expect(root.has("/run/hawser")).toBe(false);
    },
  );

  bare(
    "an older version that cannot detach what is attached is refused until nothing is",
    async () => {
      await freshRoot();
      await root.must("dpkg", "--install", DEB);
      await root.must("sh", "-c", CALL, "ADD");
      const manifest = "/usr/libexec/hawser/.hawser-installed.json";
      writeFileSync(root.at(manifest), text(manifest).replace('"state": 1,', '"state": 2,'));
      const refused = await root.attempt("dpkg", "--install", DEB);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("cannot read what");
      await root.must("sh", "-c", CALL, "DEL");
      await root.must("dpkg", "--install", DEB);
      expect(text(manifest)).toContain('"state": 1,');
    },
  );

  bare("a full disk changes nothing, and the next try does it", async () => {
    await freshRoot("100m");
    const failed = await root.attempt("dpkg", "--install", DEB);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("No space left");
    expect(added()).toEqual([]);
    expect(root.has("/run/hawser-installing")).toBe(false);
    await must(["mount", "-o", "remount,size=1g", root.own]);
    await root.must("dpkg", "--install", DEB);
    expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
  });

  bare(
    "an update that a full disk or a read-only /usr ends leaves what was there, and so does a removal",
    async () => {
      await freshRoot("200m");
      await root.must("dpkg", "--install", DEB);
      await root.must("sh", "-c", CALL, "ADD");
      const full = await root.attempt("dpkg", "--install", DEB);
      expect([full.exitCode, full.stderr.includes("No space left")]).toEqual([1, true]);
      expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
      await must(["mount", "-o", "remount,size=1g", root.own]);

      const usr = root.at("/usr");
      await must(["mount", "--bind", usr, usr]);
      await must(["mount", "-o", "remount,bind,ro", usr]);
      for (const action of [
        ["--remove", "hawser"],
        ["--install", DEB],
      ]) {
        const refused = await root.attempt("dpkg", ...action);
        expect(refused.exitCode).toBe(1);
        expect(refused.stderr).toContain("Read-only file system");
        expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
      }
      await must(["umount", usr]);
      await root.must("dpkg", "--install", DEB);
      await root.must("sh", "-c", CALL, "DEL");
      await root.must("dpkg", "--purge", "hawser");
      expect(root.has("/usr/libexec/hawser")).toBe(false);
    },
  );

  bare("/usr/local that cannot be written does not concern it", async () => {
    await freshRoot();
    mkdirSync(root.at("/usr/local"), { recursive: true });
    await must(["mount", "-t", "tmpfs", "-o", "ro", "none", root.at("/usr/local")]);
    await root.must("dpkg", "--install", DEB);
    expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
  });
});

describe("beside others", () => {
  const REFERENCE = ["bridge", "loopback", "flannel"].map((name) => `${CNI}/${name}`);

  bare(
    "the reference plugins are aside, also after their updates, and are back after removal",
    async () => {
      await freshRoot();
      await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
      await root.must("dpkg", "--install", DEB);
      expect(text(`${CNI}/flannel`)).toContain("containernetworking-plugins 1.1");
      await installForeign("containernetworking-plugins", "1.2", ...REFERENCE);
      expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
      expect(text(`${CNI}/.bridge.hawser-aside`)).toContain("containernetworking-plugins 1.2");
      await root.must("dpkg", "--remove", "hawser");
      expect(text(`${CNI}/bridge`)).toContain("containernetworking-plugins 1.2");
      expect(readdirSync(root.at(CNI)).sort()).toEqual(["bridge", "flannel", "loopback"]);
      expect(await root.must("dpkg", "--verify", "containernetworking-plugins")).toBe("");
    },
  );

  bare(
    "reference plugins that are installed later do not take its place, nor miss when they go",
    async () => {
      await freshRoot();
      await root.must("dpkg", "--install", DEB);
      await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
      expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
      await root.must("dpkg", "--remove", "containernetworking-plugins");
      expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
      expect(root.has(`${CNI}/.bridge.hawser-aside`)).toBe(false);
      expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
    },
  );

  bare("ended between unpacking and configuring, the reference plugins work on", async () => {
    await freshRoot();
    await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
    await root.must("dpkg", "--unpack", DEB);
    expect(text(`${CNI}/bridge`)).toContain("containernetworking-plugins 1.1");
    // A script that was ended in the middle of its first plugins.
    const half = await root.attempt("sh", "-c", HALF);
    expect(half.exitCode).toBe(7);
    expect(root.has(`${CNI}/bridge`)).toBe(true);
    await root.must("dpkg", "--configure", "--pending");
    expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
    await root.must("dpkg", "--remove", "hawser");
    expect(text(`${CNI}/bridge`)).toContain("containernetworking-plugins 1.1");
    expect(await root.must("dpkg-divert", "--list", "*cni*")).toBe("");
  });

  bare("killed in the midst of its links, it is taken up or taken away", async () => {
    await freshRoot();
    await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
    const mv = root.at("/usr/local/bin/mv");
    for (const end of [
      ["--configure", "--pending"],
      ["--purge", "hawser"],
    ]) {
      mkdirSync(dirname(mv), { recursive: true });
      writeFileSync(mv, KILLING, { mode: 0o755 });
      const killed = await root.attempt("dpkg", "--install", DEB);
      expect(killed.exitCode).not.toBe(0);
      expect(text(`${CNI}/loopback`)).toContain("containernetworking-plugins 1.1");
      await root.must("rm", "/usr/local/bin/mv", "/tmp/renames");
      await root.must("dpkg", ...end);
      if (end.includes("--purge")) continue;
      expect(target("loopback")).toBe("/usr/libexec/hawser/loopback");
      expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
      await root.must("dpkg", "--purge", "hawser");
    }
    expect(readdirSync(root.at(CNI)).sort()).toEqual(["bridge", "flannel", "loopback"]);
    expect(await root.must("dpkg", "--verify", "containernetworking-plugins")).toBe("");
    expect(await root.must("dpkg-divert", "--list", "*cni*")).toBe("");
  });

  bare(
    "removed between unpacking and configuring an update, the reference plugins are back",
    async () => {
      await freshRoot();
      await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
      await root.must("dpkg", "--install", DEB);
      await root.must("dpkg", "--unpack", DEB);
      await root.must("dpkg", "--remove", "hawser");
      expect(text(`${CNI}/bridge`)).toContain("containernetworking-plugins 1.1");
      expect(readdirSync(root.at(CNI)).sort()).toEqual(["bridge", "flannel", "loopback"]);
      expect(await root.must("dpkg-divert", "--list", "*cni*")).toBe("");

      await root.must("dpkg", "--purge", "containernetworking-plugins");
      await root.must("dpkg", "--install", DEB);
      await root.must("dpkg", "--unpack", DEB);
      await root.must("dpkg", "--purge", "hawser");
      expect(root.has(CNI)).toBe(false);
    },
  );

  bare(
    "a plugin that an older version does not have is the reference one after a downgrade",
    async () => {
      await freshRoot();
      await installForeign("containernetworking-plugins", "1.1", ...REFERENCE);
      await root.must("dpkg", "--install", DEB);
      // As a version with a plugin `flannel` has left it.
      const [path, aside] = [`${CNI}/flannel`, `${CNI}/.flannel.hawser-aside`];
      const divert = ["dpkg-divert", "--package", "hawser", "--divert", aside];
      await root.must(...divert, "--rename", "--add", path);
      await root.must("ln", "-s", "/usr/libexec/hawser/flannel", path);
      await root.must("dpkg", "--install", DEB);
      expect(text(path)).toContain("containernetworking-plugins 1.1");
      expect(root.has(aside)).toBe(false);
      expect(await root.must("dpkg-divert", "--list", path)).toBe("");
      expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
    },
  );

  bare("a package of Kubernetes with the same plugins in /opt/cni/bin is no conflict", async () => {
    await freshRoot();
    await root.must("dpkg", "--install", DEB);
    await installForeign("kubernetes-cni", "1.1.1", "/opt/cni/bin/bridge", "/opt/cni/bin/loopback");
    await installForeign("kubernetes-cni", "1.2.0", "/opt/cni/bin/bridge");
    expect(target("bridge")).toBe("/usr/libexec/hawser/bridge");
    expect(text("/opt/cni/bin/bridge")).toContain("kubernetes-cni 1.2.0");
  });

  bare(
    "an installation of `hawser install` in /opt/cni/bin is one of its own, and each says what it is",
    async () => {
      await freshRoot();
      await root.must("dpkg", "--install", DEB);
      const own = ["--bin-dir", "/opt/cni/bin"];
      const installed = await root.must("hawser", "install", ...own);
      expect(installed).toContain("the package hawser has them");
      expect(existsSync(root.at("/usr/local/bin/hawser"))).toBe(false);
      expect(await root.must("hawser", "install", "--verify")).toContain(
        "in /usr/libexec/hawser is as",
      );
      expect(await root.must("hawser", "install", "--verify", ...own)).toContain(
        "in /opt/cni/bin is as",
      );
      mkdirSync(root.at("/var/lib/hawser"), { recursive: true });
      mkdirSync(root.at("/run/hawser"), { recursive: true });
      const { exitCode, stderr } = await root.attempt("dpkg", "--purge", "hawser");
      expect(exitCode).toBe(0);
      expect(stderr).toContain("/opt/cni/bin has another installation, which uses /run/hawser");
      expect([root.has("/run/hawser"), root.has("/var/lib/hawser")]).toEqual([true, true]);
      expect(await root.must("/opt/cni/bin/hawser", "install", "--verify")).toContain(
        "in /opt/cni/bin is as",
      );
      await root.must("/opt/cni/bin/hawser", "uninstall");
    },
  );

  bare(
    "over an installation of `hawser install` in its directory it is refused, with what to do",
    async () => {
      await freshRoot();
      await root.must("dpkg-deb", "--extract", DEB, "/tmp/x");
      const own = ["--bin-dir", CNI, "--no-commands"];
      copyFileSync(root.at("/tmp/x/usr/libexec/hawser/hawser"), root.at("/tmp/hawser"));
      await root.must("chmod", "+x", "/tmp/hawser");
      await root.must("/tmp/hawser", "install", ...own);
      const refused = await root.attempt("dpkg", "--install", DEB);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(`uninstall --bin-dir ${CNI}`);
      await root.must(`${CNI}/hawser`, "uninstall", "--bin-dir", CNI);
      await root.must("dpkg", "--install", DEB);
      expect(await root.must("hawser", "install", "--verify")).toContain("is as installed");
    },
  );
});

/** Sees its own processes alone: a namespace that others make meanwhile gets the number of the one that is gone. */
const PURGE_ALONE = `
unshare --mount --pid --fork -- sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" dpkg --purge hawser' "$0"
`;

/** In the place of mv: kills the script and dpkg before the third rename. */
const KILLING = `#!/bin/sh
echo one >>/tmp/renames
if [ "$(wc -l </tmp/renames)" -ge 3 ]; then
  dpkg=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$PPID/status")
  kill -KILL "$PPID" "$dpkg"
  exit 1
fi
exec /usr/bin/mv "$@"
`;

/** The package's own script, which ends after its third rename. */
const HALF = `
mv() {
  command mv "$@"
  count=$((count + 1))
  [ "$count" -lt 3 ] || exit 7
}
set -- configure
. /var/lib/dpkg/info/hawser.postinst
`;
