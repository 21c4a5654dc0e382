import { describe, expect } from "bun:test";
import { failureOf } from "../../../tests/support/fails.ts";
import { ask } from "../../../tests/support/greeter.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

/** Judged by real connections: servers answer with the address that they see the caller under. */

const PORT = 80;
const ONE = "10.1.0.2";
const TWO = "10.1.0.3";
const ONE6 = "fd00:10:1::2";
const TWO6 = "fd00:10:1::3";

const lab = pluginLab(plugin, {
  containers: [],
  outside: true,
  prepare: (made) => made.serveAlways({ name: "host", netns: "/proc/self/ns/net" }),
});

describe("traffic", () => {
  for (const backend of [undefined, "iptables", "nftables"]) {
    const program = backend === "iptables" ? "iptables" : "nft";
    needs(program)(
      `container, host, other containers, outside (masquerading: ${backend ?? "own layout"})`,
      async () => {
        const named = backend === undefined ? {} : { ipMasqBackend: backend };
        const keys = { ipMasq: true, ...named, ipam: ipam(4, 6) };
        const [one, result] = await lab.joinServing("one", keys);
        const [two] = await lab.joinServing("two", keys);
        expect(await askFrom(one, "10.1.0.1", PORT)).toBe(`host ${ONE}`);
        expect(await askFrom(one, "fd00:10:1::1", PORT)).toBe(`host ${ONE6}`);
        expect(await ask(TWO, PORT)).toBe("two 10.1.0.1");
        expect(await ask(TWO6, PORT)).toStartWith("two ");
        expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
        expect(await askFrom(two, ONE, PORT)).toBe(`one ${TWO}`);
        expect(await askFrom(one, TWO6, PORT)).toBe(`two ${ONE6}`);
        expect(await askFrom(one, lab.outside.address4, PORT)).toBe("outside 192.0.2.1");
        expect(await askFrom(one, lab.outside.address6, PORT)).toBe("outside 2001:db8::1");
        await lab.call("DEL", { ...keys, prevResult: result });
        expect(await askFrom(two, lab.outside.address4, PORT)).toBe("outside 192.0.2.1");
        expect(await ask(TWO, PORT)).toBe("two 10.1.0.1");
        expect(await failureOf(ask(ONE, PORT))).toBeDefined();
      },
    );
  }

  needs("nft")("without ipMasq the outside has no way back", async () => {
    const [one] = await lab.joinServing("one", { ipam: ipam(4) });
    expect(await failureOf(askFrom(one, lab.outside.address4, PORT))).toContain("no answer");
  });

  needs("ip")("two networks of one container, each by its own interface", async () => {
    const [one] = await lab.joinServing("one", { ipam: ipam(4) });
    const [two] = await lab.joinServing("two", { ipam: ipam(4) });
    const second = { type: "host-local", ranges: [[{ subnet: "10.2.0.0/16" }]] };
    for (const container of [one, two]) {
      const answer = await lab.call(
        "ADD",
        { name: "net2", ipam: second },
        { container, ifName: "eth1" },
      );
      expect(answer).toMatchObject({ exitCode: 0 });
    }
    expect(await askFrom(one, "10.2.0.3", PORT)).toBe("two 10.2.0.2");
    expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
  });
});
