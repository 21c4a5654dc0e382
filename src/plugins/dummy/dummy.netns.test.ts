import { afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { type CallOptions, callPlugin, ipam, ipJson } from "../../../tests/support/bridge.ts";
import { attachPlugin } from "../../../tests/support/child-lab.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:dummy");

let host: Host;
let one: Container;
beforeAll(async () => {
  host = await Host.create();
});
beforeEach(async () => {
  one = await host.container("one");
});
afterEach(async () => {
  await host.remove(one);
  await host.tidy();
});

test("IPAM is required", async () => {
  const prevResult = { cniVersion: "1.1.0" };
  for (const verb of ["ADD", "CHECK", "STATUS"] as const) {
    for (const keys of [{ prevResult }, { prevResult, ipam: {} }]) {
      const { json } = await callPlugin(plugin, verb, one, keys);
      const msg = "dummy interface requires an IPAM configuration";
      expect(json).toMatchObject({ code: 7, msg });
    }
  }
  expect((await ipJson(one, "link", "show")).length).toBe(1);
});

run("dns is IPAM's, whatever the configuration says", async () => {
  const answer = { cniVersion: "1.1.0", ips: [{ address: "10.1.0.9/16" }], dns: { domain: "x" } };
  const options: CallOptions = {
    ipam: async (io) => {
      await Promise.resolve();
      if (io.env["CNI_COMMAND"] === "ADD") io.stdout(JSON.stringify(answer));
      return 0;
    },
  };
  const keys = { ipam: ipam(4), dns: { nameservers: ["10.1.0.1"] } };
  expect((await attachPlugin(plugin, one, keys, options)).dns).toEqual({ domain: "x" });
});

run("the container reaches itself by the address", async () => {
  await attachPlugin(plugin, one, { ipam: ipam(4, 6) });
  const server = await startGreeter(one, 80);
  expect(await askFrom(one, "10.1.0.2", 80)).toBe("one 10.1.0.2");
  expect(await askFrom(one, "fd00:10:1::2", 80)).toBe("one fd00:10:1::2");
  await server.stop();
});
