import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whatClientsTake } from "../../src/install/index.ts";
import { type ClientRequest, librariesMissing, mustClient } from "../clients/libraries.ts";
import { must } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { NewNode, newNodeMissing } from "./new-node.ts";
import { blocksOf, typeGuide } from "./typed.ts";

/** docs/guides/cri-o.md, with the library that CRI-O is built on in its place. */

/** What the kernel says of a link whose MAC was chosen by the program that made it, as udev reads it. */
const NET_ADDR_SET = "3";

const missing = newNodeMissing() ?? librariesMissing();
let node: NewNode | undefined;

beforeAll(async () => {
  if (missing === undefined) node = await NewNode.create(["crio"]);
});
afterAll(() => node?.close());

skipBecause(missing)(
  "a node prints what the guide shows, with CRI-O's pod and after it",
  async () => {
    if (node === undefined) return;
    const { netns } = await node.host.container("web-1");
    const pod: ClientRequest = {
      ...{ pluginDir: "/opt/cni/bin", confDir: "/etc/cni/net.d" },
      ...{ cacheDir: "/var/lib/cni", id: "web-1", netns },
    };
    await typeGuide("cri-o", {
      place: node.clone,
      before: {
        "hawser ls": async () => {
          await mustClient("crio", "setup", pod);
          expect(await assignTypeOfVeth()).toBe(NET_ADDR_SET);
        },
        "dist/hawser uninstall": async () => void (await mustClient("crio", "remove", pod)),
      },
    });
  },
  60_000,
);

async function assignTypeOfVeth(): Promise<string> {
  // A sysfs shows the links of the namespace in which it was mounted.
  const line = "mount -t sysfs none /sys && cat /sys/class/net/veth*/addr_assign_type";
  return (await must(["unshare", "--mount", "sh", "-c", line])).trim();
}

skipBecause(undefined)("the configuration that the guide shows names its directory", () => {
  const root = mkdtempSync(join(tmpdir(), "hawser-crio-"));
  try {
    const settings = join(root, "etc/crio/crio.conf.d");
    for (const directory of [settings, join(root, "usr/bin")]) {
      mkdirSync(directory, { recursive: true });
    }
    writeFileSync(join(root, "usr/bin/crio"), "");
    const shown = blocksOf("cri-o").find(({ language }) => language === "toml")?.text ?? "";
    writeFileSync(join(settings, "20-network.conf"), shown);
    const [client] = whatClientsTake([], undefined, root);
    expect(client).toMatchObject({
      name: "CRI-O",
      dirs: ["/opt/cni/bin"],
      file: "/etc/crio/crio.conf.d/20-network.conf",
    });
    expect(Bun.TOML.parse(shown)).toMatchObject({
      crio: { network: { cni_default_network: "pods" } },
    });
  } finally {
    rmSync(root, { recursive: true });
  }
});
