import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type Trial, type TrialOutcome, tryPlugin } from "hawser/plugin";
import { plugin } from "../src/plugin.ts";

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "{{name}}-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

async function call(
  operation: Trial["operation"],
  containerId: string,
  { subnet = "10.9.0.0/29", ...more }: { subnet?: string; [key: string]: unknown } = {},
): Promise<TrialOutcome> {
  const ipam = { type: "{{name}}", subnet, dataDir };
  const config = JSON.stringify({
    cniVersion: "1.1.0",
    name: "web",
    type: "bridge",
    ipam,
    ...more,
  });
  return await tryPlugin(plugin, { operation, config, containerId });
}

const ofCode = (code: number): RegExp => new RegExp(`"code": ${code}\\b`, "u");

test("containers that come at once get addresses of their own, and no more than there are", async () => {
  const outcomes = await Promise.all(["a", "b", "c", "d", "e", "f"].map((id) => call("ADD", id)));
  const given = outcomes.flatMap(({ stdout }) => /"(10\.9\.0\.\d)\/29"/u.exec(stdout)?.[1] ?? []);
  assert.deepEqual(given.sort(), ["10.9.0.2", "10.9.0.3", "10.9.0.4", "10.9.0.5", "10.9.0.6"]);
  const [failed, ...others] = outcomes.filter(({ exitCode }) => exitCode !== 0);
  assert.match(failed?.stdout ?? "", ofCode(11));
  assert.deepEqual(others, []);
  assert.equal((await call("STATUS", "")).exitCode, 1);
});

test("a second ADD for a container is refused with code 4, at which callers free nothing", async () => {
  for (const expected of [0, 1]) assert.equal((await call("ADD", "a")).exitCode, expected);
  assert.match((await call("ADD", "a")).stdout, ofCode(4));
  assert.equal((await call("CHECK", "a")).exitCode, 0);
});

test("IPv6 has addresses, too", async () => {
  const { json } = await call("ADD", "a", { subnet: "fd00:9::/64" });
  const ips = [{ address: "fd00:9::2/64", gateway: "fd00:9::1" }];
  assert.deepEqual(json, { cniVersion: "1.1.0", ips });
});

test("DEL frees an address, also the second time, and GC those of containers that are gone", async () => {
  for (const id of ["a", "b", "c"]) await call("ADD", id);
  for (const _ of [1, 2]) assert.equal((await call("DEL", "a")).exitCode, 0);
  assert.match((await call("CHECK", "a")).stdout, ofCode(100));
  assert.equal((await call("CHECK", "b")).exitCode, 0);
  const valid = { "cni.dev/valid-attachments": [{ containerID: "c", ifname: "eth0" }] };
  assert.equal((await call("GC", "", valid)).exitCode, 0);
  const kept: unknown = JSON.parse(readFileSync(join(dataDir, "web"), "utf8"));
  assert.deepEqual(kept, { "c@eth0": "10.9.0.4" });
});

test("what is no subnet is code 7, and a file that cannot be read is not taken for empty", async () => {
  for (const subnet of ["10.9.0.0", "10.9.0.0/31", "fd00::/127", "10.9.0/24", ""]) {
    assert.match((await call("ADD", "a", { subnet })).stdout, ofCode(7));
  }
  writeFileSync(join(dataDir, "web"), "no JSON");
  assert.equal((await call("ADD", "a")).exitCode, 1);
  assert.equal(readFileSync(join(dataDir, "web"), "utf8"), "no JSON");
});
