import {
  AnalyticsApiError,
  AnalyticsConnectionError,
  type AnalyticsError,
  AnalyticsTimeoutError,
  type FieldProblem,
} from '@sightline/sdk';

/** What people are told of a question that was not answered. */
export interface Reason {
  text: string;
  fields: readonly FieldProblem[];
  /** Names the request in the API's logs. */
  requestId: string | null;
}

export function reasonOf(error: AnalyticsError): Reason {
  if (error instanceof AnalyticsApiError) {
    const { detail, title, errors, request_id } = error.problem;
    return {
      text: detail || title || `Status ${error.status}`,
      fields: errors ?? [],
      requestId: request_id ?? error.requestId,
    };
  }
  return { text: unanswered(error), fields: [], requestId: null };
}

function unanswered(error: AnalyticsError): string {
  if (error instanceof AnalyticsTimeoutError) return 'The API did not answer in time.';
  if (error instanceof AnalyticsConnectionError) return 'The API cannot be reached from here. Is it running?';
  return error.message;
}
