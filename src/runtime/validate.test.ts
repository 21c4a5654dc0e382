import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { network, RecordedNetwork } from "../../tests/support/recorded-network.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { CniError } from "../spec/index.ts";
import { ManyErrors } from "./error.ts";

let recorder: RecordedNetwork;
beforeEach(() => {
  recorder = new RecordedNetwork();
});
afterEach(() => recorder[Symbol.dispose]());

describe("STATUS, VERSION and validation", () => {
  test("R85 R92 STATUS in order with nothing but the configuration; the first error is as it is", async () => {
    await recorder.open().status(network());
    expect(recorder.sequence()).toEqual(["one STATUS", "two STATUS", "three STATUS"]);
    expect(recorder.calls()[0]?.request).toEqual({ type: "one", name: "net", cniVersion: "1.1.0" });
    recorder.forget();
    recorder.fail("two", "STATUS", "full", 50);
    const error = await rejection(recorder.open().status(network()), CniError);
    expect(error).toMatchObject({ code: 50, message: "full", type: "two" });
    expect(recorder.sequence()).toEqual(["one STATUS", "two STATUS"]);
  });

  test("STATUS is not for versions before 1.1.0", async () => {
    await recorder.open().status(network("1.0.0"));
    expect(recorder.sequence()).toEqual([]);
  });

  test("R128 VERSION of a plugin", async () => {
    const info = await recorder.open().version("one");
    expect(info.supportedVersions).toContain("0.3.1");
    expect(recorder.calls()[0]?.env).toMatchObject({ CNI_NETNS: "dummy", INHERITED: "yes" });
    expect((await rejection(recorder.open().version("../one"), CniError)).code).toBe(7);
  });

  test("validation gives the capabilities, or all that is wrong", async () => {
    const plugins = [
      { type: "one", capabilities: { mac: true, no: false } },
      { type: "two", capabilities: { ips: true, mac: true } },
      { type: "missing" },
    ];
    const good = network("1.1.0", { plugins: plugins.slice(0, 2) });
    expect(await recorder.open().validate(good)).toEqual(["ips", "mac"]);
    recorder.behave(
      "two",
      "VERSION",
      `printf '{"cniVersion":"0.4.0","supportedVersions":["0.4.0"]}'`,
    );
    const error = await rejection(
      recorder.open().validate(network("1.1.0", { plugins })),
      ManyErrors,
    );
    expect(error.errors.map(({ msg }) => msg)).toEqual([
      'plugin two does not support config version "1.1.0"',
      `failed to find plugin "missing" in path [${recorder.bin}]`,
    ]);
  });
});
