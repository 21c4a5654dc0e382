import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DhcpLab, type Running } from "../../../tests/support/dhcp.ts";
import { must } from "../../../tests/support/exec.ts";
import type { Container } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { replaceContainer } from "../../../tests/support/reused-netns.ts";

/** A lease belongs to a namespace, not to the next one that has its path and number. */
const SERVER_PROGRAM = fileURLToPath(
  new URL("../../../tests/fixtures/dhcp-server.ts", import.meta.url),
);
const ADDRESS = "10.7.0.77/24";

let lab: DhcpLab;
beforeAll(async () => {
  lab = await DhcpLab.create();
  await must(["ip", "-n", "server", "route", "add", "default", "dev", "eth0"]);
});
afterEach(async () => {
  await lab.tidy();
});
afterAll(() => {
  lab[Symbol.dispose]();
});

const test = needs("ip", "nsenter");

async function server(): Promise<Running> {
  const argv = [process.execPath, SERVER_PROGRAM, "honest"];
  return await lab.start(lab.inside(lab.server, argv), /ready/);
}

/**
 * A container gets a lease and ends while no daemon runs; the next one has the path and the number of
 * its namespace, and a link of the same name and address on the same bridge.
 */
async function replaceLeased(): Promise<Container> {
  const next = await replaceContainer(lab.host, "one", async () => {
    const daemon = await lab.daemon();
    const container = await lab.container("one");
    await lab.attach(container, {}, { containerId: "ended" });
    await daemon.end("SIGKILL");
    return container;
  });
  await lab.plug(next, "eth0", "next", "br0");
  await must(["ip", "-n", "one", "address", "add", ADDRESS, "dev", "eth0"]);
  await must(["ip", "-n", "one", "link", "set", "eth0", "up"]);
  return next;
}

async function addresses(): Promise<string> {
  return await must(["ip", "-n", "one", "address", "show", "dev", "eth0"]);
}

test("case S10, kind: a daemon that is started anew ends the lease and leaves the next namespace alone", async () => {
  await server();
  await replaceLeased();
  const daemon = await lab.daemon();
  await daemon.says(/taken over.*ends: .*one is another network namespace now/s);
  expect(daemon.said).not.toContain("confirmed");
  expect(readdirSync("/run/hawser/dhcp")).toEqual([]);
  const present = await addresses();
  expect([present.includes(",UP"), present.includes(ADDRESS)]).toEqual([true, true]);
});

test("case S10, kind: DEL without a daemon releases nothing in the next namespace", async () => {
  const answering = await server();
  const next = await replaceLeased();
  expect(await lab.call("DEL", next, {}, { containerId: "ended" })).toMatchObject({ exitCode: 0 });
  expect(await addresses()).toContain(ADDRESS);
  expect(answering.said).not.toContain("RELEASE");
  expect(readdirSync("/run/hawser/dhcp")).toEqual([]);
});

test("case S10, kind: an ADD in the next namespace gets a lease of its own", async () => {
  await server();
  const next = await replaceLeased();
  const daemon = await lab.daemon();
  expect(await lab.call("ADD", next, {}, { containerId: "ended" })).toMatchObject({ exitCode: 0 });
  await daemon.says(/another network namespace now.*granted by/s);
  expect(await lab.call("CHECK", next, {}, { containerId: "ended" })).toMatchObject({
    exitCode: 0,
  });
});

test("an ADD in another namespace that no DEL came before gets a lease of its own", async () => {
  const answering = await server();
  const daemon = await lab.daemon();
  await lab.attach(await lab.container("one"), {}, { containerId: "moved" });
  const two = await lab.container("two");
  expect(await lab.call("ADD", two, {}, { containerId: "moved" })).toMatchObject({ exitCode: 0 });
  await daemon.says(/granted by.*released.*granted by/s);
  expect(answering.said).toContain("RELEASE ciaddr 10.7.0.77");
  expect(await addresses()).not.toContain(ADDRESS);
});
