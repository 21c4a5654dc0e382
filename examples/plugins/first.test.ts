import { expect, test } from "bun:test";
import { tryPlugin } from "hawser/plugin";
import { plugin } from "./first.ts";

test("first suggests name servers and leaves the rest of the result alone", async () => {
  const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.5/16" }] };
  const nameservers = ["10.1.0.1"];
  const config = { cniVersion: "1.1.0", name: "net", nameservers, prevResult };

  const outcome = await tryPlugin(plugin, { operation: "ADD", config });

  expect(outcome.exitCode).toBe(0);
  expect(outcome.json).toEqual({ ...prevResult, dns: { nameservers } });
});

test("first names the key that is wrong", async () => {
  const config = { cniVersion: "1.1.0", name: "net", nameservers: "10.1.0.1" };
  const outcome = await tryPlugin(plugin, { operation: "ADD", config });
  expect(outcome.json).toMatchObject({ code: 7 });
  expect(outcome.stdout).toContain("expected an array");
});
