import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { must } from "../../tests/support/exec.ts";
import type { ProgramAnswer } from "../../tests/support/program.ts";

setDefaultTimeout(60_000);

const lab = cliLab({ containers: ["web"] });

beforeEach(async () => {
  const ipam = { type: "host-local", subnet: "10.6.0.0/24", routes: [{ dst: "0.0.0.0/0" }] };
  for (const [name, bridge] of [
    ["one", "br1"],
    ["empty", "br2"],
  ] as const) {
    lab.node.network(name, [{ type: "bridge", bridge, isGateway: true, ipam }]);
  }
  const pod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";
  await lab.must("add", "one", "web", "--id", "4f1c0ffee", "--arg", pod);
});

const sync = async (...words: string[]): Promise<ProgramAnswer> =>
  await lab.hawser("sync", ...words);
const loseRoute = async (): Promise<string> =>
  await must(["ip", "-n", "web", "route", "delete", "default"]);

test("it says what it has put back, and ends with 0 when all is right now", async () => {
  await loseRoute();
  const dry = await sync("--all", "--dry-run");
  expect(dry.code).toBe(1);
  expect(dry.stdout).toContain("4f1c0ffee:eth0 on one: can be put right\n");
  expect(dry.stdout).toContain(
    "  ! bridge: interface: route to 0.0.0.0/0 is missing in the container: can be put back\n",
  );
  const done = await sync("--all");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  expect(done.stdout).toContain("4f1c0ffee:eth0 on one: put right\n");
  expect(done.stdout).toContain("1 attachment: 0 as they should be, 1 put right, 0 left");
  const again = await sync("--all");
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringContaining("4f1c0ffee:eth0 on one: as it should be\n") as string,
  ]);
});

test("what is left is exit code 1, with the reason and what mends it", async () => {
  await must(["ip", "-n", "web", "link", "delete", "eth0"]);
  const { code, stdout } = await sync("one");
  expect(code).toBe(1);
  expect(stdout).toContain("✗ bridge: veth pair: interface eth0 is missing in the container");
  expect(stdout).toContain("take the attachment away and add it again");
});

for (const words of [
  ["one"],
  ["4f1c"],
  ["web-0"],
  ["shop/web-0"],
  ["--id", "4f1"],
  ["one", "--id", "4f1c0ffee", "--ifname", "eth0"],
]) {
  test(`the attachment is found by ${words.join(" ")}, and the answer has the form of the schema`, async () => {
    await loseRoute();
    expect(await lab.json("sync", ...words)).toMatchObject({
      operation: "SYNC",
      dryRun: false,
      attachments: [{ containerId: "4f1c0ffee", network: "one", outcome: "restored" }],
    });
  });
}

test("a name that nothing has is no success, and the one that was meant is named", async () => {
  const { code, stdout, stderr } = await sync("wbe-0");
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain("nothing is attached by the name wbe-0");
  expect(stderr).toContain("did you mean web-0?");
  expect((await sync()).code).toBe(2);
  expect((await sync("one", "--all")).code).toBe(2);
  expect((await sync("one", "--ifname", "eth1")).code).toBe(2);
});

test("a cache file that is torn is named, and its attachment is not looked at", async () => {
  const file = "/var/lib/cni/results/one-4f1c0ffee-eth0";
  writeFileSync(file, readFileSync(file, "utf8").slice(0, 100));
  const { stdout, stderr } = await sync("--all");
  expect(stderr).toContain(`warning: ${file} is left out: `);
  expect(stdout).toContain("4f1c0ffee:eth0 on one: not looked at: no runtime remembers the result");
});

test("a network to which nothing is attached has nothing to be put right", async () => {
  const { code, stdout } = await sync("empty");
  expect([code, stdout.startsWith("0 attachments: 0 as they should be")]).toEqual([0, true]);
});
