import { beforeAll, describe, expect, test } from "bun:test";
import { GATEWAY4, GATEWAY6 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { portLab } from "../../../tests/support/port-lab.ts";
import { startable } from "../../../tests/support/programs.ts";

requireOwnNamespaces();

const lab = portLab(3);
beforeAll(async () => {
  await lab.outsideAgent.serve("tcp", 8080);
  await lab.outsideAgent.serve("udp", 8080);
});

const BACKENDS = [
  { name: "our own layout", keys: {} },
  { name: "the iptables backend", keys: { backend: "iptables" } },
  { name: "the nftables backend", keys: { backend: "nftables" } },
] as const;
const TRANSPORTS = ["tcp", "udp"] as const;
const WEB = [
  { hostPort: 8080, containerPort: 80, protocol: "tcp" },
  { hostPort: 8080, containerPort: 80, protocol: "udp" },
];

describe.each(BACKENDS)("with $name", ({ name, keys }) => {
  test.each(TRANSPORTS)(
    "763: %s reaches the container from everywhere, the host's loopback too",
    async (transport) => {
      const member = lab.member(1);
      const call = { member, mappings: WEB, keys };
      const result = await lab.done("ADD", call);
      expect(result.json).toEqual(member.prevResult);
      await lab.done("CHECK", call);
      const { hostAgent, outsideAgent, outside } = lab;
      const ask = hostAgent.ask.bind(hostAgent, transport);
      // 127.0.0.1 means the container's own loopback there, so the bridge's address takes its place.
      expect(await ask("127.0.0.1", 8080)).toBe(`c1 ${GATEWAY4}`);
      expect(await ask(GATEWAY4, 8080)).toBe(`c1 ${GATEWAY4}`);
      expect(await ask(outside.hostAddress4, 8080)).toStartWith("c1 ");
      expect(await ask(outside.hostAddress6, 8080)).toStartWith("c1 ");
      // A client outside is seen with its own address.
      const from = outsideAgent.ask.bind(outsideAgent, transport);
      expect(await from(outside.hostAddress4, 8080)).toBe(`c1 ${outside.address4}`);
      expect(await from(outside.hostAddress6, 8080)).toBe(`c1 ${outside.address6}`);
      await lab.done("DEL", call);
      expect(await from(outside.hostAddress4, 8080)).toStartWith("no answer");
      expect(await ask("127.0.0.1", 8080)).toStartWith("no answer");
    },
  );

  test.each(TRANSPORTS)(
    "%s reaches a container through the host from itself",
    async (transport) => {
      const member = lab.member(1);
      await lab.done("ADD", { member, mappings: WEB, keys });
      const ask = member.agent.ask.bind(member.agent, transport);
      expect(await ask(GATEWAY4, 8080)).toBe(`c1 ${GATEWAY4}`);
      expect(await ask(lab.outside.hostAddress4, 8080)).toBe(`c1 ${GATEWAY4}`);
      expect(await ask(GATEWAY6, 8080)).toBe(`c1 ${GATEWAY6}`);
    },
  );

  const neighbour = name.includes("nftables") ? "does not reach" : "reaches";
  test(`a neighbour of the same subnet ${neighbour} the container through the host (469, 1234)`, async () => {
    await lab.done("ADD", { member: lab.member(1), mappings: WEB, keys });
    const { agent } = lab.member(2);
    const answer4 = await agent.ask("tcp", GATEWAY4, 8080);
    const answer6 = await agent.ask("tcp", lab.outside.hostAddress6, 8080);
    if (name.includes("nftables")) {
      // The reference's layout masquerades the container itself only; ours is to be the same there.
      expect(answer4).toStartWith("no answer");
      expect(answer6).toStartWith("no answer");
    } else {
      expect(answer4).toBe(`c1 ${GATEWAY4}`);
      expect(answer6).toBe(`c1 ${GATEWAY6}`);
    }
  });

  test.each(TRANSPORTS)(
    "GHSA-jv3w-x3r3-g6rm: %s that the host forwards to the same port goes on to its target",
    async (transport) => {
      await lab.done("ADD", { member: lab.member(1), mappings: WEB, keys });
      const { agent, address4, address6 } = lab.member(2);
      const { outside } = lab;
      expect(await agent.ask(transport, outside.address4, 8080)).toBe(`outside ${address4}`);
      expect(await agent.ask(transport, outside.address6, 8080)).toBe(`outside ${address6}`);
      expect(await lab.hostAgent.ask(transport, outside.address4, 8080)).toStartWith("outside ");
    },
  );

  test("hostIP restricts a mapping to one address of the host", async () => {
    const { outside, hostAgent, outsideAgent } = lab;
    const mappings = [
      { hostPort: 8081, containerPort: 80, hostIP: "127.0.0.1" },
      { hostPort: 8082, containerPort: 80, hostIP: outside.hostAddress4 },
      { hostPort: 8083, containerPort: 80, hostIP: outside.hostAddress6 },
    ];
    const call = { member: lab.member(1), mappings, keys };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    expect(await hostAgent.ask("tcp", "127.0.0.1", 8081)).toStartWith("c1 ");
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8081)).toStartWith("no answer");
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8082)).toStartWith("c1 ");
    expect(await hostAgent.ask("tcp", "127.0.0.1", 8082)).toStartWith("no answer");
    expect(await outsideAgent.ask("tcp", outside.hostAddress6, 8083)).toStartWith("c1 ");
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8083)).toStartWith("no answer");
    await lab.done("DEL", call);
  });

  test("378, 487: the unspecified hostIP stands for all addresses of its family", async () => {
    const { outside, outsideAgent } = lab;
    const mappings = [
      { hostPort: 8084, containerPort: 80, hostIP: "0.0.0.0" },
      { hostPort: 8085, containerPort: 80, hostIP: "::" },
    ];
    const call = { member: lab.member(1), mappings, keys };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8084)).toStartWith("c1 ");
    expect(await outsideAgent.ask("tcp", outside.hostAddress6, 8084)).toStartWith("no answer");
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8085)).toStartWith("no answer");
    expect(await outsideAgent.ask("tcp", outside.hostAddress6, 8085)).toStartWith("c1 ");
  });

  test("772: masqAll shows the container the host's address, whoever asks", async () => {
    const call = { member: lab.member(1), mappings: WEB, keys: { ...keys, masqAll: true } };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    const { outside, outsideAgent } = lab;
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8080)).toBe(`c1 ${GATEWAY4}`);
    expect(await outsideAgent.ask("tcp", outside.hostAddress6, 8080)).toBe(`c1 ${GATEWAY6}`);
    expect(await lab.hostAgent.ask("tcp", "127.0.0.1", 8080)).toBe(`c1 ${GATEWAY4}`);
    expect(await lab.member(1).agent.ask("tcp", GATEWAY4, 8080)).toBe(`c1 ${GATEWAY4}`);
    expect(await lab.member(2).agent.ask("tcp", GATEWAY4, 8080)).toBe(`c1 ${GATEWAY4}`);
    await lab.done("DEL", call);
  });

  test("without snat the outside is served, and the host's loopback is not", async () => {
    const call = { member: lab.member(1), mappings: WEB, keys: { ...keys, snat: false } };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    const { outside, outsideAgent } = lab;
    const seen = `c1 ${outside.address4}`;
    expect(await outsideAgent.ask("tcp", outside.hostAddress4, 8080)).toBe(seen);
    expect(await lab.hostAgent.ask("tcp", "127.0.0.1", 8080)).toStartWith("no answer");
  });

  test("two containers have their own ports, and DEL of one leaves the other", async () => {
    const one = { member: lab.member(1), mappings: [{ hostPort: 8091, containerPort: 80 }], keys };
    const two = { member: lab.member(2), mappings: [{ hostPort: 8092, containerPort: 80 }], keys };
    await lab.done("ADD", one);
    await lab.done("ADD", two);
    const ask = async (port: number): Promise<string> =>
      await lab.outsideAgent.ask("tcp", lab.outside.hostAddress4, port);
    expect([await ask(8091), await ask(8092)].map((text) => text.slice(0, 2))).toEqual([
      "c1",
      "c2",
    ]);
    await lab.done("DEL", one);
    expect(await ask(8091)).toStartWith("no answer");
    expect(await ask(8092)).toStartWith("c2 ");
    await lab.done("CHECK", two);
    await lab.done("DEL", two);
    expect(await ask(8092)).toStartWith("no answer");
  });

  test("123, 1190, 705: a UDP flow that began before ADD or outlives DEL is led anew, others live on", async () => {
    const { outside, outsideAgent } = lab;
    const [one, two] = [lab.member(1), lab.member(2)];
    const [port, from] = [8080, 40001];
    const ask = async (): Promise<string> =>
      await outsideAgent.ask("udp", outside.hostAddress4, port, from);
    const forwarded = async (): Promise<string> =>
      await lab.member(3).agent.ask("udp", outside.address4, port, 40002);
    // Flows are tracked as soon as any mapping is there.
    const other = [{ hostPort: 8093, containerPort: 80, protocol: "udp" }];
    await lab.done("ADD", { member: lab.member(3), mappings: other, keys });
    expect(await ask()).toStartWith("no answer"); // the flow is known from now on
    expect(await forwarded()).toStartWith("outside ");
    const before = await flows();
    await lab.done("ADD", { member: one, mappings: WEB, keys });
    expect(await ask()).toBe(`c1 ${outside.address4}`);
    expect(kept(before, await flows())).toBe(true);
    // The same call without what the runtime knew: only identity and the previous result.
    await lab.done("DEL", { member: one, keys, mappings: WEB });
    expect((await flows()).filter((flow) => flow.includes(`src=${one.address4}`))).toEqual([]);
    await lab.done("ADD", { member: two, mappings: WEB, keys });
    expect(await ask()).toBe(`c2 ${outside.address4}`);
    expect(kept(before, await flows())).toBe(true);
  });
});

/** The forwarded flow of the test above, with the kernel's number for it. */
function kept(before: readonly string[], after: readonly string[]): boolean {
  const id = (list: readonly string[]): string | undefined =>
    list.find((flow) => flow.includes("sport=40002"))?.match(/id=\d+/u)?.[0];
  return id(before) !== undefined && id(before) === id(after);
}

async function flows(): Promise<string[]> {
  const child = Bun.spawn(startable(["conntrack", "-L", "-o", "id", "-p", "udp"]), {
    stderr: "ignore",
  });
  return (await child.stdout.text()).split("\n").filter((line) => line !== "");
}
