import { describe, expect } from "bun:test";
import { skipBecause } from "../../../tests/support/needs.ts";
import { debianPlugins, newestPlugins } from "../../../tests/support/plugin-sets.ts";
import { FIRST_MAC, MAC, ORIGINAL, tuningLab } from "../../../tests/support/tuning.ts";

const COMMON = { mac: MAC, mtu: 1400, promisc: true, allmulti: true };

const lab = tuningLab();

/** The results of all interfaces in the words of 1.0.0; older releases print an empty dns. */
function comparable(text: string): unknown {
  const { dns: _, ...result } = JSON.parse(text) as Record<string, unknown>;
  return result;
}

describe.each([debianPlugins(), newestPlugins()])("the reference plugin ($name)", (set) => {
  const go = `${set.dir}/tuning`;
  const run = skipBecause(set.missing);
  // Release 1.1.1, which Debian has, does not know the queue's length yet.
  const queue = set.name === "debian" ? {} : { txQLen: 77 };
  const keys = { ...COMMON, ...queue, sysctl: { "net.core.somaxconn": "300" } };

  run(`${set.name}: what it adds, our CHECK accepts and our DEL restores`, async () => {
    await lab.callProgram(go, "ADD", keys);
    expect(await lab.call("CHECK", keys)).toMatchObject({ exitCode: 0 });
    expect(await lab.call("DEL", keys)).toMatchObject({ exitCode: 0 });
    expect([lab.attributes(), lab.backupText()]).toEqual([ORIGINAL, undefined]);
  });

  run(`${set.name}: what we add, its CHECK accepts and its DEL restores`, async () => {
    await lab.call("ADD", keys);
    await lab.callProgram(go, "CHECK", keys);
    await lab.callProgram(go, "DEL", keys);
    expect([lab.attributes(), lab.files()]).toEqual([ORIGINAL, []]);
    expect(await lab.call("DEL", keys)).toMatchObject({ exitCode: 0 });
    expect(lab.attributes()).toEqual(ORIGINAL);
  });

  run(`${set.name}: where we set sysctls alone, its DEL removes the backup`, async () => {
    const sysctl = { "net.core.somaxconn": "300" };
    await lab.call("ADD", { sysctl });
    expect([lab.files(), lab.foreignBackup()]).toEqual([["c1_eth0.json"], "{}"]);
    await lab.callProgram(go, "CHECK", { sysctl });
    await lab.callProgram(go, "DEL", { sysctl });
    expect([lab.attributes(), lab.files()]).toEqual([ORIGINAL, []]);
  });

  run(
    `${set.name}: backup and result are the same, byte for byte and value for value`,
    async () => {
      const interfaces = [{ name: "eth0", mac: FIRST_MAC, sandbox: lab.netns }];
      const ips = [{ address: "10.1.2.3/16", interface: 0 }];
      const request = { ...keys, prevResult: { cniVersion: "1.0.0", interfaces, ips } };
      const theirs = await lab.callProgram(go, "ADD", request);
      const theirBackup = lab.backupText();
      await lab.callProgram(go, "DEL", request);
      const ours = await lab.call("ADD", { ...request, cniVersion: "1.0.0" });
      expect(comparable(ours.stdout)).toEqual(comparable(theirs));
      expect(lab.foreignBackup()).toBe(theirBackup);
    },
  );
});
