import type { ServerResponse } from 'node:http';
import { StandIn } from './stand-in.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, string | number | boolean>>;
  }[];
  readonly status: { readonly code?: number };
}

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: CollectedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** What spans are sent to by OTLP/HTTP: `/v1/traces` takes them, nothing else is there. */
export interface StandInCollector {
  readonly url: string;
  /** Bodies as they came, each a whole request. */
  readonly bodies: readonly string[];
  readonly types: readonly (string | undefined)[];
  answer: (res: ServerResponse) => void;
  spans(): CollectedSpan[];
  close(): Promise<void>;
}

export async function standInCollector(
  answer: StandInCollector['answer'] = (res) =>
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
): Promise<StandInCollector> {
  const bodies: string[] = [];
  const types: (string | undefined)[] = [];
  const server = await new StandIn(async (req, res) => {
    const body = Buffer.concat(await req.toArray()).toString();
    if (req.method !== 'POST' || req.url !== '/v1/traces') {
      res.writeHead(404).end();
      return;
    }
    bodies.push(body);
    types.push(req.headers['content-type']);
    stand.answer(res);
  }).start();
  const stand: StandInCollector = {
    url: server.url,
    ...{ bodies, types, answer },
    spans: () =>
      bodies.flatMap((body) =>
        (JSON.parse(body) as Exported).resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    close: () => server.stop(),
  };
  return stand;
}

/** Attributes by name; whole numbers are texts in OTLP's JSON. */
export function attributesOf({ attributes }: Pick<CollectedSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
