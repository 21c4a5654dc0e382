import { afterEach, beforeEach, expect, test } from "bun:test";
import { kindContract } from "../../../../tests/support/kind-contract.ts";
import { type KindContract, KindLab } from "../../../../tests/support/kind-lab.ts";
import { Prefix } from "../../../addr/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { nftables } from "../../../state/nft-sets/index.ts";
import { parseConfig } from "../config.ts";
import { portMappings } from "./port-mappings.ts";

/** Two attachments that want one port of the host: the first has it, and the other one waits. */
const samePort: KindContract = {
  kinds: [portMappings],
  describeLooks: true,
  // An attachment whose namespace is not known counts as living, so the newcomer waits.
  more: () => ({ netns: "/run/netns/unknown" }),
  want(scene, number) {
    const mapping = { hostPort: 8080, containerPort: 80, protocol: "tcp" };
    const config = parseConfig({ config: { runtimeConfig: { portMappings: [mapping] } } });
    const addresses = [Prefix.parse(`10.1.0.1${number}/24`)];
    return [portMappings.want(scene, { config, mappings: config.mappings, addresses })];
  },
};

kindContract(samePort);

let lab: KindLab;
beforeEach(() => {
  lab = new KindLab(samePort);
});
afterEach(() => {
  lab[Symbol.dispose]();
});

/** The owner of the port. */
function holder(): string | undefined {
  return lab.within(1, "CHECK", ({ namespaces }: { namespaces: Namespaces }) => {
    const [element] = nftables(namespaces).listElements("inet", "hawser_ports", "hostports4");
    return element?.comment;
  });
}

for (const fault of ["refused", "lost"] as const) {
  test(`whichever request of the holder's DEL is ${fault}, the waiting one has the port after the next`, async () => {
    const { faults } = lab.kernel;
    for (let nth = 1; ; nth++) {
      await lab.add(1);
      await lab.add(2);
      expect(holder()).toBe("net1 id-one eth0");
      faults.set(nth, fault);
      await lab.del(1).catch(() => undefined);
      const isOver = faults.isPending;
      faults.clear();
      await lab.del(1);
      expect([nth, holder()]).toEqual([nth, "net1 id-two eth0"]);
      await lab.check(2);
      await lab.del(2);
      expect(holder()).toBeUndefined();
      if (isOver) return;
    }
  });
}

test("GC of the holder gives the port to the waiting one", async () => {
  await lab.add(1);
  await lab.add(2);
  await lab.collect([2]);
  expect(holder()).toBe("net1 id-two eth0");
  await lab.check(2);
});

test("a newcomer whose turn was never there leaves no claim behind", async () => {
  await lab.add(1);
  await lab.add(2);
  await lab.del(2);
  await lab.del(1);
  expect(holder()).toBeUndefined();
});
