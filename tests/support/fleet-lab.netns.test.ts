import { expect } from "bun:test";
import { existsSync } from "node:fs";
import { FleetLab } from "./fleet-lab.ts";
import { needs } from "./needs.ts";

needs("root")("machines of a fleet reach each other, and have trees of their own", async () => {
  await using lab = await FleetLab.create();
  const [one, two] = (await lab.start(2)) as [(typeof lab.nodes)[0], (typeof lab.nodes)[0]];
  expect((await one.must(["cat", "/proc/sys/kernel/hostname"])).trim()).toBe("node1");
  for (const address of [two.address4, two.address6, lab.address4, lab.address6]) {
    expect([address, await one.reaches(address)]).toEqual([address, true]);
  }
  await one.must(["sh", "-c", "mkdir -p /run/hawser /var/lib/hawser; touch /var/lib/hawser/x"]);
  expect(existsSync(one.path("/var/lib/hawser/x"))).toBe(true);
  expect((await two.run(["ls", "/var/lib/hawser"])).exitCode).not.toBe(0);

  await two.cut();
  expect(await one.reaches(two.address4)).toBe(false);
  await two.heal();
  expect(await one.reaches(two.address4)).toBe(true);

  const boot = await one.must(["cat", "/proc/sys/kernel/random/boot_id"]);
  await one.container("c1");
  await one.stop();
  await one.boot();
  expect(await one.must(["cat", "/proc/sys/kernel/random/boot_id"])).not.toBe(boot);
  expect(existsSync(one.path("/run/hawser"))).toBe(false);
  expect(existsSync(one.path("/var/lib/hawser/x"))).toBe(true);
  expect(await one.reaches(two.address4)).toBe(true);
});
