import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { must, ownEnvironment } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { tryPlugin } from "../../plugin/index.ts";
import type { Operation } from "../../spec/index.ts";
import { statePlugin } from "../state-plugin/index.ts";
import { masquerade } from "./index.ts";

requireOwnNamespaces();

// Two containers of one network have one address, as with addresses from the runtime.

const plugin = statePlugin({
  name: "masquerading",
  chained: true,
  hostOnly: true,
  config: () => undefined,
  kinds: [masquerade],
  want: (scene) => ({
    pieces: [masquerade.want(scene, { backend: "own", addresses: () => scene.ctx.prevResult })],
  }),
});

let host: Host;
let containers: Container[] = [];
beforeEach(async () => {
  rmSync("/run/hawser", { recursive: true, force: true });
  mkdirSync("/run/hawser");
  host = await Host.create();
  containers = [await host.container("c1"), await host.container("c2")];
});
afterEach(async () => {
  for (const container of containers) await host.remove(container);
  await host.tidy();
});

async function done(command: Operation, containerId: string, valid?: readonly string[]) {
  const ofAttachment = { ips: [{ address: "10.1.0.5/16" }] };
  const { exitCode, json } = await tryPlugin(plugin, {
    operation: command,
    containerId: command === "GC" ? "" : containerId,
    netns: `/run/netns/${containerId}`,
    env: ownEnvironment(),
    config: {
      cniVersion: "1.1.0",
      ...{ name: "net1", type: "masquerading" },
      ...(command === "GC" ? {} : { prevResult: ofAttachment }),
      "cni.dev/valid-attachments": (valid ?? []).map((each) => {
        return { containerID: each, ifname: "eth0" };
      }),
    },
  });
  expect({ exitCode, json: exitCode === 0 ? "" : json }).toEqual({ exitCode: 0, json: "" });
}

async function masqueraded(): Promise<string> {
  const list = await must(["nft", "list", "ruleset"]);
  return list.match(/10\.1\.0\.5 comment "(.*?)"/u)?.[1] ?? "nobody";
}

test("case P1, kind: of two containers with one address the other is masqueraded when one goes", async () => {
  await done("ADD", "c1");
  await done("ADD", "c2");
  expect(await masqueraded()).toBe("net1 c1 eth0");
  await done("CHECK", "c1");
  await done("CHECK", "c2");
  await done("DEL", "c1");
  expect(await masqueraded()).toBe("net1 c2 eth0");
  await done("CHECK", "c2");
  await done("ADD", "c1");
  await done("DEL", "c1");
  expect(await masqueraded()).toBe("net1 c2 eth0");
  await done("DEL", "c2");
  expect(await masqueraded()).toBe("nobody");
});

test("case P1, kind: so it is when GC removes one of them", async () => {
  await done("ADD", "c1");
  await done("ADD", "c2");
  await done("GC", "", ["c2"]);
  expect(await masqueraded()).toBe("net1 c2 eth0");
  await done("CHECK", "c2");
});
