import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { Ip } from "../../addr/index.ts";
import { CniError } from "../../spec/index.ts";
import { withReservations } from "../../state/reservations/index.ts";
import { type ClusterPaths, pathsOf } from "../config/index.ts";
import type { IdentityOptions } from "./index.ts";
import { areDifferent, nodeId, notedFacts, noteFacts, readMachine } from "./index.ts";

failOnLeakedDescriptors();

let directory = "";
let paths: ClusterPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "identity-"));
  paths = pathsOf({ dataDir: directory, network: "pods" });
  mkdirSync(paths.directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

const id = async (more: Partial<IdentityOptions> = {}): Promise<string> =>
  await nodeId({
    ...{ place: { dataDir: directory, network: "pods" }, node: undefined, hostName: "alpha" },
    ...{ machine: { product: "aaaa", id: "1111" }, ...more },
  });
const reserve = async (): Promise<void> => {
  await withReservations(paths.reservations, { create: true }, (all) => {
    all.create("10.42.0.7", { containerId: "c", ifName: "eth0" });
  });
};

describe("the node's id", () => {
  test("is the host's name, and stays when that changes", async () => {
    expect(await id()).toBe("alpha");
    expect(await id({ hostName: "beta" })).toBe("alpha");
    expect(await id({ hostName: "localhost" })).toBe("alpha");
  });

  test("is the configured one", async () => {
    expect(await id({ node: "rack1-7" })).toBe("rack1-7");
  });

  test("is refused where a host's name is none", async () => {
    for (const hostName of ["localhost", "", "(none)", "a/b", "..", "x".repeat(64), "-a", "a\nb"]) {
      expect(await rejection(id({ hostName }))).toMatchObject({ code: 7 });
    }
    expect(existsSync(`${paths.directory}/node.json`)).toBe(false);
  });

  test("of a node with containers does not change, and the picture of another id is set aside", async () => {
    await id();
    writeFileSync(paths.picture, "{}");
    await reserve();
    const refused = await rejection(id({ node: "gamma" }), CniError);
    expect(refused).toMatchObject({ code: 7 });
    expect(refused.msg).toContain("alpha");
    expect(existsSync(paths.picture)).toBe(true);
    rmSync(`${paths.directory}/reservations`, { recursive: true });
    expect(await id({ node: "gamma" })).toBe("gamma");
    expect(existsSync(paths.picture)).toBe(false);
    expect(existsSync(`${paths.picture}.alpha`)).toBe(true);
  });

  test("survives a note that is torn", async () => {
    await id();
    writeFileSync(`${paths.directory}/node.json`, '{"node":"../x","machine":{}}');
    expect(await id()).toBe("alpha");
    writeFileSync(`${paths.directory}/node.json`, "{");
    expect(await id()).toBe("alpha");
  });
});

describe("a copied disk", () => {
  test("is refused by name, and goes on with an id of its own", async () => {
    await id();
    writeFileSync(paths.picture, "{}");
    await reserve();
    const machine = { product: "bbbb", id: "1111" };
    const refused = await rejection(id({ machine }), CniError);
    expect(refused.msg).toContain("made on another machine");
    expect(refused.details).toContain('"node"');
    expect(await id({ machine, node: "clone" })).toBe("clone");
    expect(existsSync(paths.picture)).toBe(false);
    expect(await id({ machine })).toBe("clone");
  });

  test("is known by the product, else by the machine's id, and never by what is missing", () => {
    expect(areDifferent({ product: "a", id: "1" }, { product: "a", id: "2" })).toBe(false);
    expect(areDifferent({ product: "a", id: "1" }, { product: "b", id: "1" })).toBe(true);
    expect(areDifferent({ id: "1" }, { product: "b", id: "2" })).toBe(true);
    expect(areDifferent({ id: "1" }, {})).toBe(false);
    expect(areDifferent({ product: "a" }, { id: "2" })).toBe(false);
  });

  test("is looked for in what the machine says, not in what its maker left empty", () => {
    const files = { product: join(directory, "product"), id: join(directory, "id") };
    expect(readMachine(files)).toEqual({});
    writeFileSync(files.product, "00000000-0000-0000-0000-000000000000\n");
    writeFileSync(files.id, "uninitialized\n");
    expect(readMachine(files)).toEqual({});
    writeFileSync(files.product, "4C4C4544-0033-3510-8043-B4C04F4D3732\n");
    expect(readMachine(files)).toEqual({ product: "4c4c4544-0033-3510-8043-b4c04f4d3732" });
  });
});

test("a plugin publishes of the node what its daemon has published", () => {
  expect(notedFacts(paths, "2")).toEqual({ version: "2" });
  noteFacts(paths, { underlay: Ip.parse("192.0.2.1"), publicKey: "k", version: "1" });
  expect(notedFacts(paths, "2")).toEqual({
    ...{ underlay: Ip.parse("192.0.2.1"), publicKey: "k", version: "2" },
  });
  writeFileSync(`${paths.directory}/facts.json`, '{"underlay":"no","mac":7}');
  expect(notedFacts(paths, "2")).toEqual({ version: "2" });
});
