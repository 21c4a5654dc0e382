import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeKernel } from "../../../tests/support/fake-kernel/index.ts";
import { applied, kindScene } from "../../../tests/support/kind-scene.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import type { Delegate } from "../../plugin/index.ts";
import { CniError, ErrorCode, emptyResult, type Result } from "../../spec/index.ts";
import type { Scene } from "../index.ts";
import { Namespaces } from "../namespaces/index.ts";
import { ownerRecords } from "../owner/index.ts";
import { givenAddresses, inReleaseOrder, ipam } from "./index.ts";

const GIVEN: Result = { ...emptyResult("1.1.0"), ips: [{ address: "10.1.0.2/24" }] };

/** A delegation that writes down what is asked of it. */
function delegation(asked: string[], given: Result): Delegate {
  const note = async (what: string): Promise<void> => await Promise.resolve(void asked.push(what));
  return {
    find: async (type) => await Promise.resolve(`/opt/cni/bin/${type}`),
    add: async (type) => await note(`ADD ${type}`).then(() => given),
    del: async (type) => await note(`DEL ${type}`),
    check: async (type) => await note(`CHECK ${type}`),
    gc: async (type) => await note(`GC ${type}`),
    status: async (type) => await note(`STATUS ${type}`),
    plan: async (type) => await note(`plan of ${type}`).then(() => undefined),
    traits: (type) => ({ releaseNeedsLink: type === "dhcp" }),
    with: ({ env }) => {
      asked.push(`with ${env?.["CNI_ARGS"]}`);
      return delegation(asked, given);
    },
    several: () => {
      throw new Error("IPAM is one delegate");
    },
  };
}

/** A scene of a network whose addresses are from this type; it asks no kernel. */
function within(
  work: (scene: Scene, asked: string[]) => Promise<unknown>,
  {
    type = "host-local",
    given = GIVEN,
    args = [] as [string, string][],
    change = (delegate: Delegate): Delegate => delegate,
    env = {},
  } = {},
): Promise<unknown> {
  const kernel = FakeKernel.install();
  const asked: string[] = [];
  const delegate = change(delegation(asked, given));
  const rawArgs = args.map((pair) => pair.join("=")).join(";");
  const more = { delegate, config: type === "" ? {} : { ipam: { type } }, args, rawArgs, env };
  return work(kindScene(Namespaces.hostOnly(), { more }), asked).finally(() => {
    expect(kernel.faults.count).toBe(0);
    kernel[Symbol.dispose]();
  });
}

describe("addresses from an IPAM plugin", () => {
  test("are adopted, and given back by the rollback", async () => {
    await within(async (scene, asked) => {
      let adopted: Result | undefined;
      const adopt = (result: Result): void => {
        adopted = result;
      };
      const piece = ipam.want(scene, { type: "host-local", adopt });
      expect(piece.describe()).toBe("from host-local");
      const rollback = await applied(piece);
      expect(adopted).toEqual(GIVEN);
      expect(piece.describe()).toBe("10.1.0.2/24 from host-local");
      await rollback.disposeAsync();
      expect(asked).toEqual(["ADD host-local", "DEL host-local"]);
    });
  });

  test("that are none fail the ADD, and are given back", async () => {
    await within(
      async (scene, asked) => {
        const piece = ipam.want(scene, { type: "host-local", adopt: () => undefined });
        const { message } = await rejection(applied(piece));
        expect(message).toContain("IPAM plugin returned missing IP config");
        expect(asked).toEqual(["ADD host-local", "DEL host-local"]);
      },
      { given: emptyResult("1.1.0") },
    );
  });

  test("are checked, asked for and released by the plugin that the configuration names", async () => {
    await within(async (scene, asked) => {
      const piece = ipam.want(scene, { type: "host-local", adopt: () => undefined });
      await piece.check?.();
      await piece.ready?.();
      await ipam.undo?.(scene);
      await ipam.collect?.(scene, { network: "net1", valid: [], isStale: () => false });
      expect(asked).toEqual([
        ...["CHECK host-local", "STATUS host-local", "DEL host-local", "GC host-local"],
      ]);
    });
  });

  test("concern nothing where the configuration names none", async () => {
    await within(
      async (scene, asked) => {
        await ipam.undo?.(scene);
        await ipam.collect?.(scene, { network: "net1", valid: [], isStale: () => false });
        expect(asked).toEqual([]);
      },
      { type: "" },
    );
  });

  test("a MAC among the arguments is the calling plugin's own: IPAM overlooks it", async () => {
    await within(
      async (scene, asked) => {
        await ipam.undo?.(scene);
        expect(asked).toEqual(["with IgnoreUnknown=1;MAC=02:00:00:00:00:01", "DEL host-local"]);
      },
      { args: [["MAC", "02:00:00:00:00:01"]] },
    );
  });
});

describe("an IPAM plugin that is not installed", () => {
  const change = (delegate: Delegate): Delegate => {
    const fail = (): Promise<never> =>
      Promise.reject(new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, "failed to find plugin"));
    return { ...delegate, find: fail, add: fail, del: fail };
  };

  test("case R3, kind: is missed before any piece is made", async () => {
    await within(
      async (scene) => {
        const piece = ipam.want(scene, { type: "host-local", adopt: () => undefined });
        const { message } = await rejection(Promise.resolve(piece.find?.()));
        expect(message).toContain("failed to find");
      },
      { change },
    );
  });

  test("case R3, kind: fails the DEL of an attachment that has used it, and no other", async () => {
    const state = mkdtempSync(join(tmpdir(), "ipam-"));
    await within(
      async (scene) => {
        await ipam.undo?.(scene);
        ownerRecords(scene.ctx, "netns").write(scene.owner, { by: "bridge", dev: "4", ino: "5" });
        const error = await rejection(Promise.resolve(ipam.undo?.(scene)), CniError);
        expect(error.code).toBe(50);
      },
      { change, env: { HAWSER_STATE_DIR: state } },
    );
    rmSync(state, { recursive: true });
  });
});

describe("the order of removal", () => {
  const link = { name: "link" };
  const order = (scene: Scene): string[] =>
    inReleaseOrder([ipam, link])(scene).map(({ name }) => name);

  test("the link goes first", async () => {
    await within(async (scene) => {
      await Promise.resolve(expect(order(scene)).toEqual(["addresses", "link"]));
    });
  });

  test("a plugin that needs the link to give an address back does so before", async () => {
    await within(
      async (scene) => {
        await Promise.resolve(expect(order(scene)).toEqual(["link", "addresses"]));
      },
      { type: "dhcp" },
    );
  });
});

test("addresses of an earlier plugin are adopted as they are", async () => {
  let adopted: Result | undefined;
  const piece = givenAddresses(GIVEN, (result) => {
    adopted = result;
  });
  expect(piece.describe()).toBe("10.1.0.2/24 from the previous result");
  await applied(piece);
  expect(adopted).toBe(GIVEN);
});
