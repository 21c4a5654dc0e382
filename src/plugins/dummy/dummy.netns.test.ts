import { expect, test } from "bun:test";
import { ipJson } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import { type CallOptions, ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { askFrom, startGreeter } from "../../../tests/support/traffic.ts";
import { plugin } from "./index.ts";

const run = needs("kernel:dummy");

const lab = pluginLab(plugin);
const { one } = lab;

test("IPAM is required", async () => {
  const prevResult = { cniVersion: "1.1.0" };
  for (const verb of ["ADD", "CHECK", "STATUS"] as const) {
    for (const keys of [{ prevResult }, { prevResult, ipam: {} }]) {
      const { json } = await lab.call(verb, keys);
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
  expect((await lab.add(keys, options)).dns).toEqual({ domain: "x" });
});

run("the container reaches itself by the address", async () => {
  await lab.add({ ipam: ipam(4, 6) });
  const server = await startGreeter(one, 80);
  expect(await askFrom(one, "10.1.0.2", 80)).toBe("one 10.1.0.2");
  expect(await askFrom(one, "fd00:10:1::2", 80)).toBe("one fd00:10:1::2");
  await server.stop();
});
