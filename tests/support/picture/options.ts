/** What a node that is made up has. */
export interface PictureOptions {
  readonly attachments: number;
  /** Milliseconds since 1970: what is young is a little older than this. */
  readonly now: number;
  /** A name that a pod has chosen to do harm with. */
  readonly podName?: string;
}
