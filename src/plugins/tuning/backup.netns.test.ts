import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { needs } from "../../../tests/support/needs.ts";
import {
  ALL,
  MAC,
  ORIGINAL,
  SOMAXCONN,
  TuningLab,
  tuningLab,
} from "../../../tests/support/tuning.ts";
import { link } from "../../kernel/route/index.ts";

failOnLeakedDescriptors();

const lab = tuningLab();

describe("what DEL takes from a backup", () => {
  test("does not restore another namespace's values to one that came to have the same path", async () => {
    await lab.call("ADD", { ...ALL, sysctl: { "net.core.somaxconn": "300" } });
    const other = new TuningLab();
    other.begin();
    try {
      other.write(SOMAXCONN, "999");
      expect(await lab.call("DEL", ALL, { netns: other.netns })).toMatchObject({ exitCode: 0 });
      expect([other.read(SOMAXCONN), lab.files()]).toEqual(["999", []]);
    } finally {
      other.end();
    }
  });

  test("does not restore to a namespace that was given the numbers of the one of ADD", async () => {
    await lab.call("ADD", { sysctl: { "net.core.somaxconn": "300" } });
    const other = new TuningLab();
    other.begin();
    try {
      other.write(SOMAXCONN, "999");
      const { dev, ino } = statSync(other.netns, { bigint: true });
      lab.changeNotes({ netns: `${dev}:${ino}` });
      expect(await lab.call("DEL", {}, { netns: other.netns })).toMatchObject({ exitCode: 0 });
      expect([other.read(SOMAXCONN), lab.files()]).toEqual(["999", []]);
    } finally {
      other.end();
    }
  });

  test("case S10, kind: without the note of ADD, numbers of files do not prove the namespace", async () => {
    await lab.call("ADD", { sysctl: { "net.core.somaxconn": "300" } });
    const other = new TuningLab();
    other.begin();
    try {
      other.write(SOMAXCONN, "999");
      const { dev, ino } = statSync(other.netns, { bigint: true });
      lab.changeNotes({ netns: `${dev}:${ino}` });
      lab.loseState();
      expect(await lab.call("DEL", {}, { netns: other.netns })).toMatchObject({ exitCode: 0 });
      expect([other.read(SOMAXCONN), lab.files()]).toEqual(["999", []]);
    } finally {
      other.end();
    }
  });

  test("does not restore what an earlier boot noted, though the namespace's numbers are the same", async () => {
    const keys = { ...ALL, sysctl: { "net.core.somaxconn": "300" } };
    await lab.call("ADD", keys);
    expect(lab.notes()).toMatchObject({ network: "net1", containerId: "c1", ifName: "eth0" });
    lab.changeNotes({ boot: "00000000-0000-0000-0000-000000000000" });
    expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
    expect([lab.attributes(), lab.read(SOMAXCONN), lab.files()]).toEqual([ALL, "300", []]);
  });

  test("ADD does not take over what was noted in another boot or namespace", async () => {
    const others = [{ boot: "00000000-0000-0000-0000-000000000000" }, { netns: "4:1" }];
    for (const other of others) {
      await lab.call("ADD", { mtu: 1400, sysctl: { "net.core.somaxconn": "300" } });
      lab.changeNotes(other);
      await lab.call("ADD", { mtu: 1300, sysctl: { "net.core.somaxconn": "301" } });
      expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
      expect([lab.attributes()["mtu"], lab.read(SOMAXCONN)]).toEqual([1400, "300"]);
    }
  });

  test("a key of ours that does not say whose it is: nothing is restored", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{"mtu": 1300, "hawser": {"network": "net1"}}');
    const answer = await lab.call("DEL", ALL);
    expect(answer.stderr).toContain("is no backup and is removed");
    expect([answer.exitCode, lab.attributes(), lab.files()]).toEqual([0, ALL, []]);
  });

  test("removes what a killed ADD has left half written", async () => {
    mkdirSync(lab.dataDir, { recursive: true });
    writeFileSync(`${lab.backup}.aside`, '{\n "mac"');
    expect(await lab.call("DEL", ALL)).toMatchObject({ exitCode: 0, stderr: "" });
    expect(lab.files()).toEqual([]);
  });

  needs("root")(
    "with another dataDir than ADD's: looks there, then in the default one",
    async () => {
      const run = join(lab.dataDir, "..", "run");
      mkdirSync(run, { recursive: true });
      // The namespace of mounts is this test's own.
      await must(["mount", "--bind", run, "/run"]);
      try {
        const keys = { ...ALL, sysctl: { "net.core.somaxconn": "300" } };
        const before = lab.read(SOMAXCONN);
        await lab.call("ADD", { ...keys, dataDir: "" });
        expect(readdirSync("/run/cni/tuning")).toEqual(["c1_eth0.json"]);
        expect(await lab.call("DEL", { name: "net2" })).toMatchObject({ exitCode: 0 });
        expect(readdirSync("/run/cni/tuning")).toEqual(["c1_eth0.json"]);
        expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0, stderr: "" });
        expect([lab.attributes(), lab.read(SOMAXCONN)]).toEqual([ORIGINAL, before]);
        expect(readdirSync("/run/cni/tuning")).toEqual([]);

        writeFileSync("/run/cni/tuning/c1_eth0.json", '{"mtu": 1300}');
        expect(await lab.call("DEL", {})).toMatchObject({ exitCode: 0 });
        expect(lab.attributes()).toEqual(ORIGINAL);
        expect(existsSync("/run/cni/tuning/c1_eth0.json")).toBeTrue();
      } finally {
        await must(["umount", "/run"]);
      }
    },
  );

  test("a backup that is torn is told, removed, and no reason to fail", async () => {
    await lab.call("ADD", ALL);
    writeFileSync(lab.backup, '{\n "mac": "02:');
    const answer = await lab.call("DEL", ALL);
    expect(answer).toMatchObject({ exitCode: 0 });
    expect(answer.stderr.match(/is no backup and is removed/gu)).toHaveLength(1);
    expect(lab.files()).toEqual([]);
  });

  test("an interface that was replaced: attributes are its own, sysctls the first ones", async () => {
    const before = lab.read(SOMAXCONN);
    await lab.call("ADD", { mtu: 1400, txQLen: 5, sysctl: { "net.core.somaxconn": "300" } });
    lab.socket((socket) => link.delete(socket, { name: "eth0" }));
    lab.addLink("eth0");
    lab.socket((socket) => link.set(socket, { name: "eth0" }, { mtu: 1450, txqlen: 6 }));
    await lab.call("ADD", { mtu: 1300, sysctl: { "net.core.somaxconn": "301" } });
    expect(lab.foreignBackup()).toBe('{\n "mtu": 1450\n}');
    await lab.call("DEL", {});
    expect(lab.attributes()).toEqual({ ...ORIGINAL, mtu: 1450, txQLen: 6 });
    expect(lab.read(SOMAXCONN)).toBe(before);
  });

  test("two tunings in one chain: the first state is what comes back", async () => {
    await lab.call("ADD", { mac: MAC, mtu: 1400, sysctl: { "net.core.somaxconn": "300" } });
    const before = lab.backupText();
    const failing = { mtu: 70_000, txQLen: 5, sysctl: { "net.core.somaxconn": "301" } };
    expect((await lab.call("ADD", failing)).exitCode).toBe(1);
    expect([lab.backupText(), lab.read(SOMAXCONN)]).toEqual([before, "300"]);
    expect(lab.attributes()).toEqual({ ...ORIGINAL, mac: MAC, mtu: 1400 });
    const second = { mtu: 1300, txQLen: 5, sysctl: { "net.core.somaxconn": "302" } };
    await lab.call("ADD", second);
    await lab.call("DEL", second);
    await lab.call("DEL", {});
    expect(lab.attributes()).toEqual(ORIGINAL);
    expect(lab.read(SOMAXCONN)).not.toStartWith("30");
  });
});
