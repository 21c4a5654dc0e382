export { EtcdStore } from "./etcd-store.ts";
export type { EtcdOptions, EtcdTls } from "./options.ts";
