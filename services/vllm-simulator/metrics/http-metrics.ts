import { counter, type Family, histogram, summary } from './exposition.ts';

const FINE_SECONDS = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
];
const COARSE_SECONDS = [0.1, 0.5, 1];

/** One answered HTTP request. */
export interface HttpRequestFacts {
  /** Path of the route, `none` if there is none. */
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  /** From its Content-Length; 0 without. */
  readonly requestBytes: number;
  /** From its Content-Length; 0 for streams. */
  readonly responseBytes: number;
  readonly seconds: number;
}

export interface HttpMetrics {
  readonly families: readonly Family[];
  answered(facts: HttpRequestFacts): void;
}

/** The part of the page that prometheus-fastapi-instrumentator adds. Its help texts do end with a space. */
export function createHttpMetrics(seconds: () => number): HttpMetrics {
  const requests = counter({
    name: 'http_requests',
    help: 'Total number of requests by method, status and handler.',
    seconds,
  });
  const requestSize = summary({
    name: 'http_request_size_bytes',
    help: 'Content length of incoming requests by handler. Only value of header is respected. Otherwise ignored. No percentile calculated. ',
    seconds,
  });
  const responseSize = summary({
    name: 'http_response_size_bytes',
    help: 'Content length of outgoing responses by handler. Only value of header is respected. Otherwise ignored. No percentile calculated. ',
    seconds,
  });
  const fine = histogram({
    name: 'http_request_duration_highr_seconds',
    help: 'Latency with many buckets but no API specific labels. Made for more accurate percentile calculations. ',
    bounds: FINE_SECONDS,
    series: [{}],
    seconds,
  });
  const coarse = histogram({
    name: 'http_request_duration_seconds',
    help: 'Latency with only few buckets by handler. Made to be only used if aggregation by handler is important. ',
    bounds: COARSE_SECONDS,
    seconds,
  });
  return {
    families: [requests, requestSize, responseSize, fine, coarse],
    answered({ handler, method, status, requestBytes, responseBytes, seconds: duration }) {
      requests.inc({ handler, method, status: `${Math.floor(status / 100)}xx` });
      requestSize.observe({ handler }, requestBytes);
      responseSize.observe({ handler }, responseBytes);
      fine.observe({}, duration);
      coarse.observe({ handler, method }, duration);
    },
  };
}
