// linux/pkt_cls.h
export const TCA_ACT_KIND = 1;
export const TCA_ACT_OPTIONS = 2;
