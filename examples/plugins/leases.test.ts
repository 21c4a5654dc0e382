import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Trial, type TrialOutcome, tryPlugin } from "hawser/plugin";
import type { JsonObject } from "hawser/spec";
import { plugin } from "./leases.ts";

const root = mkdtempSync(join(tmpdir(), "hawser-leases-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(root, "of-"));
});

async function call(
  operation: Trial["operation"],
  containerId: string,
  { subnet = "10.9.0.0/28", ...more }: JsonObject & { readonly subnet?: string } = {},
): Promise<TrialOutcome> {
  const config = {
    cniVersion: "1.1.0",
    name: "net",
    type: "bridge",
    ipam: { subnet, dataDir },
    ...more,
  };
  return await tryPlugin(plugin, { operation, config, containerId });
}

const leases = (): unknown => JSON.parse(readFileSync(join(dataDir, "net"), "utf8"));

describe("leases", () => {
  test("case L5: containers that come at once get addresses of their own, and no more than there are", async () => {
    const ids = Array.from({ length: 14 }, (_, index) => `c${index}`);
    const outcomes = await Promise.all(ids.map((id) => call("ADD", id)));
    const given = outcomes.flatMap(({ stdout }) => /10\.9\.0\.\d+\/28/u.exec(stdout) ?? []);
    expect(new Set(given).size).toBe(13);
    expect(given.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })).at(0)).toBe(
      "10.9.0.2/28",
    );
    expect(outcomes.map(({ stdout }) => stdout).join()).toContain('"gateway": "10.9.0.1"');
    const failed = outcomes.filter(({ exitCode }) => exitCode !== 0);
    expect(failed.map(({ json }) => json)).toMatchObject([{ code: 11, msg: "the subnet is full" }]);
  });

  test("DEL frees an address, also the second time, and GC those of the containers that are gone", async () => {
    for (const id of ["a", "b", "c"]) await call("ADD", id);
    for (const _ of [1, 2]) expect((await call("DEL", "a")).exitCode).toBe(0);
    expect((await call("CHECK", "a")).json).toMatchObject({ code: 100 });
    expect((await call("CHECK", "b")).exitCode).toBe(0);
    expect((await call("ADD", "b")).json).toMatchObject({ code: 4 });
    const valid = { "cni.dev/valid-attachments": [{ containerID: "c", ifname: "eth0" }] };
    expect((await call("GC", "", valid)).exitCode).toBe(0);
    expect(leases()).toEqual({ "c@eth0": "10.9.0.4" });
    expect((await call("ADD", "d")).stdout).toContain("10.9.0.2/28");
  });

  test("IPv6 has addresses, too, and no broadcast address to spare", async () => {
    const subnet = "fd00:9::/126";
    const ips = [{ address: "fd00:9::2/126", gateway: "fd00:9::1" }];
    expect((await call("ADD", "a", { subnet })).json).toEqual({ cniVersion: "1.1.0", ips });
    expect((await call("ADD", "b", { subnet })).stdout).toContain("fd00:9::3/126");
    expect((await call("ADD", "c", { subnet })).json).toMatchObject({ code: 11 });
  });

  test("what is no subnet is code 7, and a file that cannot be read is not taken for empty", async () => {
    for (const subnet of ["10.9.0.0", "10.9.0.0/31", "fd00::/127", "10.9.0.0/28/1", "10.9.0/24"]) {
      expect((await call("ADD", "a", { subnet })).json).toMatchObject({ code: 7 });
    }
    writeFileSync(join(dataDir, "net"), "no JSON");
    expect((await call("ADD", "a")).exitCode).toBe(1);
    expect(readFileSync(join(dataDir, "net"), "utf8")).toBe("no JSON");
  });
});
