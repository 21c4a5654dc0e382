import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { Agent } from "../support/agent.ts";
import { dbnet } from "../support/dbnet.ts";
import { must } from "../support/exec.ts";
import { failureOf } from "../support/fails.ts";
import { ask } from "../support/greeter.ts";
import { Host, type Outside } from "../support/host.ts";
import { skipBecause } from "../support/needs.ts";
import {
  debianPlugins,
  hawserPlugins,
  newestPlugins,
  type PluginSet,
} from "../support/plugin-sets.ts";
import type { Snapshot } from "../support/snapshot.ts";
import { answers, clientLeaks, SERVER } from "./greeting.ts";
import { Podman } from "./podman.ts";

/** Debian's podman with a given plugin directory: a real client, with libcni inside. */

const MAC = "02:11:22:33:44:55";

let host: Host;
let outside: Outside;
let beyond: Agent;
let podman: Podman | undefined;
let clean: Snapshot;

beforeAll(async () => {
  host = await Host.create();
  outside = await host.outside();
  beyond = Agent.start("outside", outside);
  await beyond.serve("tcp", 80);
});

afterAll(async () => await beyond.stop());

beforeEach(async () => {
  clean = await host.snapshot();
});

afterEach(async () => {
  await podman?.close();
  podman = undefined;
  await host.tidy();
});

async function leftBehind(): Promise<string[]> {
  return clientLeaks(clean, await host.snapshot());
}

interface Attached {
  readonly IPAddress: string;
  readonly MacAddress: string;
  readonly Gateway: string;
}

async function attachment(client: Podman, name: string, network: string): Promise<Attached> {
  const text = await client.run("inspect", name, "--format", "{{json .NetworkSettings.Networks}}");
  const found = (JSON.parse(text) as Record<string, Attached>)[network];
  if (found === undefined) throw new Error(`${name} is not on ${network}: ${text}`);
  return found;
}

async function runsDbnet(set: PluginSet): Promise<void> {
  podman = Podman.create([set.dir], [dbnet()]);
  expect(await podman.run("network", "ls", "--format", "{{.Name}}")).toContain("dbnet");
  const publish = ["--publish", "18080:80"];
  const wanted = ["--network", "dbnet", "--ip", "10.1.2.3", "--mac-address", MAC, ...publish];
  const program = ["--rootfs", podman.rootfs, "sh", "-c", SERVER];
  await podman.run("run", "--detach", "--name", "one", ...wanted, ...program);

  const { IPAddress, MacAddress } = await attachment(podman, "one", "dbnet");
  expect({ IPAddress, MacAddress }).toEqual({ IPAddress: "10.1.2.3", MacAddress: MAC });
  expect(await podman.run("exec", "one", "ip", "link", "show", "eth0")).toContain(MAC);
  expect(await podman.run("exec", "one", "cat", "/proc/sys/net/core/somaxconn")).toBe("500");
  expect(await answers("127.0.0.1", 18080)).toContain("hello from");

  await podman.run("network", "reload", "one");
  expect((await attachment(podman, "one", "dbnet")).IPAddress).toBe("10.1.2.3");
  expect(await answers("127.0.0.1", 18080)).toContain("hello from");

  await podman.run("rm", "--force", "--time", "0", "one");
  expect(await failureOf(ask("127.0.0.1", 18080))).toBeDefined();
  expect(await leftBehind()).toEqual([]);
}

async function runsPodmansOwn(set: PluginSet): Promise<void> {
  // podman's networks name the firewall plugin, too: where the set has none, Debian's serves.
  // The host drops what no rule accepts, as Docker leaves it.
  await must(["iptables", "-P", "FORWARD", "DROP"]);
  clean = await host.snapshot();
  podman = Podman.create([set.dir, "/usr/lib/cni"]);
  const ranges = ["--subnet", "10.89.5.0/24", "--ipv6", "--subnet", "fd00:89:5::/64"];
  // dnsname, where it is installed, leaves rules of its own.
  const create = ["network", "create", "--disable-dns"];
  await podman.run(...create, ...ranges, "tnet");
  await podman.run(...create, "--subnet", "10.89.6.0/24", "other");
  const program = ["--rootfs", podman.rootfs, "sh", "-c", SERVER];
  const wanted = ["--network", "tnet", "--publish", "18080:80"];
  await podman.run("run", "--detach", "--name", "one", ...wanted, ...program);
  expect((await attachment(podman, "one", "tnet")).IPAddress).toBe("10.89.5.2");
  expect(await answers("127.0.0.1", 18080)).toContain("hello from");

  const firewall = await must(["nft", "list", "ruleset"]);
  expect(firewall.includes("hawser_firewall")).toBe(set.name === "hawser");
  const asked = await podman.run("exec", "one", "sh", "-c", `nc ${outside.address4} 80`);
  expect(asked).toStartWith("outside ");

  await podman.run("network", "connect", "other", "one");
  expect(await podman.run("exec", "one", "ip", "-4", "addr", "show", "eth1")).toContain(
    "10.89.6.2",
  );
  await podman.run("network", "disconnect", "other", "one");
  expect((await podman.attempt("exec", "one", "ip", "link", "show", "eth1")).exitCode).not.toBe(0);

  await podman.run("rm", "--force", "--time", "0", "one");
  await podman.run("network", "rm", "tnet", "other");
  expect(await podman.run("network", "ls", "--format", "{{.Name}}")).toBe("podman");
  expect(await leftBehind()).toEqual([]);
}

describe("podman", () => {
  for (const set of [debianPlugins(), newestPlugins(), hawserPlugins()]) {
    const missing = [Podman.missing(), set.missing].filter((part) => part !== undefined).join(", ");
    const cases = [
      [`runs dbnet with the plugins of ${set.name}`, runsDbnet],
      [
        `creates, connects and removes its own networks with the plugins of ${set.name}`,
        runsPodmansOwn,
      ],
    ] as const;
    for (const [name, body] of cases) {
      skipBecause(missing === "" ? undefined : missing)(name, () => body(set), 60_000);
    }
  }
});
