import assert from "node:assert/strict";
import { test } from "node:test";
import { tryPlugin } from "hawser/plugin";
import { plugin } from "../src/plugin.ts";

const before = {
  cniVersion: "1.1.0",
  ips: [{ address: "10.1.0.5/16" }],
  dns: { nameservers: ["10.1.0.1"], search: ["internal"] },
};
const config = {
  cniVersion: "1.1.0",
  name: "web",
  type: "{{name}}",
  domain: "web.internal",
  prevResult: before,
};

test("ADD puts the domain first and keeps the rest of the result", async () => {
  const { json } = await tryPlugin(plugin, { operation: "ADD", config });
  const search = ["web.internal", "internal"];
  const dns = { nameservers: ["10.1.0.1"], domain: "web.internal", search };
  assert.deepEqual(json, { ...before, dns });
});

test("ADD refuses what is no domain", async () => {
  for (const domain of ["", "web internal", ".", 5, null]) {
    const outcome = await tryPlugin(plugin, { operation: "ADD", config: { ...config, domain } });
    assert.equal(outcome.exitCode, 1);
    assert.match(outcome.stdout, /"code": 7/u);
  }
});

test("DEL succeeds, also without a result", async () => {
  const { prevResult: _, ...rest } = config;
  const outcome = await tryPlugin(plugin, { operation: "DEL", config: rest });
  assert.deepEqual([outcome.exitCode, outcome.stdout], [0, ""]);
});
