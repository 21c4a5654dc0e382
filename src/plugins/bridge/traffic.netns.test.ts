import { describe, expect } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { failureOf } from "../../../tests/support/fails.ts";
import { ask } from "../../../tests/support/greeter.ts";
import type { Container } from "../../../tests/support/host.ts";
import { linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom } from "../../../tests/support/traffic.ts";
import { defined } from "../../base/index.ts";
import { plugin } from "./index.ts";

/** Judged by real connections: servers answer with the address that they see the caller under. */

const PORT = 80;
const ONE = "10.1.0.2";
const TWO = "10.1.0.3";

const lab = pluginLab(plugin, { containers: [], outside: true });

describe("ipMasq", () => {
  for (const backend of [undefined, "iptables", "nftables"]) {
    const program = backend === "iptables" ? "iptables" : "nft";
    needs(program)(
      `the outside sees the host's address, neighbours see the container's (${backend ?? "own layout"})`,
      async () => {
        const keys = {
          ...{ isGateway: true, ipMasq: true, ipam: ipam(4, 6) },
          ...defined({ ipMasqBackend: backend }),
        };
        const [one] = await lab.join("one", keys);
        const [two] = await lab.joinServing("two", keys);
        expect(await askFrom(one, lab.outside.address4, PORT)).toBe("outside 192.0.2.1");
        expect(await askFrom(one, lab.outside.address6, PORT)).toBe("outside 2001:db8::1");
        expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
        expect(await askFrom(one, "fd00:10:1::3", PORT)).toBe("two fd00:10:1::2");
        expect(await ask(TWO, PORT)).toBe("two 10.1.0.1");
        await lab.call("DEL", keys);
        expect(await askFrom(two, lab.outside.address4, PORT)).toBe("outside 192.0.2.1");
      },
    );
  }

  needs("nft")("without it the outside has no way back", async () => {
    const [one] = await lab.join("one", { isGateway: true, ipam: ipam(4) });
    expect(await failureOf(askFrom(one, lab.outside.address4, PORT))).toContain("no answer");
  });
});

describe("macspoofchk", () => {
  const keys = { isGateway: true, macspoofchk: true, ipam: ipam(4) };
  const forged = "02:de:ad:be:ef:01";

  async function setMac(container: Container, mac: string): Promise<void> {
    await must(["ip", "-n", container.name, "link", "set", "dev", "eth0", "address", mac]);
  }

  needs("nft")(
    "frames with a forged source are dropped, and teach the bridge nothing",
    async () => {
      const [one] = await lab.join("one", keys);
      await lab.joinServing("two", keys);
      expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
      const { address } = await linkOf(one, "eth0");
      await setMac(one, forged);
      expect(await failureOf(askFrom(one, TWO, PORT))).toBeDefined();
      expect(await must(["bridge", "fdb", "show", "br", "cni0"])).not.toContain(forged);
      await setMac(one, address);
      expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
    },
  );

  needs("nft")("a container may not take the MAC of another one", async () => {
    const [one] = await lab.join("one", keys);
    const [two] = await lab.joinServing("two", keys);
    await setMac(one, (await linkOf(two, "eth0")).address);
    expect(await failureOf(askFrom(one, "10.1.0.1", PORT))).toBeDefined();
    expect(await ask(TWO, PORT)).toStartWith("two");
  });

  needs("nft")("without it forged frames pass, and DEL ends the check", async () => {
    const [one] = await lab.join("one", { ...keys, macspoofchk: false });
    await lab.joinServing("two", keys);
    await setMac(one, forged);
    expect(await askFrom(one, TWO, PORT)).toBe(`two ${ONE}`);
  });
});

describe("ports", () => {
  needs("ip")("portIsolation: containers reach the gateway and not each other", async () => {
    const keys = { isGateway: true, ipMasq: true, portIsolation: true, ipam: ipam(4) };
    const [one] = await lab.join("one", keys);
    await lab.joinServing("two", keys);
    await lab.joinServing("open", { ...keys, portIsolation: false });
    expect(await askFrom(one, lab.outside.address4, PORT)).toContain("192.0.2.1");
    expect(await failureOf(askFrom(one, TWO, PORT))).toBeDefined();
    expect(await askFrom(one, "10.1.0.4", PORT)).toBe(`open ${ONE}`);
  });

  needs("ip")("a port forwards at once when ADD returns", async () => {
    const keys = { isGateway: true, ipam: ipam(4, 6) };
    await lab.joinServing("two", keys);
    const [one] = await lab.join("one", keys);
    expect(await askFrom(one, ONE, PORT)).toBe(`two ${TWO}`);
    expect(await askFrom(one, "fd00:10:1::2", PORT)).toBe("two fd00:10:1::3");
  });
});
