import type { Json } from "../call.ts";
import { parsed } from "../call.ts";
import { mutantsOf } from "../mutant.ts";
import { answers, nothing, on, prints, reads, refuses, result, where } from "../spoil.ts";

/** Faults of VERSION, and of what a version allows. */

function version(change: (said: Json, input: Json) => unknown): ReturnType<typeof on> {
  return on(
    "VERSION",
    answers(({ stdout }, { config }) => {
      const said = parsed(stdout) ?? {};
      return { stdout: JSON.stringify(change(said, config) ?? said) };
    }),
  );
}

const OLD = ["0.1.0", "0.2.0", "0.3.0", "0.3.1"];

function versionOf(config: Json): string {
  return typeof config["cniVersion"] === "string" ? config["cniVersion"] : "0.1.0";
}

export const versions = mutantsOf("bridge", {
  "version-as-text": [
    "VERSION prints a line of text",
    on("VERSION", () => prints("bridge v1.0\n")),
  ],
  "version-prints-nothing": ["VERSION prints nothing", on("VERSION", nothing)],
  "version-unknown": [
    "VERSION is no operation",
    on("VERSION", refuses(4, "unknown CNI_COMMAND: VERSION")),
  ],
  "version-without-list": [
    "VERSION has no supportedVersions",
    version((said) => {
      delete said["supportedVersions"];
    }),
  ],
  "version-list-empty": [
    "the supportedVersions are none",
    version((said) => {
      said["supportedVersions"] = [];
    }),
  ],
  "version-list-as-text": [
    "the supportedVersions are one string",
    version((said) => {
      said["supportedVersions"] = "0.4.0,1.0.0,1.1.0";
    }),
  ],
  "version-without-cniversion": [
    "VERSION says no cniVersion",
    version((said) => {
      delete said["cniVersion"];
    }),
  ],
  "version-cniversion-as-number": [
    "the cniVersion of VERSION is a number",
    version((said) => {
      said["cniVersion"] = 1.1;
    }),
  ],
  "version-on-stderr": [
    "VERSION prints on stderr",
    on(
      "VERSION",
      answers(({ stdout }) => ({ stdout: "", stderr: stdout })),
    ),
  ],
  "version-claims-2": [
    "VERSION names a version that is refused",
    version((said) => {
      said["supportedVersions"] = ["1.0.0", "1.1.0", "2.0.0"];
    }),
  ],
  "version-hides-1.0.0": [
    "VERSION does not name a version that is served",
    version((said) => {
      said["supportedVersions"] = ["0.3.1", "0.4.0", "1.1.0"];
    }),
  ],
  "version-claims-what-add-refuses": [
    "ADD refuses 0.4.0, which VERSION names",
    where(
      ({ config, operation }) => operation !== "VERSION" && config["cniVersion"] === "0.4.0",
      refuses(1, "incompatible CNI versions"),
    ),
  ],
  "version-with-prerelease": [
    "VERSION names versions with a `v` before them",
    version((said) => {
      said["supportedVersions"] = ["v0.4.0", "v1.0.0", "v1.1.0"];
    }),
  ],
  "check-before-0.4.0": [
    "CHECK succeeds for versions that do not have it",
    on(
      "CHECK",
      where(({ config }) => OLD.includes(versionOf(config)), nothing),
    ),
  ],
  "gc-before-1.1.0": [
    "GC succeeds for versions that do not have it",
    on(
      "GC",
      where(({ config }) => versionOf(config) !== "1.1.0", nothing),
    ),
  ],
  "status-before-1.1.0": [
    "STATUS succeeds for versions that do not have it",
    on(
      "STATUS",
      where(({ config }) => versionOf(config) !== "1.1.0", nothing),
    ),
  ],
  "result-always-1.1.0": [
    "the result says 1.1.0 whatever the version",
    result((value) => {
      value["cniVersion"] = "1.1.0";
    }),
  ],
  "result-always-of-1.1.0": [
    "the result is one of 1.1.0 whatever the version, which it bears",
    on("ADD", (call) => {
      const newer = reads((config) => {
        config["cniVersion"] = "1.1.0";
      })(call);
      const value = parsed(newer.stdout);
      if (newer.code !== 0 || value === undefined) return newer;
      return prints({ ...value, cniVersion: versionOf(call.config) });
    }),
  ],
  "result-of-0.2.0-is-of-0.4.0": [
    "the result of 0.1.0 and 0.2.0 has the shape of 0.4.0",
    on(
      "ADD",
      where(
        ({ config }) => ["0.1.0", "0.2.0"].includes(versionOf(config)),
        (call) => {
          const newer = reads((config) => {
            config["cniVersion"] = "0.4.0";
          })(call);
          const value = parsed(newer.stdout);
          if (newer.code !== 0 || value === undefined) return newer;
          return prints({ ...value, cniVersion: versionOf(call.config) });
        },
      ),
    ),
  ],
});
