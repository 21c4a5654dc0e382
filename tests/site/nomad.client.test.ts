import { afterAll, beforeAll } from "bun:test";
import { type ClientRequest, librariesMissing, mustClient } from "../clients/libraries.ts";
import { bridgeModeList, layAdminChains } from "../clients/nomad.ts";
import { skipBecause } from "../support/needs.ts";
import { NewNode, newNodeMissing } from "./new-node.ts";
import { typeGuide } from "./typed.ts";

/** docs/guides/nomad.md, with the library that Nomad is built on in its place. */

const missing = newNodeMissing() ?? librariesMissing();
let node: NewNode | undefined;

beforeAll(async () => {
  if (missing !== undefined) return;
  node = await NewNode.create();
  await layAdminChains();
});
afterAll(() => node?.close());

skipBecause(missing)(
  "a node prints what the guide shows, with an allocation and after it",
  async () => {
    if (node === undefined) return;
    const { netns } = await node.host.container("alloc");
    const allocation: ClientRequest = {
      ...{ pluginDir: "/opt/cni/bin", list: bridgeModeList(), netns },
      id: "6b235529-8111-4bbe-520b-d639b1d2a94e",
      ports: ["tcp", "udp"].map((Protocol) => {
        return { HostPort: 23456, ContainerPort: 8080, Protocol };
      }),
    };
    await typeGuide("nomad", {
      place: node.clone,
      before: {
        "hawser ls nomad": async () => void (await mustClient("nomad", "setup", allocation)),
        "dist/hawser uninstall": async () => void (await mustClient("nomad", "remove", allocation)),
      },
    });
  },
  60_000,
);
