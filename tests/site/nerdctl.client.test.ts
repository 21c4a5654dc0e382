import { afterAll, beforeAll } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { type ClientRequest, librariesMissing, mustClient } from "../clients/libraries.ts";
import { networkList } from "../clients/nerdctl.ts";
import { skipBecause } from "../support/needs.ts";
import { NewNode, newNodeMissing } from "./new-node.ts";
import { typeGuide } from "./typed.ts";

/** docs/guides/nerdctl.md, with the library that nerdctl is built on in its place. */

const NETWORKS = "/etc/cni/net.d/default";
const missing = newNodeMissing() ?? librariesMissing();
let node: NewNode | undefined;

beforeAll(async () => {
  if (missing === undefined) node = await NewNode.create(["nerdctl"]);
});
afterAll(() => node?.close());

skipBecause(missing)(
  "a node prints what the guide shows, with a container on a network of nerdctl and after it",
  async () => {
    if (node === undefined) return;
    const { netns } = await node.host.container("web");
    const list = networkList({
      name: "shop",
      ranges: [[{ subnet: "10.37.0.0/24", gateway: "10.37.0.1" }]],
      defaultRoute: "0.0.0.0/0",
    });
    const container: ClientRequest = {
      ...{ pluginDir: "/opt/cni/bin", list, netns },
      id: `default-${"c0de".repeat(16)}`,
      ports: [{ HostPort: 8080, ContainerPort: 80, Protocol: "tcp" }],
    };
    await typeGuide("nerdctl", {
      place: node.clone,
      before: {
        [`hawser networks --conf-dir ${NETWORKS}`]: async () => {
          mkdirSync(NETWORKS, { recursive: true });
          writeFileSync(`${NETWORKS}/nerdctl-shop.conflist`, JSON.stringify(list));
          await mustClient("nerdctl", "setup", container);
        },
        "dist/hawser uninstall": async () =>
          void (await mustClient("nerdctl", "remove", { ...container, netns: "" })),
      },
    });
  },
  60_000,
);
