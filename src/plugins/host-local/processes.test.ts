import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Answer, addressesOf, Lab } from "../../../tests/support/host-local.ts";
import { defined } from "../../base/index.ts";

const GO = "/usr/lib/cni/host-local";
const HERE = import.meta.dir;
const OURS = [
  process.execPath,
  "-e",
  `import { plugin } from "${HERE}/index.ts"; import { main } from "${HERE}/../../plugin/index.ts"; await main(plugin);`,
];

interface Call {
  readonly command: string;
  readonly config: string;
  readonly containerId: string;
  readonly args?: string;
}

interface Spawned {
  readonly kill: () => void;
  readonly answer: Promise<Answer>;
}

/** Runs a plugin's executable as a runtime does. */
function spawn(argv: readonly string[], { command, config, containerId, args }: Call): Spawned {
  const child = Bun.spawn([...argv], {
    stdin: new Blob([config]),
    stdout: "pipe",
    stderr: "pipe",
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId,
      CNI_IFNAME: "eth0",
      CNI_NETNS: "/nonexistent/netns",
      CNI_PATH: "/nonexistent",
      ...defined({ CNI_ARGS: args }),
    },
  });
  const answer = async (): Promise<Answer> => {
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    const exitCode = await child.exited;
    const json = stdout === "" ? undefined : (JSON.parse(stdout) as Answer["json"]);
    return { exitCode, stderr, json };
  };
  return { kill: () => child.kill("SIGKILL"), answer: answer() };
}

async function run(argv: readonly string[], call: Call): Promise<Answer> {
  return await spawn(argv, call).answer;
}

const goTest = test.skipIf(!existsSync(GO));
const goName = (name: string): string =>
  existsSync(GO) ? name : `${name} [needs ${GO}, Debian package containernetworking-plugins]`;

const DUAL = { ranges: [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd00:1::/64" }]] };

/** Lets several workers add and delete in turn from one directory; gives what each attachment got. */
async function hammer(lab: Lab, workers: readonly (readonly string[])[]): Promise<string[]> {
  const config = lab.config(DUAL, { cniVersion: "1.0.0" });
  const rounds = 4;
  const work = workers.map(async (argv, worker) => {
    const kept: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const containerId = `cid-${worker}-${round}`;
      const answer = await run(argv, { command: "ADD", config, containerId });
      expect(answer).toMatchObject({ exitCode: 0 });
      if (round % 2 === 1) {
        kept.push(...addressesOf(answer));
      } else {
        expect(await run(argv, { command: "DEL", config, containerId })).toMatchObject({
          exitCode: 0,
        });
      }
    }
    return kept;
  });
  return (await Promise.all(work)).flat();
}

test("own: four processes allocating at once give no address twice and lose none", async () => {
  using lab = new Lab();
  const kept = await hammer(lab, [OURS, OURS, OURS, OURS]);
  expect(kept).toHaveLength(16);
  expect(lab.reservations()).toEqual(kept.toSorted());
}, 60_000);

goTest(
  goName("our processes and Go's allocating at once share one directory without harm"),
  async () => {
    using lab = new Lab();
    const kept = await hammer(lab, [OURS, [GO], OURS, [GO]]);
    expect(lab.reservations()).toEqual(kept.toSorted());
    expect(kept).toHaveLength(16);
  },
  60_000,
);

test("two processes that share one directory use up exactly what is there", async () => {
  using lab = new Lab();
  const config = lab.config({ subnet: "10.1.0.0/29" });
  const calls = Array.from({ length: 8 }, (_, n) =>
    run(OURS, { command: "ADD", config, containerId: `cid${n}` }),
  );
  const answers = await Promise.all(calls);
  const given = answers.flatMap(addressesOf).toSorted();
  expect(given).toEqual(["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"]);
  expect(answers.filter(({ json }) => json?.["code"] === 11)).toHaveLength(3);
}, 60_000);

test("a process killed at any moment leaves whole reservations and nothing that blocks", async () => {
  using lab = new Lab();
  const config = lab.config({ subnet: "10.1.0.0/24" });
  for (let n = 0; n < 12; n++) {
    const call = { command: "ADD", config, containerId: `killed${n}` };
    const child = spawn(OURS, call);
    // From before the first file operation to after the last, a little later each time.
    await Bun.sleep(40 + n * 8);
    child.kill();
    await child.answer;
  }
  for (const name of existsSync(lab.directory) ? lab.reservations() : []) {
    expect(lab.read(name)).toMatch(/^killed\d+\r\neth0$/);
  }
  expect(addressesOf(await lab.add("next", { subnet: "10.1.0.0/24" }))).toHaveLength(1);
  for (let n = 0; n < 12; n++) expect((await lab.del(`killed${n}`)).exitCode).toBe(0);
  expect(lab.reservations()).toHaveLength(1);
}, 60_000);

const CONFIGS = [
  ["0.1.0", { subnet: "10.1.0.0/16", routes: [{ dst: "0.0.0.0/0" }] }],
  ["0.2.0", { ...DUAL, routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0", gw: "fd00:1::1" }] }],
  ["0.3.0", { subnet: "10.1.0.0/16", rangeStart: "10.1.2.3", gateway: "10.1.9.9" }],
  ["0.3.1", DUAL],
  ["0.4.0", { ...DUAL, routes: [{ dst: "10.5.5.5/8", gw: "10.1.0.7" }] }],
  ["1.0.0", { ...DUAL, routes: [{ dst: "fd00:0:0::/8" }], resolvConf: "/etc/hosts" }],
] as const;

goTest.each([...CONFIGS])(
  goName("the result in version %s is Go's, value for value"),
  async (cniVersion, ipam) => {
    using ours = new Lab();
    using theirs = new Lab();
    const more = { cniVersion };
    const got = await ours.call({
      operation: "ADD",
      config: ours.config(ipam, more),
      containerId: "c",
    });
    const call = { command: "ADD", config: theirs.config(ipam, more), containerId: "c" };
    const want = await run([GO], call);
    // The installed release prints an empty dns where newer ones leave it out.
    expect({ dns: {}, ...got.json }).toEqual({ dns: {}, ...want.json });
    expect(ours.reservations()).toEqual(theirs.reservations());
    for (const name of [...ours.reservations(), "last_reserved_ip.0"]) {
      expect(ours.read(name)).toBe(theirs.read(name));
    }
  },
);

goTest(goName("what Go reserved we check and remove"), async () => {
  using lab = new Lab();
  const config = lab.config(DUAL, { cniVersion: "1.0.0" });
  const call = { command: "ADD", config, containerId: "cid1" };
  const { json: prevResult } = await run([GO], call);
  expect((await lab.check("cid1", DUAL)).exitCode).toBe(0);
  const check = lab.config(DUAL, { cniVersion: "1.0.0", prevResult });
  expect(
    (await lab.call({ operation: "CHECK", config: check, containerId: "cid1" })).exitCode,
  ).toBe(0);
  expect((await lab.add("cid1", DUAL)).json).toMatchObject({ code: 4 });
  expect(addressesOf(await lab.add("cid2", DUAL))).toEqual(["10.1.0.3", "fd00:1::3"]);
  await lab.del("cid1");
  expect(lab.reservations()).toEqual(["10.1.0.3", "fd00:1::3"]);
});

goTest(goName("what Go changes between our calls we see at the next one"), async () => {
  using lab = new Lab();
  const config = lab.config(DUAL, { cniVersion: "1.0.0" });
  const go = (command: string, containerId: string, args?: string): Promise<Answer> =>
    run([GO], { command, config, containerId, ...defined({ args }) });
  await lab.add("a", DUAL);
  await lab.add("b", DUAL);
  for (const round of ["first", "second"]) {
    expect(await go("DEL", "a")).toMatchObject({ exitCode: 0 });
    // The very address that was a's, for another.
    expect(await go("ADD", round, "IP=10.1.0.2")).toMatchObject({ exitCode: 0 });
    expect((await lab.add(round, DUAL)).json).toMatchObject({ code: 4 });
    expect((await lab.del(round)).exitCode).toBe(0);
    expect(addressesOf(await lab.add("a", DUAL, { args: "IP=10.1.0.2" }))).toContain("10.1.0.2");
  }
  expect(lab.reservations().filter((name) => !name.includes(":"))).toEqual([
    "10.1.0.2",
    "10.1.0.3",
  ]);
});

goTest(goName("what we reserved Go checks and removes"), async () => {
  using lab = new Lab();
  await lab.add("cid1", DUAL);
  const config = lab.config(DUAL, { cniVersion: "1.0.0" });
  const call = (command: string, containerId: string): Promise<Answer> =>
    run([GO], { command, config, containerId });
  expect((await call("CHECK", "cid1")).exitCode).toBe(0);
  expect((await call("ADD", "cid1")).json?.["msg"]).toContain(
    "duplicate allocation is not allowed",
  );
  expect(addressesOf(await call("ADD", "cid2"))).toEqual(["10.1.0.3", "fd00:1::3"]);
  expect((await call("DEL", "cid1")).exitCode).toBe(0);
  expect(lab.reservations()).toEqual(["10.1.0.3", "fd00:1::3"]);
});

goTest(goName("the reasons for a refusal are told in Go's words"), async () => {
  using lab = new Lab();
  const wrong = [
    { subnet: "10.1.0.0/31" },
    { subnet: "10.1.0.1/16" },
    { subnet: "10.1.0.0/16", rangeStart: "10.2.0.1" },
    { subnet: "10.1.0.0/16", rangeEnd: "10.2.0.1" },
    { ranges: [[]] },
    { ranges: [[{ subnet: "10.1.0.0/16" }, { subnet: "fd00::/64" }]] },
    { ranges: [[{ subnet: "10.1.0.0/16" }, { subnet: "10.1.1.0/24" }]] },
    { ranges: [[{ subnet: "10.1.0.0/16" }], [{ subnet: "10.1.1.0/24" }]] },
    {},
  ];
  for (const ipam of wrong) {
    const config = lab.config(ipam, { cniVersion: "1.0.0" });
    const ours = await lab.call({ operation: "ADD", config, containerId: "c" });
    const theirs = await run([GO], { command: "ADD", config, containerId: "c" });
    expect(ours.json?.["msg"]).toBe(theirs.json?.["msg"] as string);
  }
});

test("among ten thousand reservations the next free address is found", async () => {
  using lab = new Lab();
  await lab.add("first", { subnet: "10.1.0.0/16" });
  for (let n = 3; n < 10_003; n++) {
    const name = `10.1.${n >> 8}.${n & 255}`;
    writeFileSync(join(lab.directory, name), `${String(n).padStart(64, "0")}\r\neth0`);
  }
  expect(addressesOf(await lab.add("next", { subnet: "10.1.0.0/16" }))).toEqual(["10.1.39.19"]);
});
