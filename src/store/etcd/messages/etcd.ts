// Written by `npm run messages` from etcd.proto, which says what it means.

import type { Message } from "@bufbuild/protobuf";
import type { GenFile, GenMessage, GenService } from "@bufbuild/protobuf/codegenv2";
import { fileDesc, messageDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";

export const file_etcd: GenFile =
  /*@__PURE__*/
  fileDesc(
    "CgpldGNkLnByb3RvEgxldGNkc2VydmVycGIiSQoOUmVzcG9uc2VIZWFkZXISEgoKY2x1c3Rlcl9pZBgBIAEoBBIRCgltZW1iZXJfaWQYAiABKAQSEAoIcmV2aXNpb24YAyABKAMiSwoIS2V5VmFsdWUSCwoDa2V5GAEgASgMEhQKDG1vZF9yZXZpc2lvbhgDIAEoAxINCgV2YWx1ZRgFIAEoDBINCgVsZWFzZRgGIAEoAyI5CgVFdmVudBIMCgR0eXBlGAEgASgFEiIKAmt2GAIgASgLMhYuZXRjZHNlcnZlcnBiLktleVZhbHVlIj0KDFJhbmdlUmVxdWVzdBILCgNrZXkYASABKAwSEQoJcmFuZ2VfZW5kGAIgASgMEg0KBWxpbWl0GAMgASgDInAKDVJhbmdlUmVzcG9uc2USLAoGaGVhZGVyGAEgASgLMhwuZXRjZHNlcnZlcnBiLlJlc3BvbnNlSGVhZGVyEiMKA2t2cxgCIAMoCzIWLmV0Y2RzZXJ2ZXJwYi5LZXlWYWx1ZRIMCgRtb3JlGAMgASgIIjcKClB1dFJlcXVlc3QSCwoDa2V5GAEgASgMEg0KBXZhbHVlGAIgASgMEg0KBWxlYXNlGAMgASgDIg0KC1B1dFJlc3BvbnNlIiEKEkRlbGV0ZVJhbmdlUmVxdWVzdBILCgNrZXkYASABKAwiFQoTRGVsZXRlUmFuZ2VSZXNwb25zZSK+AQoJUmVxdWVzdE9wEjMKDXJlcXVlc3RfcmFuZ2UYASABKAsyGi5ldGNkc2VydmVycGIuUmFuZ2VSZXF1ZXN0SAASLwoLcmVxdWVzdF9wdXQYAiABKAsyGC5ldGNkc2VydmVycGIuUHV0UmVxdWVzdEgAEkAKFHJlcXVlc3RfZGVsZXRlX3JhbmdlGAMgASgLMiAuZXRjZHNlcnZlcnBiLkRlbGV0ZVJhbmdlUmVxdWVzdEgAQgkKB3JlcXVlc3QixgEKClJlc3BvbnNlT3ASNQoOcmVzcG9uc2VfcmFuZ2UYASABKAsyGy5ldGNkc2VydmVycGIuUmFuZ2VSZXNwb25zZUgAEjEKDHJlc3BvbnNlX3B1dBgCIAEoCzIZLmV0Y2RzZXJ2ZXJwYi5QdXRSZXNwb25zZUgAEkIKFXJlc3BvbnNlX2RlbGV0ZV9yYW5nZRgDIAEoCzIhLmV0Y2RzZXJ2ZXJwYi5EZWxldGVSYW5nZVJlc3BvbnNlSABCCgoIcmVzcG9uc2UiXgoHQ29tcGFyZRIOCgZyZXN1bHQYASABKAUSDgoGdGFyZ2V0GAIgASgFEgsKA2tleRgDIAEoDBIWCgxtb2RfcmV2aXNpb24YBiABKANIAEIOCgx0YXJnZXRfdW5pb24iiAEKClR4blJlcXVlc3QSJgoHY29tcGFyZRgBIAMoCzIVLmV0Y2RzZXJ2ZXJwYi5Db21wYXJlEigKB3N1Y2Nlc3MYAiADKAsyFy5ldGNkc2VydmVycGIuUmVxdWVzdE9wEigKB2ZhaWx1cmUYAyADKAsyFy5ldGNkc2VydmVycGIuUmVxdWVzdE9wInsKC1R4blJlc3BvbnNlEiwKBmhlYWRlchgBIAEoCzIcLmV0Y2RzZXJ2ZXJwYi5SZXNwb25zZUhlYWRlchIRCglzdWNjZWVkZWQYAiABKAgSKwoJcmVzcG9uc2VzGAMgAygLMhguZXRjZHNlcnZlcnBiLlJlc3BvbnNlT3AiLAoRTGVhc2VHcmFudFJlcXVlc3QSCwoDdHRsGAEgASgDEgoKAmlkGAIgASgDImoKEkxlYXNlR3JhbnRSZXNwb25zZRIsCgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXISCgoCaWQYAiABKAMSCwoDdHRsGAMgASgDEg0KBWVycm9yGAQgASgJIiAKEkxlYXNlUmV2b2tlUmVxdWVzdBIKCgJpZBgBIAEoAyJDChNMZWFzZVJldm9rZVJlc3BvbnNlEiwKBmhlYWRlchgBIAEoCzIcLmV0Y2RzZXJ2ZXJwYi5SZXNwb25zZUhlYWRlciIjChVMZWFzZUtlZXBBbGl2ZVJlcXVlc3QSCgoCaWQYASABKAMiXwoWTGVhc2VLZWVwQWxpdmVSZXNwb25zZRIsCgZoZWFkZXIYASABKAsyHC5ldGNkc2VydmVycGIuUmVzcG9uc2VIZWFkZXISCgoCaWQYAiABKAMSCwoDdHRsGAMgASgDItcBCgxXYXRjaFJlcXVlc3QSOgoOY3JlYXRlX3JlcXVlc3QYASABKAsyIC5ldGNkc2VydmVycGIuV2F0Y2hDcmVhdGVSZXF1ZXN0SAASOgoOY2FuY2VsX3JlcXVlc3QYAiABKAsyIC5ldGNkc2VydmVycGIuV2F0Y2hDYW5jZWxSZXF1ZXN0SAASPgoQcHJvZ3Jlc3NfcmVxdWVzdBgDIAEoCzIiLmV0Y2RzZXJ2ZXJwYi5XYXRjaFByb2dyZXNzUmVxdWVzdEgAQg8KDXJlcXVlc3RfdW5pb24iiQEKEldhdGNoQ3JlYXRlUmVxdWVzdBILCgNrZXkYASABKAwSEQoJcmFuZ2VfZW5kGAIgASgMEhYKDnN0YXJ0X3JldmlzaW9uGAMgASgDEhcKD3Byb2dyZXNzX25vdGlmeRgEIAEoCBIQCgh3YXRjaF9pZBgHIAEoAxIQCghmcmFnbWVudBgIIAEoCCImChJXYXRjaENhbmNlbFJlcXVlc3QSEAoId2F0Y2hfaWQYASABKAMiFgoUV2F0Y2hQcm9ncmVzc1JlcXVlc3Qi2gEKDVdhdGNoUmVzcG9uc2USLAoGaGVhZGVyGAEgASgLMhwuZXRjZHNlcnZlcnBiLlJlc3BvbnNlSGVhZGVyEhAKCHdhdGNoX2lkGAIgASgDEg8KB2NyZWF0ZWQYAyABKAgSEAoIY2FuY2VsZWQYBCABKAgSGAoQY29tcGFjdF9yZXZpc2lvbhgFIAEoAxIVCg1jYW5jZWxfcmVhc29uGAYgASgJEhAKCGZyYWdtZW50GAcgASgIEiMKBmV2ZW50cxgLIAMoCzITLmV0Y2RzZXJ2ZXJwYi5FdmVudCI1ChNBdXRoZW50aWNhdGVSZXF1ZXN0EgwKBG5hbWUYASABKAkSEAoIcGFzc3dvcmQYAiABKAkiUwoUQXV0aGVudGljYXRlUmVzcG9uc2USLAoGaGVhZGVyGAEgASgLMhwuZXRjZHNlcnZlcnBiLlJlc3BvbnNlSGVhZGVyEg0KBXRva2VuGAIgASgJIg8KDVN0YXR1c1JlcXVlc3QiTwoOU3RhdHVzUmVzcG9uc2USLAoGaGVhZGVyGAEgASgLMhwuZXRjZHNlcnZlcnBiLlJlc3BvbnNlSGVhZGVyEg8KB3ZlcnNpb24YAiABKAkyggEKAktWEkAKBVJhbmdlEhouZXRjZHNlcnZlcnBiLlJhbmdlUmVxdWVzdBobLmV0Y2RzZXJ2ZXJwYi5SYW5nZVJlc3BvbnNlEjoKA1R4bhIYLmV0Y2RzZXJ2ZXJwYi5UeG5SZXF1ZXN0GhkuZXRjZHNlcnZlcnBiLlR4blJlc3BvbnNlMo0CCgVMZWFzZRJPCgpMZWFzZUdyYW50Eh8uZXRjZHNlcnZlcnBiLkxlYXNlR3JhbnRSZXF1ZXN0GiAuZXRjZHNlcnZlcnBiLkxlYXNlR3JhbnRSZXNwb25zZRJSCgtMZWFzZVJldm9rZRIgLmV0Y2RzZXJ2ZXJwYi5MZWFzZVJldm9rZVJlcXVlc3QaIS5ldGNkc2VydmVycGIuTGVhc2VSZXZva2VSZXNwb25zZRJfCg5MZWFzZUtlZXBBbGl2ZRIjLmV0Y2RzZXJ2ZXJwYi5MZWFzZUtlZXBBbGl2ZVJlcXVlc3QaJC5ldGNkc2VydmVycGIuTGVhc2VLZWVwQWxpdmVSZXNwb25zZSgBMAEyTQoFV2F0Y2gSRAoFV2F0Y2gSGi5ldGNkc2VydmVycGIuV2F0Y2hSZXF1ZXN0GhsuZXRjZHNlcnZlcnBiLldhdGNoUmVzcG9uc2UoATABMl0KBEF1dGgSVQoMQXV0aGVudGljYXRlEiEuZXRjZHNlcnZlcnBiLkF1dGhlbnRpY2F0ZVJlcXVlc3QaIi5ldGNkc2VydmVycGIuQXV0aGVudGljYXRlUmVzcG9uc2UyUgoLTWFpbnRlbmFuY2USQwoGU3RhdHVzEhsuZXRjZHNlcnZlcnBiLlN0YXR1c1JlcXVlc3QaHC5ldGNkc2VydmVycGIuU3RhdHVzUmVzcG9uc2ViBnByb3RvMw",
  );

export type ResponseHeader = Message<"etcdserverpb.ResponseHeader"> & {
  clusterId: bigint;

  memberId: bigint;

  revision: bigint;
};

export const ResponseHeaderSchema: GenMessage<ResponseHeader> =
  /*@__PURE__*/
  messageDesc(file_etcd, 0);

export type KeyValue = Message<"etcdserverpb.KeyValue"> & {
  key: Uint8Array;

  modRevision: bigint;

  value: Uint8Array;

  lease: bigint;
};

export const KeyValueSchema: GenMessage<KeyValue> = /*@__PURE__*/ messageDesc(file_etcd, 1);

export type Event = Message<"etcdserverpb.Event"> & {
  type: number;

  kv?: KeyValue | undefined;
};

export const EventSchema: GenMessage<Event> = /*@__PURE__*/ messageDesc(file_etcd, 2);

export type RangeRequest = Message<"etcdserverpb.RangeRequest"> & {
  key: Uint8Array;

  rangeEnd: Uint8Array;

  limit: bigint;
};

export const RangeRequestSchema: GenMessage<RangeRequest> = /*@__PURE__*/ messageDesc(file_etcd, 3);

export type RangeResponse = Message<"etcdserverpb.RangeResponse"> & {
  header?: ResponseHeader | undefined;

  kvs: KeyValue[];

  more: boolean;
};

export const RangeResponseSchema: GenMessage<RangeResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 4);

export type PutRequest = Message<"etcdserverpb.PutRequest"> & {
  key: Uint8Array;

  value: Uint8Array;

  lease: bigint;
};

export const PutRequestSchema: GenMessage<PutRequest> = /*@__PURE__*/ messageDesc(file_etcd, 5);

export type PutResponse = Message<"etcdserverpb.PutResponse"> & {};

export const PutResponseSchema: GenMessage<PutResponse> = /*@__PURE__*/ messageDesc(file_etcd, 6);

export type DeleteRangeRequest = Message<"etcdserverpb.DeleteRangeRequest"> & {
  key: Uint8Array;
};

export const DeleteRangeRequestSchema: GenMessage<DeleteRangeRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 7);

export type DeleteRangeResponse = Message<"etcdserverpb.DeleteRangeResponse"> & {};

export const DeleteRangeResponseSchema: GenMessage<DeleteRangeResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 8);

export type RequestOp = Message<"etcdserverpb.RequestOp"> & {
  request:
    | {
        value: RangeRequest;
        case: "requestRange";
      }
    | {
        value: PutRequest;
        case: "requestPut";
      }
    | {
        value: DeleteRangeRequest;
        case: "requestDeleteRange";
      }
    | { case: undefined; value?: undefined };
};

export const RequestOpSchema: GenMessage<RequestOp> = /*@__PURE__*/ messageDesc(file_etcd, 9);

export type ResponseOp = Message<"etcdserverpb.ResponseOp"> & {
  response:
    | {
        value: RangeResponse;
        case: "responseRange";
      }
    | {
        value: PutResponse;
        case: "responsePut";
      }
    | {
        value: DeleteRangeResponse;
        case: "responseDeleteRange";
      }
    | { case: undefined; value?: undefined };
};

export const ResponseOpSchema: GenMessage<ResponseOp> = /*@__PURE__*/ messageDesc(file_etcd, 10);

export type Compare = Message<"etcdserverpb.Compare"> & {
  result: number;

  target: number;

  key: Uint8Array;

  targetUnion:
    | {
        value: bigint;
        case: "modRevision";
      }
    | { case: undefined; value?: undefined };
};

export const CompareSchema: GenMessage<Compare> = /*@__PURE__*/ messageDesc(file_etcd, 11);

export type TxnRequest = Message<"etcdserverpb.TxnRequest"> & {
  compare: Compare[];

  success: RequestOp[];

  failure: RequestOp[];
};

export const TxnRequestSchema: GenMessage<TxnRequest> = /*@__PURE__*/ messageDesc(file_etcd, 12);

export type TxnResponse = Message<"etcdserverpb.TxnResponse"> & {
  header?: ResponseHeader | undefined;

  succeeded: boolean;

  responses: ResponseOp[];
};

export const TxnResponseSchema: GenMessage<TxnResponse> = /*@__PURE__*/ messageDesc(file_etcd, 13);

export type LeaseGrantRequest = Message<"etcdserverpb.LeaseGrantRequest"> & {
  ttl: bigint;

  id: bigint;
};

export const LeaseGrantRequestSchema: GenMessage<LeaseGrantRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 14);

export type LeaseGrantResponse = Message<"etcdserverpb.LeaseGrantResponse"> & {
  header?: ResponseHeader | undefined;

  id: bigint;

  ttl: bigint;

  error: string;
};

export const LeaseGrantResponseSchema: GenMessage<LeaseGrantResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 15);

export type LeaseRevokeRequest = Message<"etcdserverpb.LeaseRevokeRequest"> & {
  id: bigint;
};

export const LeaseRevokeRequestSchema: GenMessage<LeaseRevokeRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 16);

export type LeaseRevokeResponse = Message<"etcdserverpb.LeaseRevokeResponse"> & {
  header?: ResponseHeader | undefined;
};

export const LeaseRevokeResponseSchema: GenMessage<LeaseRevokeResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 17);

export type LeaseKeepAliveRequest = Message<"etcdserverpb.LeaseKeepAliveRequest"> & {
  id: bigint;
};

export const LeaseKeepAliveRequestSchema: GenMessage<LeaseKeepAliveRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 18);

export type LeaseKeepAliveResponse = Message<"etcdserverpb.LeaseKeepAliveResponse"> & {
  header?: ResponseHeader | undefined;

  id: bigint;

  ttl: bigint;
};

export const LeaseKeepAliveResponseSchema: GenMessage<LeaseKeepAliveResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 19);

export type WatchRequest = Message<"etcdserverpb.WatchRequest"> & {
  requestUnion:
    | {
        value: WatchCreateRequest;
        case: "createRequest";
      }
    | {
        value: WatchCancelRequest;
        case: "cancelRequest";
      }
    | {
        value: WatchProgressRequest;
        case: "progressRequest";
      }
    | { case: undefined; value?: undefined };
};

export const WatchRequestSchema: GenMessage<WatchRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 20);

export type WatchCreateRequest = Message<"etcdserverpb.WatchCreateRequest"> & {
  key: Uint8Array;

  rangeEnd: Uint8Array;

  startRevision: bigint;

  progressNotify: boolean;

  watchId: bigint;

  fragment: boolean;
};

export const WatchCreateRequestSchema: GenMessage<WatchCreateRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 21);

export type WatchCancelRequest = Message<"etcdserverpb.WatchCancelRequest"> & {
  watchId: bigint;
};

export const WatchCancelRequestSchema: GenMessage<WatchCancelRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 22);

export type WatchProgressRequest = Message<"etcdserverpb.WatchProgressRequest"> & {};

export const WatchProgressRequestSchema: GenMessage<WatchProgressRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 23);

export type WatchResponse = Message<"etcdserverpb.WatchResponse"> & {
  header?: ResponseHeader | undefined;

  watchId: bigint;

  created: boolean;

  canceled: boolean;

  compactRevision: bigint;

  cancelReason: string;

  fragment: boolean;

  events: Event[];
};

export const WatchResponseSchema: GenMessage<WatchResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 24);

export type AuthenticateRequest = Message<"etcdserverpb.AuthenticateRequest"> & {
  name: string;

  password: string;
};

export const AuthenticateRequestSchema: GenMessage<AuthenticateRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 25);

export type AuthenticateResponse = Message<"etcdserverpb.AuthenticateResponse"> & {
  header?: ResponseHeader | undefined;

  token: string;
};

export const AuthenticateResponseSchema: GenMessage<AuthenticateResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 26);

export type StatusRequest = Message<"etcdserverpb.StatusRequest"> & {};

export const StatusRequestSchema: GenMessage<StatusRequest> =
  /*@__PURE__*/
  messageDesc(file_etcd, 27);

export type StatusResponse = Message<"etcdserverpb.StatusResponse"> & {
  header?: ResponseHeader | undefined;

  version: string;
};

export const StatusResponseSchema: GenMessage<StatusResponse> =
  /*@__PURE__*/
  messageDesc(file_etcd, 28);

export const KV: GenService<{
  range: {
    methodKind: "unary";
    input: typeof RangeRequestSchema;
    output: typeof RangeResponseSchema;
  };
  txn: {
    methodKind: "unary";
    input: typeof TxnRequestSchema;
    output: typeof TxnResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_etcd, 0);

export const Lease: GenService<{
  leaseGrant: {
    methodKind: "unary";
    input: typeof LeaseGrantRequestSchema;
    output: typeof LeaseGrantResponseSchema;
  };
  leaseRevoke: {
    methodKind: "unary";
    input: typeof LeaseRevokeRequestSchema;
    output: typeof LeaseRevokeResponseSchema;
  };
  leaseKeepAlive: {
    methodKind: "bidi_streaming";
    input: typeof LeaseKeepAliveRequestSchema;
    output: typeof LeaseKeepAliveResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_etcd, 1);

export const Watch: GenService<{
  watch: {
    methodKind: "bidi_streaming";
    input: typeof WatchRequestSchema;
    output: typeof WatchResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_etcd, 2);

export const Auth: GenService<{
  authenticate: {
    methodKind: "unary";
    input: typeof AuthenticateRequestSchema;
    output: typeof AuthenticateResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_etcd, 3);

export const Maintenance: GenService<{
  status: {
    methodKind: "unary";
    input: typeof StatusRequestSchema;
    output: typeof StatusResponseSchema;
  };
}> = /*@__PURE__*/ serviceDesc(file_etcd, 4);
