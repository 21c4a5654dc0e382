import assert from "node:assert/strict";
import { test } from "node:test";
import { tryPlugin } from "hawser/plugin";
import { plugin } from "../src/plugin.ts";

/** What the kernel is changed to is tried by `npm run conformance`. */

const ipam = { type: "host-local", subnet: "10.7.0.0/24" };
const config = { cniVersion: "1.1.0", name: "web", type: "{{name}}", ipam };

test("ADD refuses a wrong configuration and a namespace that is not there", async () => {
  for (const wrong of [{ mtu: 1 }, { mtu: "big" }, { ipam: {} }, { ipam: null }]) {
    const outcome = await tryPlugin(plugin, { operation: "ADD", config: { ...config, ...wrong } });
    assert.equal(outcome.exitCode, 1);
  }
  const { exitCode, stdout } = await tryPlugin(plugin, { operation: "ADD", config });
  assert.equal(exitCode, 1);
  assert.match(stdout, /"msg": /u);
});

test("VERSION names the versions of the specification", async () => {
  const { json } = await tryPlugin(plugin, {
    operation: "VERSION",
    config: { cniVersion: "1.1.0" },
  });
  assert.match(JSON.stringify(json), /"supportedVersions":\[.*"1\.1\.0"/u);
});
