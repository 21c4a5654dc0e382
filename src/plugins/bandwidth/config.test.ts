import { describe, expect, test } from "bun:test";
import { parseJson } from "../../spec/index.ts";
import { type BandwidthConfig, parseConfig } from "./config.ts";

function parse(text: string): BandwidthConfig {
  return parseConfig({ config: parseJson(text) as Parameters<typeof parseConfig>[0]["config"] });
}

const INGRESS = { rate: 8_000_000n, burst: 800_000n, latency: 25 };

describe("which limits there are", () => {
  test.each([
    ["none", "{}", {}],
    ["none: all zero", '{"ingressRate":0,"ingressBurst":0,"egressRate":0,"egressBurst":0}', {}],
    ["none: null", '{"ingressRate":null,"runtimeConfig":null}', {}],
    ["none from the runtime", '{"runtimeConfig":{"bandwidth":null}}', {}],
    ["one", '{"ingressRate":8000000,"ingressBurst":800000}', { ingress: INGRESS }],
    [
      "the other, with keys in any case",
      '{"EGRESSRATE":8000000,"egressburst":800000}',
      { egress: INGRESS },
    ],
    [
      "both from the runtime",
      '{"runtimeConfig":{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000,"egressRate":8000000,"egressBurst":800000}}}',
      { ingress: INGRESS, egress: INGRESS },
    ],
    [
      "of the configuration alone, when it has one key",
      '{"ingressRate":0,"runtimeConfig":{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000}}}',
      {},
    ],
    [
      "of the runtime, when the configuration has latency alone",
      '{"latency":50,"runtimeConfig":{"bandwidth":{"ingressRate":8000000,"ingressBurst":800000}}}',
      { ingress: { ...INGRESS, latency: 50 } },
    ],
    [
      "of 64 bits, to the last",
      '{"ingressRate":18446744073709551615,"ingressBurst":34359738351}',
      { ingress: { rate: 18_446_744_073_709_551_615n, burst: 34_359_738_351n, latency: 25 } },
    ],
  ])("%s", (_what, text, expected) => {
    expect(parse(text)).toEqual(expected);
  });
});

describe("what is refused", () => {
  test.each([
    ['{"ingressRate":8000}', "if rate is set, burst must also be set"],
    ['{"egressBurst":8000}', "if burst is set, rate must also be set"],
    ['{"runtimeConfig":{"bandwidth":{"egressRate":8000}}}', "if rate is set, burst must also be"],
    ['{"ingressRate":8,"ingressBurst":34359738360}', "burst cannot be more than 4GB"],
    ['{"ingressRate":7,"ingressBurst":8000}', "at least 8 bits"],
    ['{"ingressRate":8000,"ingressBurst":7}', "at least 8 bits"],
    ['{"ingressRate":-1}', '"ingressRate" is -1, expected a whole number from 0 to'],
    ['{"ingressRate":18446744073709551616}', '"ingressRate" is 18446744073709551616, expected'],
    ['{"ingressRate":1.5}', '"ingressRate" is 1.5, expected a whole number'],
    ['{"ingressRate":1e-3}', '"ingressRate" is 1e-3, expected a whole number'],
    // P18: a whole number in another form is taken, and the burst missed.
    ['{"ingressRate":1e3}', "ingressRate is 1000, ingressBurst is 0"],
    ['{"ingressRate":1e400}', '"ingressRate" is 1e400, expected a whole number'],
    ['{"ingressRate":"1M"}', '"ingressRate" is "1M", expected a whole number'],
    ['{"runtimeConfig":{"bandwidth":{"egressRate":true}}}', '"runtimeConfig.bandwidth.egressRate"'],
    ['{"runtimeConfig":{"bandwidth":[]}}', '"runtimeConfig.bandwidth" is []'],
    ['{"latency":0}', '"latency" is 0, expected a whole number from 1 to 60000'],
  ])("%s", (text, words) => {
    expect(() => parse(text)).toThrow(words);
  });

  test("the error has code 7 and both values", () => {
    try {
      parse('{"egressRate":8000}');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 7, details: "egressRate is 8000, egressBurst is 0" });
    }
  });
});
