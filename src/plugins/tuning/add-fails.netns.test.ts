import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { ALL, ORIGINAL, SOMAXCONN, tuningLab } from "../../../tests/support/tuning.ts";

failOnLeakedDescriptors();

const lab = tuningLab();

describe("a failed ADD takes everything back", () => {
  test("a sysctl that the kernel does not have", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300", "net.core.nothing": "1" };
    const { json } = await lab.call("ADD", { sysctl });
    expect(json).toMatchObject({
      code: 7,
      msg: 'failed to set sysctl "net.core.nothing": read sysctl net/core/nothing: no such file or directory',
    });
    expect([lab.read(SOMAXCONN), lab.files()]).toEqual([before, []]);
  });

  test("a value that the kernel refuses, after others were set", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300", "net.ipv4.ip_default_ttl": "many" };
    expect((await lab.call("ADD", { sysctl })).json).toMatchObject({ code: 7 });
    expect([lab.read(SOMAXCONN), lab.files()]).toEqual([before, []]);
  });

  test("an attribute that the kernel refuses, after sysctls and others were set", async () => {
    const before = lab.read(SOMAXCONN);
    const sysctl = { "net.core.somaxconn": "300" };
    const { json } = await lab.call("ADD", { ...ALL, sysctl, mtu: 70_000 });
    expect(json).toMatchObject({
      code: 7,
      msg: expect.stringContaining("failed to set MTU of eth0 to 70000") as string,
    });
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.read(SOMAXCONN)).toBe(before);
    expect(lab.files()).toEqual([]);
  });

  test("a backup that cannot be written: nothing was changed", async () => {
    mkdirSync(dirname(lab.dataDir));
    writeFileSync(lab.dataDir, "a file where a directory should be");
    const { json } = await lab.call("ADD", ALL);
    expect(json).toMatchObject({ code: 5, details: '"dataDir" can name another directory' });
    expect(lab.attributes()).toEqual(ORIGINAL);
  });
});
