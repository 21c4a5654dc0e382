/** Something that can attach and detach one container, again and again. */
export interface Subject {
  add(): Promise<void>;
  del(): Promise<void>;
}
