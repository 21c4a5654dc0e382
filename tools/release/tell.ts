import type { Verdict } from "./compare.ts";
import type { ReleaseFile } from "./digest.ts";
import { tagOf } from "./tags.ts";

/** What a run tells at its end. */

/** A part of a release that could not be made here. */
export interface NotMade {
  readonly name: string;
  readonly why: string;
}

/** A row for each file: size, sum, and whether a second build made the same, where there was one. */
export function filesTable(
  files: readonly ReleaseFile[],
  verdicts: ReadonlyMap<string, Verdict>,
): string {
  const name = Math.max(...files.map((file) => file.name.length));
  const size = Math.max(...files.map((file) => String(file.size).length));
  const rows = files.map((file) => {
    const same = verdicts.get(file.name);
    const end = same === undefined ? "" : `  reproducible: ${same}`;
    return `${file.name.padEnd(name)}  ${String(file.size).padStart(size)}  ${file.sha256}${end}\n`;
  });
  return rows.join("");
}

export function notMadeText(missing: readonly NotMade[]): string {
  return missing.map(({ name, why }) => `not made: ${name}: ${why}\n`).join("");
}

/** What there is to publish. */
export interface Publishing {
  readonly version: string;
  /** The commit that it was made of, which need not be the one that is checked out any more. */
  readonly commit: string;
  /** The directory of the files. */
  readonly out: string;
  readonly names: readonly string[];
  /** The releaser's, which signs the tag as well. */
  readonly key: string;
}

/** What a releaser does next; nothing of it is done by the run itself. */
export function nextSteps({ version, commit, out, names, key }: Publishing): string {
  const packages = names.filter((name) => name.endsWith(".tgz"));
  const images = names.filter((name) => name.includes("-oci-"));
  const tag = tagOf(version);
  // The directory may have got other files since.
  const files = names.map((name) => `${out}/${name}`).join(" ");
  return [
    "To publish it:",
    `  git -c gpg.format=ssh -c user.signingKey=${key} tag --sign ${tag} --message "Hawser ${version}" ${commit}`,
    `  git push origin ${tag}`,
    `  gh release create ${tag} --verify-tag --notes-file ${out}/NOTES.md ${files}`,
    ...packages.map((name) => `  npm publish ${out}/${name}`),
    ...images.map(
      (name) => `  skopeo copy oci-archive:${out}/${name} docker://REGISTRY/hawser:${version}`,
    ),
    "",
  ].join("\n");
}
