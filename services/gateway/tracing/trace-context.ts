import type { IncomingHttpHeaders } from 'node:http';

/** A place in a trace, as W3C's `traceparent` names it. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Whoever began the trace wants its spans kept. */
  readonly sampled: boolean;
  /** `tracestate` as it came; only whoever wrote an entry knows what it means. */
  readonly state?: string;
}

const PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_VERSION = 'ff';
const FIRST_VERSION = '00';
const SAMPLED = 1;

/** What a request continues; undefined where it names nothing, or nothing that is one: then a trace begins with it. */
export function traceContextOf({ traceparent, tracestate }: IncomingHttpHeaders): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] = PARENT.exec(String(traceparent)) ?? [];
  if (version === undefined || version === NO_VERSION) return undefined;
  if (version === FIRST_VERSION && rest !== undefined) return undefined;
  if (isZero(traceId) || isZero(spanId)) return undefined;
  const state = [tracestate].flat().filter(Boolean).join(',');
  return {
    ...{ traceId, spanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 },
    ...(state === '' ? {} : { state }),
  };
}

export function traceparentOf({ traceId, spanId, sampled }: TraceContext): string {
  return `${FIRST_VERSION}-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

function isZero(id: string): boolean {
  return /^0+$/.test(id);
}
