/** What the site is made of: pages, each of Markdown, by the place of their source in the repository. */

export interface PageSource {
  /** From the top of the repository; what is generated has the path of what it is made of. */
  readonly path: string;
  /** Where it stands on the site: `guides/podman.html`. */
  readonly address: string;
  readonly markdown: string;
  /** What the navigation calls it; the title when absent. */
  readonly label?: string;
  /** A file of the repository as it is: shown, but in no navigation and not found by a search. */
  readonly isPlain?: boolean;
}

/** A group of pages in the navigation. */
export interface Group {
  readonly title: string;
  readonly pages: readonly PageSource[];
}

/** The part of a page below one heading, or behind bold words that begin a paragraph. */
export interface Section {
  readonly title: string;
  /** The anchor; absent for what stands before the second heading. */
  readonly anchor?: string;
  readonly text: string;
  /** The text without its code. */
  readonly prose: string;
}

export interface Heading {
  readonly depth: number;
  readonly anchor: string;
  /** As HTML. */
  readonly html: string;
  readonly text: string;
}
