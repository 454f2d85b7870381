/** S3's error codes that the store answers with, their status and what they mean when nothing more is known. */
const ERRORS = {
  AccessDenied: [403, 'Access denied.'],
  AccessForbidden: [403, 'This origin, method or header is not allowed from another site.'],
  AuthorizationHeaderMalformed: [400, 'The Authorization header is malformed.'],
  AuthorizationQueryParametersError: [400, 'The query parameters of the signature are malformed.'],
  BadDigest: [400, 'The digest that was sent does not match what was received.'],
  BadRequest: [400, 'The request can not be understood.'],
  BucketAlreadyOwnedByYou: [409, 'The bucket is there already.'],
  EntityTooLarge: [400, 'The object is larger than the store takes.'],
  EntityTooSmall: [400, 'Every part but the last needs at least 5 MiB.'],
  IncompleteBody: [400, 'The body ended early or is longer than it said.'],
  InternalError: [500, 'The store has a fault. Its log says more.'],
  InvalidAccessKeyId: [403, 'The access key is not known here.'],
  InvalidArgument: [400, 'An argument is not valid.'],
  InvalidBucketName: [400, 'The name of the bucket is not valid.'],
  InvalidDigest: [400, 'The Content-MD5 is not valid.'],
  InvalidPart: [400, 'A part was not uploaded, or its ETag or checksum is another.'],
  InvalidPartOrder: [400, 'The parts are not in ascending order.'],
  InvalidRange: [416, 'The range lies outside of the object.'],
  InvalidRequest: [400, 'The request is not valid.'],
  InvalidToken: [400, 'Session tokens are not known here.'],
  InvalidURI: [400, 'The path or the query can not be decoded.'],
  KeyTooLongError: [400, 'A key has at most 1024 bytes.'],
  MalformedTrailerError: [400, 'The trailer of the body is missing or malformed.'],
  MalformedXML: [400, 'The XML is not what the operation needs.'],
  MetadataTooLarge: [400, 'The metadata has more than 2 KiB.'],
  MethodNotAllowed: [405, 'The method is not allowed here.'],
  MissingContentLength: [411, 'Content-Length is needed.'],
  NoSuchBucket: [404, 'There is no such bucket.'],
  NoSuchKey: [404, 'There is no such object.'],
  NoSuchUpload: [404, 'There is no such upload; it may have been completed or aborted.'],
  NotImplemented: [501, 'The store does not do that.'],
  PreconditionFailed: [412, 'A condition of the request does not hold.'],
  RequestTimeTooSkewed: [403, 'The time of the request and the time here differ by more than 15 minutes.'],
  ServiceUnavailable: [503, 'The store can not do that now.'],
  SignatureDoesNotMatch: [403, 'The signature does not fit the request, the secret key or both.'],
  XAmzContentSHA256Mismatch: [400, 'The body is not the one whose SHA-256 was sent.'],
} as const satisfies Record<string, readonly [status: number, message: string]>

export type ErrorCode = keyof typeof ERRORS

/** A refusal that is told to the client, in S3's words. Whatever else is thrown is a fault of ours. */
export class S3Error extends Error {
  readonly status: number
  constructor(
    readonly code: ErrorCode,
    message: string = ERRORS[code][1],
  ) {
    super(message)
    this.name = 'S3Error'
    this.status = ERRORS[code][0]
  }
}
