import { ReleaseFailure } from "./must.ts";

/** What CHANGELOG.md says of a version. */

export interface Section {
  /** A version, or "Unreleased". */
  readonly name: string;
  /** Absent for what is not released. */
  readonly date?: string;
  /** The changes, without the heading. */
  readonly text: string;
}

export const UNRELEASED = "Unreleased";

const HEADING = /^## (?:(Unreleased)|(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\))$/u;

/**
 * The sections in their order.
 * @throws ReleaseFailure for a heading of another form, and for a second section of one name
 */
export function sections(changelog: string): Section[] {
  const all = changelog
    .split(/^(?=## )/mu)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      const heading = part.slice(0, end === -1 ? undefined : end);
      const [, unreleased, version, date] = HEADING.exec(heading) ?? [];
      const name = unreleased ?? version;
      if (name === undefined) {
        throw new ReleaseFailure(
          `CHANGELOG.md: "${heading}" is neither "## ${UNRELEASED}" nor "## 1.2.3 (2026-12-31)"`,
        );
      }
      const text = end === -1 ? "" : part.slice(end).trim();
      return { name, text, ...(date === undefined ? {} : { date }) };
    });
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  // The notes would have one half of the changes.
  if (twice !== undefined) throw new ReleaseFailure(`CHANGELOG.md has two sections of ${twice}`);
  return all;
}

/**
 * The release notes of a version. A dry run may come before the section has its name: it takes what is
 * not released.
 * @throws ReleaseFailure when there is nothing to tell
 */
export function releaseNotes(changelog: string, version: string, isDryRun: boolean): string {
  const all = sections(changelog);
  const own = all.find(({ name }) => name === version);
  const section = own ?? (isDryRun ? all.find(({ name }) => name === UNRELEASED) : undefined);
  if (section === undefined) {
    throw new ReleaseFailure(
      `CHANGELOG.md has no section "## ${version} (date)": name the one of what is unreleased so`,
    );
  }
  if (section.text === "") {
    throw new ReleaseFailure(`CHANGELOG.md says nothing under "${section.name}"`);
  }
  return `# Hawser ${version}\n\n${section.text}\n`;
}
