import {
  type Heading,
  linkTo,
  RULE_GROUPS,
  RULES,
  type Rule,
  type RuleGroup,
  type Source,
} from "../../src/conformance/rules/index.ts";

/** docs/rules.md, made of the rules as the suite has them. */

export const RULES_DOCUMENT = "docs/rules.md";

const LEAD = `\`hawser conformance\` judges plugins and runtimes by the rules below, and its reports name them by
number. This page is for the authors of both: what a number demands, how binding it is, and where the
[specification](https://github.com/containernetworking/cni/blob/main/SPEC.md) says so. The words are
ours; the specification's alone are binding.`;

const COLUMNS_EXPLAINED = `- **for**: the side that has to keep the rule.
- **level**: MUST, SHOULD and MAY as the specification has them ("must not" is MUST). A statement of its
  format or procedure without such a word counts as MUST, because the other side relies on it.
  CONVENTION is what libcni (the Go runtime library), skel (its kit for plugins), the Go types of results
  or upstream's documentation do beyond the specification: clients rely on it. A version says since when
  a rule holds; without one it holds for all, 0.1.0 to 1.1.0.
- **where**: the section and heading of the specification that the rule stands under, or, of a
  convention, would. A few rules stand in the text of 0.4.0 alone, and bind what speaks it still.
- *Expected*: where the specification and practice do not agree, what the suite expects and why. D and a
  number are an entry of [divergences](divergences.md), which also says what Hawser does.

Each check of the suite bears a rule's number and the level at which it counts: a finding at MUST makes
exit code 1, one at SHOULD only with \`--strict\`. Conventions count as SHOULD, and so does what practice
has settled for less in (*Expected*). Rules that bind administrators are tried as far as a runtime can help
to keep them; what cannot be seen from outside has no check.`;

/** The whole text. */
export function rulesDocument(): string {
  const parts = [
    "<!-- Written by `npm run manuals` from src/conformance/rules. -->",
    "# Rules of the specification",
    LEAD,
    COLUMNS_EXPLAINED,
    counts(),
    ...RULE_GROUPS.flatMap(groupParts),
    linkTargets(),
  ];
  return `${parts.join("\n\n")}\n`;
}

function counts(): string {
  const of = (level: Rule["level"]): number => RULES.filter((rule) => rule.level === level).length;
  return `${RULES.length} rules: ${of("MUST")} MUST, ${of("SHOULD")} SHOULD, ${of("MAY")} MAY, ${of("CONVENTION")} CONVENTION.`;
}

function groupParts({ title, rules }: RuleGroup): string[] {
  const head = [
    "| rule | for | level | what is demanded | where |",
    "| --- | --- | --- | --- | --- |",
  ];
  return [`## ${title}`, [...head, ...rules.map(row)].join("\n")];
}

/** A row has an anchor of its own, so that reports can lead to it: rules.md#r45. */
function row(rule: Rule): string {
  const lines = [`**${rule.title}**`, rule.text];
  if (rule.conflict !== undefined) lines.push(`*Expected*: ${rule.conflict}`);
  const cells = [
    `<a id="${rule.id.toLowerCase()}"></a>${rule.id}`,
    rule.party === "both" ? "plugin, runtime" : rule.party,
    levelText(rule),
    lines.map(escaped).join("<br>"),
    `${sectionText(rule)}[${linkTo(rule.at).title}][${rule.at}]`,
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The addresses of the headings stand once, at the end, so that rows can be read as they are. */
function linkTargets(): string {
  const headings = new Set<Heading>(RULES.map(({ at }) => at));
  return [...headings].map((heading) => `[${heading}]: ${linkTo(heading).url}`).join("\n");
}

const SOURCES: Readonly<Record<Source, string>> = {
  libcni: "libcni",
  skel: "skel",
  types: "Go types",
  documentation: "documentation",
};

function levelText({ level, source, since }: Rule): string {
  const by = source === undefined ? level : `${level} (${SOURCES[source]})`;
  return since === undefined ? by : `${by}, ${since}`;
}

function sectionText({ section }: Rule): string {
  return section.length === 1 ? `${section}, ` : "";
}

/** In a table a bar would end the cell, and an angle bracket begin a tag. */
function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
