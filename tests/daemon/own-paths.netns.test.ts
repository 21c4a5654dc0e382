import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { callEnvironment, type Operation } from "../support/chain.ts";
import { ENTRIES, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { DhcpLab } from "../support/dhcp.ts";
import { must, type RunAnswer, run } from "../support/exec.ts";
import type { Container } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";

/**
 * What is written down of a container's namespace serves later processes, although its caller named
 * it by a path that means something to himself alone.
 */

const missing = entriesMissing();
const test = missing === undefined ? needs("dnsmasq", "nsenter") : skipBecause(missing);
/** A descriptor of the caller's, and a path from where he stands. */
const SHAPES = ["/proc/self/fd/9", "one"];

let lab: DhcpLab;
let one: Container;
let keeper: { end(signal: "SIGKILL"): Promise<unknown> } | undefined;

beforeAll(async () => {
  lab = await DhcpLab.create();
});
beforeEach(async () => {
  one = await lab.host.container("one");
});
afterEach(async () => {
  await keeper?.end("SIGKILL");
  keeper = undefined;
  await lab.host.remove(one);
  await lab.tidy();
});
afterAll(() => lab[Symbol.dispose]());

/** Calls a plugin's entry program from /run/netns, with the namespace open as descriptor 9. */
async function call(operation: Operation, netns: string, config: object): Promise<RunAnswer> {
  const attachment = { containerId: "id-one", netns, ifName: "eth0" };
  const keys = { cniVersion: "1.1.0", name: "net1", ...config };
  const [type] = Object.values(config) as string[];
  return await run(["sh", "-c", 'exec 9</run/netns/one; exec "$0"', join(ENTRIES, type ?? "")], {
    ...{ stdin: JSON.stringify(keys), cwd: "/run/netns" },
    env: callEnvironment(operation, ENTRIES, attachment),
  });
}

/** The path that a plugin has written down for its only attachment. */
function recordedPath(kind: string): unknown {
  const directory = join("/run/hawser", kind);
  const [file = ""] = readdirSync(directory).filter((name) => !name.startsWith("."));
  const text = readFileSync(join(directory, file), "utf8");
  const [, path] = /"(?:path|netns)": ?"([^"]*)"/u.exec(text) ?? [];
  return path;
}

describe.each(["with the daemon", "without a daemon"])("%s", (how) => {
  const isServed = how === "with the daemon";

  for (const netns of SHAPES) {
    test(`a device comes home from a namespace that was ${netns}`, async () => {
      const daemon = isServed ? await TestDaemon.start() : undefined;
      keeper = daemon;
      await must(["ip", "link", "add", "gift0", "type", "veth", "peer", "name", "giver0"]);
      const config = { type: "host-device", device: "gift0" };
      expect(await call("ADD", netns, config)).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await must(["ip", "-n", "one", "link", "show", "eth0"])).toContain("alias gift0");
      expect(recordedPath("host-device")).toBe("/run/netns/one");
      // The runtime does not know the namespace any more: it is found by the record.
      expect(await call("DEL", "", config)).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await must(["ip", "link", "show", "gift0"])).not.toContain("alias");
      if (daemon !== undefined) {
        expect(await daemon.served(2)).toEqual(["host-device ADD", "host-device DEL"]);
      }
      await must(["ip", "link", "delete", "gift0"]);
    });

    test(`a lease in a namespace that was ${netns} is renewed and given back`, async () => {
      const server = await lab.dnsmasq("--dhcp-option=58,3");
      const daemon = isServed ? await TestDaemon.start(["--dhcp"]) : undefined;
      const apart = isServed ? undefined : await lab.daemon();
      keeper = daemon ?? apart;
      const said = (): string => apart?.said ?? JSON.stringify(daemon?.log);
      await until(said, () => said().includes("dhcp: listening"), 5000);
      const config = { type: "bridge", bridge: "br0", ipam: { type: "dhcp" } };
      expect(await call("ADD", netns, config)).toMatchObject({ exitCode: 0, stderr: "" });
      expect(recordedPath("dhcp")).toBe("/run/netns/one");
      await until(said, () => said().includes("renewed by"), 8000);
      expect(await call("DEL", netns, config)).toMatchObject({ exitCode: 0, stderr: "" });
      await server.says(/DHCPRELEASE/u);
      if (daemon !== undefined) {
        expect(await daemon.served(2)).toEqual(["bridge ADD", "bridge DEL"]);
      }
    });
  }
});
