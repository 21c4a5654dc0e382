import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { must, run } from "../../../tests/support/exec.ts";
import { GATEWAY4 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";

requireOwnNamespaces();

// What GC and DEL find of the reference plugins' layouts, made by this plugin.

const lab = portLab(2);

const BACKENDS = ["iptables", "nftables"] as const;
const WEB = [{ hostPort: 9044, containerPort: 80 }];
const RECORDS = "/run/hawser/ports";

const valid = (...names: string[]): object => ({
  "cni.dev/valid-attachments": names.map((containerID) => ({ containerID, ifname: "eth0" })),
});
const rulesFor = async (address: string): Promise<number> =>
  (await must(["nft", "list", "ruleset"])).split("\n").filter((line) => line.includes(address))
    .length;

describe.each(BACKENDS)("with backend %s", (backend) => {
  const mapped = (number: number, more: PortCall = {}): PortCall => ({
    member: lab.member(number),
    mappings: WEB,
    keys: { backend },
    ...more,
  });

  test("case U2, kind: GC of a network leaves what the same container has on another", async () => {
    const { container } = lab.member(2);
    const other = { ...lab.member(2), container: { ...container, name: "c1" } };
    const second: PortCall = {
      ...mapped(2, { member: other, mappings: [{ hostPort: 9045, containerPort: 80 }] }),
      network: "net2",
    };
    await lab.done("ADD", mapped(1));
    await lab.done("ADD", second);
    await lab.done("GC", { keys: valid() });
    expect(await rulesFor("10.1.0.11")).toBe(0);
    await lab.done("CHECK", second);
    expect(await lab.hostAgent.ask("tcp", GATEWAY4, 9045)).toStartWith("c2 ");
    await lab.done("GC", { network: "net2", keys: valid() });
    expect(await rulesFor("10.1.0.1")).toBe(0);
    expect(
      existsSync(RECORDS) ? readdirSync(RECORDS).filter((name) => name !== "lock") : [],
    ).toEqual([]);
  });

  test("case U2, kind: GC keeps valid ones, and those of a call by another plugin of the network", async () => {
    await lab.done("ADD", mapped(1));
    await lab.done("ADD", mapped(2, { mappings: [{ hostPort: 9045, containerPort: 80 }] }));
    await lab.done("GC", { keys: valid("c1") });
    await lab.done("CHECK", mapped(1));
    expect(await rulesFor("10.1.0.12")).toBe(0);
  });

  test("1.10.0: DEL by identity alone forgets UDP flows, and finds both rules of masqAll", async () => {
    const udp = [{ hostPort: 9053, containerPort: 80, protocol: "udp" }];
    const keys = { backend, masqAll: true };
    const flows = async (): Promise<string> =>
      (await run(["conntrack", "-L", "-p", "udp", "--orig-port-dst", "9053"])).stdout;
    for (const lost of [false, true]) {
      for (const masqAll of [true, false]) {
        await lab.done("ADD", mapped(1, { mappings: udp, keys: { ...keys, masqAll } }));
        const { hostAddress4 } = lab.outside;
        expect(await lab.outsideAgent.ask("udp", hostAddress4, 9053, 40_053)).toStartWith("c1 ");
        expect(await flows()).toContain("dport=9053");
        // What another implementation has made has no record.
        if (lost) rmSync(RECORDS, { recursive: true });
        await lab.done("DEL", lost ? mapped(1, { mappings: udp }) : { containerId: "c1" });
        expect(await rulesFor("10.1.0.11")).toBe(0);
        expect(await flows()).not.toContain("dport=9053");
      }
    }
  });
});
