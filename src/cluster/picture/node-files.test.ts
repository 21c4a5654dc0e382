import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { Ip } from "../../addr/index.ts";
import type { Picture } from "../../fleet/index.ts";
import { withReservations } from "../../state/reservations/index.ts";
import { type ClusterPaths, pathsOf, reservationsPath } from "../config/index.ts";
import { DiskNodeFiles, readPicture } from "./index.ts";

failOnLeakedDescriptors();

const PICTURE: Picture = {
  format: 1,
  network: "pods",
  node: "a",
  epoch: 1,
  session: "s",
  boot: "b",
  generation: 0,
  revision: "12",
  cluster: "c",
  confirmed: { boot: "b", atMs: 3.5 },
  holdMs: 1000,
  subnets: [
    {
      subnet: "10.42.0.0/16",
      gateway: "10.42.0.1",
      holdings: [{ prefix: "10.42.0.0/26", state: "held" }],
    },
  ],
};

let directory = "";
let paths: ClusterPaths;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "node-files-"));
  paths = pathsOf({ dataDir: directory, network: "pods" });
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = (signal?: AbortSignal): DiskNodeFiles => new DiskNodeFiles(paths, signal);
const put = async (picture: Picture): Promise<void> =>
  await files().update(() => ({ picture, result: undefined }));

describe("the picture", () => {
  test("is read as it was written, and undefined leaves it", async () => {
    expect(await files().read()).toBeUndefined();
    await put(PICTURE);
    expect(await files().read()).toEqual(PICTURE);
    const seen = await files().update((picture) => ({ result: picture?.epoch }));
    expect(seen).toBe(1);
    expect(existsSync(`${paths.picture}.aside`)).toBe(false);
  });

  test("that is torn counts as none, and is kept when it is replaced", async () => {
    for (const torn of [
      "",
      "{",
      "null",
      '{"format":1}',
      JSON.stringify({ ...PICTURE, epoch: -1 }),
      JSON.stringify(PICTURE).replace("10.42.0.0/26", "banana"),
      JSON.stringify(PICTURE).replace("10.42.0.0/16", "10.42.0.0"),
      JSON.stringify(PICTURE).replace("10.42.0.1", "10.42.0.1/16"),
    ]) {
      await put(PICTURE);
      writeFileSync(paths.picture, torn);
      expect(await files().read()).toBeUndefined();
      await put({ ...PICTURE, epoch: 2 });
      expect(readFileSync(`${paths.picture}.torn`, "utf8")).toBe(torn);
      expect(readPicture(paths)?.epoch).toBe(2);
    }
  });

  test("of a newer program is neither believed nor replaced", async () => {
    await put(PICTURE);
    writeFileSync(paths.picture, JSON.stringify({ ...PICTURE, format: 2 }));
    expect(await rejection(files().read())).toMatchObject({ code: 5 });
    expect(await rejection(put(PICTURE))).toMatchObject({ code: 5 });
    expect(readFileSync(paths.picture, "utf8")).toContain('"format":2');
  });
});

describe("an update", () => {
  test("sees every reservation, and takes the lock that ADD takes", async () => {
    await withReservations(paths.reservations, { create: true }, (reservations) => {
      reservations.create("10.42.0.7", { containerId: "c", ifName: "eth0" });
    });
    writeFileSync(`${reservationsPath({ dataDir: directory, network: "pods" })}/10.42.0.9`, "", {
      mode: 0,
    });
    const seen = await files().update((_, reserved) => ({
      result: {
        all: [...reserved.addresses()].map(String).sort(),
        has: ["10.42.0.7", "10.42.0.8"].map((address) => reserved.has(Ip.parse(address))),
      },
    }));
    expect(seen).toEqual({ all: ["10.42.0.7", "10.42.0.9"], has: [true, false] });
    await withReservations(paths.reservations, {}, async () => {
      const signal = AbortSignal.timeout(30);
      expect(await rejection(files(signal).update(() => ({ result: 1 })))).toMatchObject({
        code: 11,
      });
    });
  });

  test("that throws leaves the picture as it was", async () => {
    await put(PICTURE);
    const failing = files().update(() => {
      throw new RangeError("no");
    });
    expect(await rejection(failing)).toBeInstanceOf(RangeError);
    expect(readPicture(paths)).toEqual(PICTURE);
  });
});
