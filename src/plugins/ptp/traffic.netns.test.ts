import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { type BridgeResult, callPlugin, ipam, type Keys } from "../../../tests/support/bridge.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { ask } from "../../../tests/support/greeter.ts";
import { type Container, Host, type Outside } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { askFrom, type Greeter, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** Judged by real connections: servers answer with the address that they see the caller under. */

const PORT = 80;
const ONE = "10.1.0.2";
const TWO = "10.1.0.3";
const ONE6 = "fd00:10:1::2";
const TWO6 = "fd00:10:1::3";

let host: Host;
let outside: Outside;
const own: Greeter[] = [];
const servers: Greeter[] = [];
const containers: Container[] = [];

beforeAll(async () => {
  host = await Host.create();
  outside = await host.outside();
  own.push(await startGreeter(outside, PORT));
  own.push(await startGreeter({ name: "host", netns: "/proc/self/ns/net" }, PORT));
});
afterAll(async () => {
  await Promise.all(own.map((server) => server.stop()));
});
/** Servers hold the namespaces of their containers, so they end first. */
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await Promise.all(containers.splice(0).map((container) => host.remove(container)));
  await host.tidy();
});

/** An attached container with a server. */
async function join(name: string, keys: Keys): Promise<[Container, BridgeResult]> {
  const container = await host.container(name);
  containers.push(container);
  const answer = await callPlugin(plugin, "ADD", container, keys);
  expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
  servers.push(await startGreeter(container, PORT));
  return [container, answer.json];
}

describe("traffic", () => {
  for (const backend of [undefined, "iptables", "nftables"]) {
    const program = backend === "iptables" ? "iptables" : "nft";
    needs(program)(
      `container, host, other containers, outside (masquerading: ${backend ?? "own layout"})`,
      async () => {
        const named = backend === undefined ? {} : { ipMasqBackend: backend };
        const keys = { ipMasq: true, ...named, ipam: ipam(4, 6) };
        const [one, result] = await join("one", keys);
        const [two] = await join("two", keys);
        expect(await askFrom(one, "10.1.0.1", PORT)).toBe(`host ${ONE}`);
        expect(await askFrom(one, "fd00:10:1::1", PORT)).toBe(`host ${ONE6}`);
        expect(await ask(TWO, PORT)).toBe("two 10.1.0.1");
        expect(await ask(TWO6, PORT)).toStartWith("two ");
        expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
        expect(await askFrom(two, ONE, PORT)).toBe(`one ${TWO}`);
        expect(await askFrom(one, TWO6, PORT)).toBe(`two ${ONE6}`);
        expect(await askFrom(one, outside.address4, PORT)).toBe("outside 192.0.2.1");
        expect(await askFrom(one, outside.address6, PORT)).toBe("outside 2001:db8::1");
        await callPlugin(plugin, "DEL", one, { ...keys, prevResult: result });
        expect(await askFrom(two, outside.address4, PORT)).toBe("outside 192.0.2.1");
        expect(await ask(TWO, PORT)).toBe("two 10.1.0.1");
        expect(await failureOf(ask(ONE, PORT))).toBeDefined();
      },
    );
  }

  needs("nft")("without ipMasq the outside has no way back", async () => {
    const [one] = await join("one", { ipam: ipam(4) });
    expect(await failureOf(askFrom(one, outside.address4, PORT))).toContain("no answer");
  });

  needs("ip")("two networks of one container, each by its own interface", async () => {
    const [one] = await join("one", { ipam: ipam(4) });
    const [two] = await join("two", { ipam: ipam(4) });
    const second = { type: "host-local", ranges: [[{ subnet: "10.2.0.0/16" }]] };
    for (const container of [one, two]) {
      const answer = await callPlugin(
        plugin,
        "ADD",
        container,
        { name: "net2", ipam: second },
        { ifName: "eth1" },
      );
      expect(answer).toMatchObject({ exitCode: 0 });
    }
    expect(await askFrom(one, "10.2.0.3", PORT)).toBe("two 10.2.0.2");
    expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
  });
});
