/** What happens to the fleet, one thing after the other, and what is proved of it. */
import { until } from "../../tests/support/until.ts";
import { expectSame, type Stage } from "../demo/stage.ts";
import { BLOCK_SIZE, type DemoFleet, HOST_PORT, LEASE, QUARANTINE, SUBNET } from "./fleet.ts";

/** So many containers at most are tried until a dead node's block is taken. */
const MANY = 80;

/** The store, and the fleet's record in it. */
export async function members(stage: Stage, fleet: DemoFleet): Promise<void> {
  stage.say(
    "Three members of etcd and five machines, each machine in namespaces for network, mounts and host " +
      "name, with /run and /var/lib of its own, joined by a bridge. They reach etcd by TLS alone.",
  );
  stage.part(`hawser cluster init   ${SUBNET} in blocks of /${BLOCK_SIZE}`);
  const one = fleet.node(1);
  stage.note((await fleet.cluster(one, "init")).trimEnd().replaceAll("\n", "\n  "));
  await stage.prove("a second init finds the fleet set up, and changes nothing", async () => {
    const answer = await fleet.answer(one, "init");
    expectSame("its error", answer.error, undefined);
    return "";
  });
}

/** All daemons start at once. */
export async function join(stage: Stage, fleet: DemoFleet): Promise<void> {
  stage.part("Five daemons start at once");
  const { nodes } = fleet;
  await stage.prove("each wins its id and is alive for all", async () => {
    const started = performance.now();
    await Promise.all(nodes.map(async (node) => await node.startDaemon()));
    await until("all nodes are alive", async () => {
      const { nodes: seen = [] } = await fleet.answer(fleet.node(1), "nodes");
      return seen.length === nodes.length && seen.every(({ state }) => state === "alive");
    });
    return `in ${((performance.now() - started) / 1000).toFixed(1)} s`;
  });
  await stage.prove("two containers on each node have ten different addresses", async () => {
    await Promise.all(
      nodes.map(async (node) => {
        await fleet.attach(node, `${node.name}-a`, HOST_PORT);
        await fleet.attach(node, `${node.name}-b`);
      }),
    );
    return different(fleet, 2 * nodes.length);
  });
  stage.note((await fleet.cluster(fleet.node(1), "nodes")).trimEnd().replaceAll("\n", "\n  "));
}

/** Packets between nodes, and a mapped port. */
export async function traffic(stage: Stage, fleet: DemoFleet): Promise<void> {
  stage.part("Packets find the other nodes");
  const all = [...fleet.attached];
  const [first] = all;
  if (first === undefined) throw new Error("no container is attached");
  await stage.prove("each container reaches every container of the other nodes", async () => {
    const pairs = all.flatMap((from) =>
      all.filter((to) => to.node !== from.node).map((to) => [from, to] as const),
    );
    for (const [from, to] of pairs) {
      await until(
        `${from.name} reaches ${to.name}`,
        async () => await from.node.reaches(to.address, from.name),
      );
    }
    return `${pairs.length} pairs, over VXLAN`;
  });
  for (const one of all.filter(({ name }) => name.endsWith("-a"))) await fleet.serve(one);
  const far = all.find(({ node, name }) => node === fleet.node(4) && name.endsWith("-b"));
  if (far === undefined) throw new Error("node 4 has no container");
  await stage.prove("a container sees another node's by its own address", async () => {
    const page = await fleet.ask(far, `http://${first.address}/`);
    expectSame("the client's address", page.from, far.address);
    return `${far.address} → ${first.address}`;
  });
  await stage.prove("a web request by a mapped port of one node, from another", async () => {
    const url = `http://${first.node.address4}:${HOST_PORT}/`;
    const page = await fleet.ask(far, url);
    expectSame("the container that answers", page.name, first.name);
    return url;
  });
}

/** A node without network. */
export async function cutOff(stage: Stage, fleet: DemoFleet): Promise<void> {
  const node = fleet.node(5);
  const [one, two] = [fleet.node(1), fleet.node(2)];
  stage.part(`${node.name} is cut off`);
  const before = await fleet.seen(one, node);
  await node.cut();
  await stage.prove("it goes on giving addresses from its block", async () => {
    const { address } = await fleet.attach(node, `${node.name}-alone`);
    return address;
  });
  await stage.prove("its containers reach each other", async () => {
    const own = [...fleet.attached].filter((each) => each.node === node);
    const [from, to] = own;
    expectSame("reached", await from?.node.reaches(to?.address ?? "", from.name), true);
    return "";
  });
  await stage.prove(`the others see it dead once its lease (${LEASE}) is over`, async () => {
    await until("it is dead", async () => (await fleet.seen(one, node))?.state === "dead");
    return "";
  });
  await node.heal();
  await stage.prove("healed, it goes on in the same epoch with what it held", async () => {
    await until("it is alive", async () => (await fleet.seen(one, node))?.state === "alive");
    const after = await fleet.seen(one, node);
    expectSame("the epoch", after?.epoch, before?.epoch);
    expectSame("what it holds", after?.holds.join(), before?.holds.join());
    return `epoch ${after?.epoch ?? "?"}`;
  });
  await stage.prove("its new container is reached from the other nodes", async () => {
    const address = [...fleet.attached].find(({ name }) => name.endsWith("-alone"))?.address ?? "";
    await until("it is reached", async () => await two.reaches(address, `${two.name}-a`));
    return address;
  });
}

/** The store loses a member. */
export async function memberDies(stage: Stage, fleet: DemoFleet): Promise<void> {
  const leader = await fleet.etcd.leader();
  stage.part(`The member of etcd that leads, ${leader.url}, is killed`);
  await leader.kill();
  await stage.prove("each node attaches one more container at once", async () => {
    const started = performance.now();
    await Promise.all(fleet.nodes.map(async (node) => await fleet.attach(node, `${node.name}-c`)));
    return `in ${(performance.now() - started).toFixed(0)} ms; ${different(fleet, fleet.attached.size)}`;
  });
  await stage.prove("the store answers by the two that are left", async () => {
    await until("it answers", async () => {
      const { nodes = [] } = await fleet.answer(fleet.node(1), "nodes");
      return nodes.length === fleet.nodes.length && nodes.every(({ state }) => state === "alive");
    });
    return "";
  });
  leader.start();
  await fleet.etcd.serving(leader);
  stage.note("it is started again, and catches up");
}

/** A machine loses its power, and its blocks are taken. */
export async function death(stage: Stage, fleet: DemoFleet): Promise<void> {
  const [one, node] = [fleet.node(1), fleet.node(4)];
  stage.part(`${node.name} loses its power; the quarantine is ${QUARANTINE}`);
  const block = (await fleet.seen(one, node))?.holds[0] ?? "";
  await node.stop();
  fleet.lost(node);
  await stage.prove(`its block ${block} stays its own while it is in quarantine`, async () => {
    await until("it is dead", async () => (await fleet.seen(one, node))?.state === "dead");
    expectSame("the block's node", await ownerOf(fleet, block), node.name);
    return "";
  });
  await stage.prove(
    "when nothing else is free, another node takes it, after the quarantine",
    async () => {
      const started = performance.now();
      let count = 0;
      await until(
        "the block is taken",
        async () => {
          if (count < MANY) await fleet.attach(one, `more-${count++}`);
          return (await ownerOf(fleet, block)) !== node.name;
        },
        60_000,
      );
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      return `${(await ownerOf(fleet, block)) ?? "free"}, ${count} containers and ${seconds} s later`;
    },
  );
  await stage.prove("no address is given twice", () => different(fleet, fleet.attached.size));
  stage.part(`${node.name} comes back`);
  for (const one of [...fleet.attached].filter(({ name }) => name.startsWith("more-"))) {
    await fleet.detach(one);
  }
  await node.boot();
  node.configure(fleet.list);
  await node.startDaemon();
  await stage.prove("it wins its id in a new epoch, and gets other addresses", async () => {
    const { address } = await fleet.attach(node, `${node.name}-again`);
    const seen = await fleet.seen(one, node);
    different(fleet, fleet.attached.size);
    return `${address}, epoch ${seen?.epoch ?? "?"}`;
  });
  await stage.prove("what is empty is given back, and there is room again", async () => {
    await until("blocks are free", async () => {
      const { findings = [] } = await fleet.answer(one, "check");
      return findings.every(({ name }) => name !== "nearly-full");
    });
    return "";
  });
  stage.note((await fleet.cluster(one, "status")).trimEnd().replaceAll("\n", "\n  "));
  await stage.prove("store and nodes agree", async () => {
    const { findings = [] } = await fleet.answer(one, "check");
    const wrong = findings.filter(({ name }) => !name.startsWith("dead"));
    if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join("\n"));
    return "";
  });
}

async function ownerOf(fleet: DemoFleet, block: string): Promise<string | undefined> {
  const { blocks = [] } = await fleet.answer(fleet.node(1), "blocks");
  return blocks.find(({ prefix }) => prefix === block)?.node;
}

/** @throws Error unless so many containers have as many addresses */
function different({ attached }: DemoFleet, wanted: number): string {
  const addresses = [...attached].map(({ address }) => address);
  expectSame("the number of different addresses", new Set(addresses).size, wanted);
  return `${addresses.length} containers`;
}
