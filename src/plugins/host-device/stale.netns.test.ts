import { expect, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { must } from "../../../tests/support/exec.ts";
import { DEVICE } from "../../../tests/support/host-lab.ts";
import { linkNames, linkOf } from "../../../tests/support/ip.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { plugin } from "./index.ts";

failOnLeakedDescriptors();

/** U6: a record whose namespace and device are gone. Trying again has to help. */

const lab = pluginLab(plugin, { keys: { device: DEVICE }, device: "down" });
const { one } = lab;

/** The container ends without DEL, and the device, which is no hardware, with it. */
async function endContainer(): Promise<void> {
  await lab.host.remove(one);
  await lab.container("one");
}

test("case U6: ADD goes past the record of an earlier one whose container is gone", async () => {
  await lab.must("ADD");
  await endContainer();
  await lab.plugIn("down");
  const answer = await lab.call("ADD");
  expect(answer).toMatchObject({ exitCode: 0 });
  expect(answer.stderr).toContain(`${DEVICE}, which an earlier ADD of this attachment has moved`);
  expect(await linkNames(one)).toEqual(["eth0"]);
  await lab.del();
  expect(await linkNames(undefined)).toEqual([DEVICE]);
});

test("case U6, kind: a device that came back without DEL gets its name, and is moved again", async () => {
  await lab.must("ADD");
  await must(["ip", "-n", "one", "link", "set", "eth0", "netns", String(process.pid)]);
  await endContainer();
  expect(await linkNames(undefined)).toEqual(["eth0"]);
  await lab.must("ADD");
  expect((await linkOf(one, "eth0")).ifalias).toBe(DEVICE);
  await lab.del();
  expect(await linkNames(undefined)).toEqual([DEVICE]);
});

test("case U6, kind: another's record makes no device taken that is nowhere", async () => {
  await lab.must("ADD", undefined, { containerId: "id-gone" });
  const held = await lab.call("ADD", undefined, { containerId: "id-next" });
  expect(held.json).toMatchObject({ code: 11 });
  expect(held.json.msg).toContain("net1 id-gone eth0 has it");
  expect((await lab.call("STATUS")).exitCode).toBe(0);
  await endContainer();
  const gone = await lab.call("ADD", undefined, { containerId: "id-next" });
  expect(gone.json).toMatchObject({ code: 7 });
  expect(gone.json.msg).toContain("failed to find host device");
  expect((await lab.call("STATUS")).json).toMatchObject({ code: 50 });
});

test("an ADD before DEL is refused while the container has the device", async () => {
  await lab.must("ADD");
  await must(["ip", "-n", "one", "link", "set", "eth0", "down", "name", "renamed"]).catch(() => "");
  await must(["ip", "-n", "one", "link", "set", "eth0", "name", "renamed"]).catch(() => "");
  await must(["ip", "link", "add", "own0", "type", "veth", "peer", "name", "own1"]);
  expect((await lab.call("ADD", { device: "own0" })).json).toMatchObject({
    code: 4,
    msg: `an earlier ADD of this attachment has given it ${DEVICE}`,
  });
  await must(["ip", "link", "delete", "own0"]);
  await lab.del();
});
