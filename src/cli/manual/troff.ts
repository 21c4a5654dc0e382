/** The language that `man` reads. */

/** Text as it is: hyphens stay hyphens, and no line is taken for a request. */
export function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .split("\n")
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join("\n");
}

/** The same of a text with marks: what stands between backticks is bold, and a link is its text. */
export function marked(text: string): string {
  const unlinked = text.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, "$1");
  const parts = unlinked.split("`").map((part, at) => {
    return at % 2 === 1 ? `\\fB${plain(part)}\\fR` : plain(part);
  });
  const line = parts.join("").replaceAll("**", "");
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** A term and what it means, indented. */
export function entry(term: string, meaning: string): string[] {
  return [".TP", `.B ${plain(term)}`, marked(meaning)];
}

export function paragraphs(text: string): string[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .flatMap((paragraph) => [".PP", plain(paragraph)]);
}

/** Lines that stay as they are. */
export function verbatim(text: string): string[] {
  return [".PP", ".nf", ".RS 4", plain(text), ".RE", ".fi"];
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

/** A page's title, and what the others say of it. */
export function head(name: string, section: number, version: string, purpose: string): string[] {
  return [
    `.TH ${name.toUpperCase()} ${section} "" "Hawser ${version}"`,
    ".SH NAME",
    `${plain(name)} \\- ${plain(purpose.replace(/\.$/, ""))}`,
  ];
}
