/** A piece of work that is over, with what OTLP says of it. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly state?: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  /** Milliseconds since 1970, with fractions. */
  readonly began: number;
  readonly ended: number;
  /** Those that are undefined are left out. */
  readonly attributes: Readonly<Record<string, Attribute | undefined>>;
  readonly failed?: boolean;
}

export type Attribute = string | number | boolean;

/** Numbers of OTLP's enumerations. */
const KINDS = { internal: 1, server: 2, client: 3 } as const;
const STATUS_ERROR = 2;

/** An `ExportTraceServiceRequest` in OTLP's JSON encoding (opentelemetry-proto 1.x). */
export function exportRequest(
  spans: readonly Span[],
  resource: Readonly<Record<string, Attribute>>,
  scope: string,
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: scope }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: Span) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.state,
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.began),
    endTimeUnixNano: nanoseconds(span.ended),
    attributes: attributesOf(span.attributes),
    status: span.failed === true ? { code: STATUS_ERROR } : {},
  };
}

function attributesOf(attributes: Span['attributes']) {
  const list: object[] = [];
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) list.push({ key, value: anyValue(value) });
  }
  return list;
}

function anyValue(value: Attribute) {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** To the microsecond; more a double does not hold. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
