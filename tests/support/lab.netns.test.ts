import { expect } from "bun:test";
import { must } from "./exec.ts";
import { has, KERNEL_FEATURES } from "./features.ts";
import { needs } from "./needs.ts";
import { takeNic } from "./nic.ts";

/** What the tests of other rooms count on when they leave something to the kernel lab. */

needs("virtio-nic")("the kernel lab has every kernel feature that tests ask for", () => {
  const features = Object.keys(KERNEL_FEATURES);
  expect(features.length).toBeGreaterThan(0);
  expect(features.filter((name) => !has(`kernel:${name}`))).toEqual([]);
});

needs("virtio-nic")("the kernel lab has network cards that a test may take", async () => {
  const one = await takeNic();
  const two = await takeNic();
  expect(one.name).not.toBe(two.name);
  expect(one.pciAddress).toMatch(/^0000:00:[0-9a-f]{2}\.0$/);
  for (const { name } of [one, two]) {
    expect(await must(["ip", "-d", "link", "show", name])).toContain("parentbus virtio");
  }
});
