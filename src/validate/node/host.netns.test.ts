/** The machine's own networks, in the namespace of the test. */
import { afterAll, expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeIo } from "../../../tests/support/cli-io.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import { runHawser } from "../../cli/index.ts";
import { hostNetworks } from "./host.ts";

const dir = mkdtempSync(join(tmpdir(), "hawser-host-"));
afterAll(() => rmSync(dir, { recursive: true }));

async function ip(...words: readonly string[]): Promise<void> {
  await must(["ip", ...words]);
}

function bridge(name: string, subnet: string): string {
  const ipam = { type: "host-local", ranges: [[{ subnet }]] };
  return JSON.stringify({
    cniVersion: "1.0.0",
    name,
    plugins: [{ type: "bridge", bridge: name, ipam }],
  });
}

needs("ip")(
  "a subnet that the machine has by another interface is found with --node, and the bridge's own is not",
  async () => {
    await ip("link", "add", "br0", "type", "bridge");
    await ip("link", "add", "own0", "type", "bridge");
    for (const name of ["br0", "own0"]) await ip("link", "set", name, "up");
    await ip("address", "add", "10.7.0.1/16", "dev", "br0");
    await ip("address", "add", "10.9.0.1/24", "dev", "own0");
    await ip("route", "add", "10.8.0.0/16", "dev", "br0");
    const networks = hostNetworks().map(({ prefix, link }) => `${prefix.toString()} ${link}`);
    for (const network of ["10.7.0.0/16 br0", "10.8.0.0/16 br0", "10.9.0.0/24 own0"]) {
      expect(networks).toContain(network);
    }
    writeFileSync(join(dir, "10.conflist"), bridge("one0", "10.7.3.0/24"));
    writeFileSync(join(dir, "20.conflist"), bridge("two0", "10.8.0.0/16"));
    writeFileSync(join(dir, "30.conflist"), bridge("own0", "10.9.0.0/24"));
    const words = ["validate", "--node", "--plugin-dir", join(dir, "none"), "--json", dir];
    const { io, stdout } = fakeIo(words, { cwd: dir });
    expect(await runHawser(io)).toBe(1);
    const { findings } = JSON.parse(stdout()) as { findings: { name: string; message: string }[] };
    const overlaps = findings.filter(({ name }) => name === "overlaps-host-network");
    expect(overlaps.map(({ message }) => message)).toEqual([
      "this machine has 10.7.0.0/16 by br0, which 10.7.3.0/24 overlaps",
      "this machine has 10.8.0.0/16 by br0, which 10.8.0.0/16 overlaps",
    ]);
    expect(findings.filter(({ name }) => name === "missing-plugin").length).toBe(6);
  },
);
