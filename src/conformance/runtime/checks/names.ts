import { expect } from "../../plugin/answer.ts";
import { expectOrder } from "../compare.ts";
import { needs, type RuntimeCheck } from "../define.ts";
import { expectFailure } from "../scene.ts";

/** Names of networks, containers and interfaces. */

const BAD: readonly [name: string, network: string][] = [
  ["a-space", "conf net"],
  ["a-dash-first", "-confnet"],
  ["a-dot-first", ".confnet"],
  ["another-alphabet", "netzwörk"],
  ["two-dots", ".."],
];

export const NAMES: readonly RuntimeCheck[] = [
  ...BAD.map(([name, network]): RuntimeCheck => {
    return {
      name: `refuses-a-network-name-with-${name}`,
      rule: "R6",
      level: "MUST",
      tries: `adds to a network of the name "${network}"`,
      profile: "full",
      unfit: needs("network"),
      async run(scene) {
        scene.network(["rec-a"], { name: network });
        const container = await scene.container();
        expectFailure(await scene.call("add", { container, network }), `ADD to "${network}"`);
        expectOrder(scene.recorder.calls("ADD"), []);
      },
    };
  }),
  ...["0", "A.b_c-d"].map((network): RuntimeCheck => {
    return {
      name: `accepts-the-network-name-${network.toLowerCase().replaceAll(/[^a-z0-9]/gu, "-")}`,
      rule: "R6",
      level: "MUST",
      tries: `adds to a network of the name "${network}"`,
      profile: "full",
      unfit: needs("network"),
      async run(scene) {
        scene.network(["rec-a"], { name: network });
        await scene.add({ network });
        const [call] = scene.recorder.calls("ADD");
        const came = call?.request["name"];
        expect(came === network, `a request with the name "${network}"`, came);
      },
    };
  }),
  ...["", "-c1", "c 1", "../c1"].map((containerId, index): RuntimeCheck => {
    return {
      name: `refuses-a-container-id-${["that-is-empty", "with-a-dash-first", "with-a-space", "with-a-slash"][index]}`,
      rule: "R29",
      level: "MUST",
      tries: `adds a container with the ID "${containerId}"`,
      profile: "full",
      unfit: needs("containerId"),
      async run(scene) {
        scene.network(["rec-a"]);
        const container = { ...(await scene.container()), containerId };
        expectFailure(await scene.call("add", { container }), `ADD of container "${containerId}"`);
        expectOrder(scene.recorder.calls("ADD"), []);
      },
    };
  }),
  ...["sixteen-letters-", "a/b", "."].map((ifName, index): RuntimeCheck => {
    return {
      name: `refuses-an-interface-name-${["of-16-bytes", "with-a-slash", "that-is-a-dot"][index]}`,
      rule: "R32",
      level: "SHOULD",
      tries: `adds a container with the interface "${ifName}"`,
      profile: "full",
      unfit: needs("ifName"),
      async run(scene) {
        scene.network(["rec-a"]);
        const container = await scene.container();
        expectFailure(await scene.call("add", { container, ifName }), `ADD as "${ifName}"`);
        expectOrder(scene.recorder.calls("ADD"), []);
      },
    };
  }),
];
