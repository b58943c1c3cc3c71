import { Counter, Gauge, type Registry } from 'prom-client';
import type { Log, Runtime } from '../../common/runtime.ts';
import { exportRequest, type Span } from './span.ts';

/** Where spans go. */
export interface ExporterSettings {
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly environment: string;
}

/** Takes spans and sends them in batches. Nobody waits for it, and it never fails. */
export interface Exporter {
  add(span: Span): void;
  /** Where spans to come go; without settings there are none to come. */
  use(settings: ExporterSettings | undefined): void;
  /** Sends what is left, once, for so long. */
  close(milliseconds: number): Promise<void>;
}

interface ExporterProps {
  readonly registry: Registry;
  readonly runtime: Pick<Runtime, 'after' | 'date'>;
  readonly log: Log;
  /** Instance of the service: tells spans of one program from those of another. */
  readonly instance: string;
}

/** Spans that wait while the receiver does not keep up, about 3 MB; further ones are dropped. */
const MOST_WAITING = 4_096;
const BATCH = 512;
const FLUSH_MS = 5_000;
const REQUEST_MS = 10_000;
const LONGEST_PAUSE_MS = 60_000;
/** The receiver cannot take them now but may later, says OTLP. */
const LATER = [429, 502, 503, 504];
const RESULTS = ['sent', 'dropped', 'refused', 'left'] as const;

type Sent = 'sent' | 'refused' | 'later';

export function createExporter({ registry, runtime, log, instance }: ExporterProps): Exporter {
  const spans = new Counter({
    name: 'fleet_trace_spans_total',
    help: 'Spans by what became of them: dropped, the queue was full; refused by the receiver; left at the end',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const result of RESULTS) spans.inc({ outcome: result }, 0);
  let waiting: Span[] = [];
  new Gauge({
    name: 'fleet_trace_spans_waiting',
    help: 'Spans that wait to be sent',
    registers: [registry],
    collect() {
      this.set(waiting.length);
    },
  });
  let settings: ExporterSettings | undefined;
  let cancelFlush: (() => void) | undefined;
  let sending: Promise<void> | undefined;
  let failures = 0;
  const ending = new AbortController();

  function say(event: string, reason?: string): void {
    log({ ts: runtime.date().toISOString(), event, error: reason });
  }

  function arrange(milliseconds: number): void {
    cancelFlush ??= runtime.after(milliseconds, () => {
      cancelFlush = undefined;
      pump();
    });
  }

  function unarrange(): void {
    cancelFlush?.();
    cancelFlush = undefined;
  }

  function pump(): void {
    if (sending !== undefined || settings === undefined || waiting.length === 0) return;
    sending = sendOne(waiting.splice(0, BATCH), settings).then(() => {
      sending = undefined;
      if (waiting.length > 0) arrange(pause());
    });
  }

  async function sendOne(batch: readonly Span[], to: ExporterSettings): Promise<void> {
    const result = await send(batch, to);
    if (result === 'later') keep(batch);
    else spans.inc({ outcome: result }, batch.length);
  }

  /** What was refused for now is older than what waits, and goes first. */
  function keep(batch: readonly Span[]): void {
    const room = Math.max(0, MOST_WAITING - waiting.length);
    waiting = [...batch.slice(0, room), ...waiting];
    spans.inc({ outcome: 'dropped' }, Math.max(0, batch.length - room));
  }

  function pause(): number {
    if (failures > 0) return Math.min(LONGEST_PAUSE_MS, FLUSH_MS * 2 ** (failures - 1));
    return waiting.length >= BATCH ? 0 : FLUSH_MS;
  }

  async function send(batch: readonly Span[], to: ExporterSettings): Promise<Sent> {
    const resource = {
      'service.name': 'gateway',
      'service.namespace': 'gpt-oss-fleet',
      'service.instance.id': instance,
      'deployment.environment.name': to.environment,
    };
    try {
      const response = await fetch(`${to.endpoint.replace(/\/+$/, '')}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: exportRequest(batch, resource, 'gpt-oss-fleet/gateway'),
        redirect: 'error',
        signal: AbortSignal.any([AbortSignal.timeout(REQUEST_MS), ending.signal]),
      });
      await response.arrayBuffer();
      if (response.ok) return arrived();
      return LATER.includes(response.status)
        ? later(`status ${response.status}`)
        : refused(`status ${response.status}`);
    } catch (error) {
      return later(reasonOf(error));
    }
  }

  function arrived(): Sent {
    if (failures > 0) say('traces_sent_again');
    failures = 0;
    return 'sent';
  }

  function later(reason: string): Sent {
    if (failures === 0) say('traces_not_sent', reason);
    failures += 1;
    return 'later';
  }

  function refused(reason: string): Sent {
    if (failures === 0) say('traces_refused', reason);
    failures += 1;
    return 'refused';
  }

  return {
    add(span) {
      if (settings === undefined) return;
      if (waiting.length >= MOST_WAITING) {
        spans.inc({ outcome: 'dropped' });
        return;
      }
      waiting.push(span);
      if (waiting.length === BATCH && failures === 0) unarrange();
      arrange(pause());
    },
    use(next) {
      if (next?.endpoint !== settings?.endpoint) failures = 0;
      settings = next;
    },
    async close(milliseconds) {
      unarrange();
      const cancel = runtime.after(milliseconds, () => ending.abort(new Error('the program ends')));
      await sending;
      unarrange();
      const to = settings;
      if (to !== undefined) {
        const batches = Array.from({ length: Math.ceil(waiting.length / BATCH) }, () =>
          waiting.splice(0, BATCH),
        );
        await Promise.all(batches.map((batch) => sendOne(batch, to)));
      }
      cancel();
      spans.inc({ outcome: 'left' }, waiting.length);
      waiting = [];
    },
  };
}

/** Of an error what kind it is. */
function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  if (!(cause instanceof Error)) return typeof cause;
  return 'code' in cause ? String(cause.code) : cause.name;
}
