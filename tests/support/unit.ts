import { unitTexts } from "../../src/install/index.ts";

/** The environment that hawser.service gives the daemon. */
export function unitEnvironment(): Record<string, string> {
  const unit = unitTexts("/opt/cni/bin")["hawser.service"] ?? "";
  const pairs = [...unit.matchAll(/^Environment=(.*)$/gmu)].flatMap(([, text = ""]) =>
    text.split(" "),
  );
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")];
    }),
  );
}
