import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { must } from "../support/exec.ts";
import { patient } from "../support/patience.ts";
import { type HealthyNode, healthyNode } from "./healthy-node.ts";
import { listenOn } from "./listener.ts";
import { World } from "./world.ts";

/** Nodes that have nothing wrong: doctor says so, of a hundred of them but one at most. */

setDefaultTimeout(patient(240_000));

const NODES = 100;
const ALARMS_MAX = 1;
const SEED = 12;

let world: World;

beforeAll(async () => {
  world = await World.create();
});
afterAll(() => world.close());

/** What doctor finds on a node: for the node, each container, and packets that one might send. */
async function alarmsOn(node: HealthyNode): Promise<string[]> {
  using stack = new DisposableStack();
  world.write("10-net.conflist", node.network);
  for (const { text } of node.rules) {
    if (text.startsWith("*")) {
      await must(["iptables-restore", "--noflush"], { stdin: text });
      await must(["ip6tables-restore", "--noflush"], { stdin: text });
    } else if (text !== "") await must(["nft", "-f", "-"], { stdin: text });
  }
  const questions: string[][] = [[]];
  for (let count = 0; count < node.containers; count++) {
    const container = await world.container();
    const id = `container${count}`;
    const port = node.hasPort ? ["-p", `${8080 + count}:80`] : [];
    await world.must("add", "net1", container.name, "--id", id, ...port);
    if (node.hasPort) stack.use(listenOn(80, container));
    questions.push([id]);
    if (count > 0) continue;
    questions.push([id, "--to", "192.0.2.2:443"], [id, "--to", "[2001:db8::2]:53/udp"]);
  }
  const ip = node.isBridged ? await addressOf("container1") : undefined;
  if (ip !== undefined) questions.push(["container0", "--to", ip]);
  const alarms: string[] = [];
  for (const words of questions) {
    for (const { name, message } of (await world.doctor(...words)).findings) {
      // The target is of a family that the container does not have, which is no fault of the node.
      if (name === "no-address-of-family") continue;
      alarms.push(`doctor ${words.join(" ")}: ${name}: ${message}`);
    }
  }
  return alarms;
}

async function addressOf(id: string): Promise<string | undefined> {
  const { attachments } = JSON.parse(await world.must("ls", "--json")) as {
    attachments: { containerId: string; addresses: string[] }[];
  };
  const [first] = attachments.find(({ containerId }) => containerId === id)?.addresses ?? [];
  return first?.split("/", 1)[0];
}

test("of a hundred healthy nodes one at most is called ill", async () => {
  const alarms: { node: HealthyNode; said: string[] }[] = [];
  for (const node of fc.sample(healthyNode, { numRuns: NODES, seed: SEED })) {
    try {
      const said = await alarmsOn(node);
      if (said.length > 0) alarms.push({ node, said });
    } finally {
      await world.tidy();
    }
  }
  const told = alarms.length > ALARMS_MAX ? JSON.stringify(alarms, undefined, 2) : "";
  expect(told).toBe("");
});
