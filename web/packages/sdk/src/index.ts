export { AnalyticsClient, type AnalyticsClientOptions } from './client';
export type { AccessToken, Credential } from './credentials';
export type { Channel, Environment, KeyValueStorage, Page } from './environment';
export {
  AnalyticsAbortError,
  AnalyticsApiError,
  AnalyticsConnectionError,
  AnalyticsError,
  AnalyticsTimeoutError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  CursorRepeatedError,
  EventsRefusedError,
  InvalidEventError,
  isAnalyticsError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionDeniedError,
  QueueOverflowError,
  RateLimitError,
  type RefusedEvent,
  ServerError,
  ValidationError,
} from './errors';
export { uuidv7 } from './id';
export type * from './types';
