/**
 * Prometheus text exposition as Python's prometheus_client writes it: `_created` gauges, labels in alphabetical order,
 * `1.0` and `1.79e+09`. prom-client writes neither, and vLLM's page has both.
 */

type Labels = Readonly<Record<string, string>>;

/** A number as prometheus_client's floatToGoString writes it. */
export function pythonNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  const text = String(value);
  const plain = /[.e]/.test(text) ? text : `${text}.0`;
  const dot = plain.indexOf('.');
  if (value <= 0 || dot <= 6 || plain.includes('e')) return plain;
  const mantissa = `${plain[0]}.${plain.slice(1, dot)}${plain.slice(dot + 1)}`.replace(/[0.]+$/, '');
  return `${mantissa}e+${String(dot - 1).padStart(2, '0')}`;
}

const escapeLabel = (value: string) =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

/** `{a="1",b="2"}`, or nothing without labels. */
export function labelText(labels: Labels): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return '';
  return `{${names.map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`).join(',')}}`;
}

const header = (name: string, help: string, type: string) =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

/** A family of metrics; gives its part of the page. */
export interface Family {
  render(): string;
}

interface Series<Value> {
  readonly labels: Labels;
  readonly createdSeconds: number;
  value: Value;
}

function seriesMap<Value>(initial: () => Value, seconds: () => number) {
  const byKey = new Map<string, Series<Value>>();
  const byObject = new WeakMap<Labels, Series<Value>>();
  const of = (labels: Labels): Series<Value> => {
    const seen = byObject.get(labels);
    if (seen) return seen;
    const key = labelText(labels);
    const series = byKey.get(key) ?? { labels, createdSeconds: seconds(), value: initial() };
    byKey.set(key, series);
    byObject.set(labels, series);
    return series;
  };
  const created = (name: string, help: string) =>
    header(`${name}_created`, help, 'gauge') +
    [...byKey]
      .map(([key, { createdSeconds }]) => `${name}_created${key} ${pythonNumber(createdSeconds)}\n`)
      .join('');
  return { byKey, of, created };
}

export interface CounterOptions {
  /** Without `_total`. */
  readonly name: string;
  readonly help: string;
  /** Series that exist from the start. @default - none: each appears when it is first counted */
  readonly series?: readonly Labels[];
  /** False for counters that prometheus_client reads from elsewhere (process, garbage collector). @default true */
  readonly created?: boolean;
  /** Seconds since the epoch. */
  readonly seconds: () => number;
}

export interface Counter extends Family {
  inc(labels: Labels, by?: number): void;
}

export function counter({ name, help, series = [], created = true, seconds }: CounterOptions): Counter {
  const all = seriesMap(() => 0, seconds);
  for (const labels of series) all.of(labels);
  return {
    inc(labels, by = 1) {
      all.of(labels).value += by;
    },
    render: () =>
      header(`${name}_total`, help, 'counter') +
      [...all.byKey].map(([key, { value }]) => `${name}_total${key} ${pythonNumber(value)}\n`).join('') +
      (created ? all.created(name, help) : ''),
  };
}

/** A gauge whose values are read when the page is. */
export function gauge(options: {
  name: string;
  help: string;
  read: () => readonly (readonly [Labels, number])[];
}): Family {
  const { name, help, read } = options;
  return {
    render: () =>
      header(name, help, 'gauge') +
      read()
        .map(([labels, value]) => `${name}${labelText(labels)} ${pythonNumber(value)}\n`)
        .join(''),
  };
}

export interface Histogram extends Family {
  observe(labels: Labels, value: number, times?: number): void;
}

/** @param bounds upper bounds without +Inf */
export function histogram(options: {
  name: string;
  help: string;
  bounds: readonly number[];
  series?: readonly Labels[];
  seconds: () => number;
}): Histogram {
  const { name, help, bounds, series = [], seconds } = options;
  const all = seriesMap(() => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }), seconds);
  for (const labels of series) all.of(labels);
  return {
    observe(labels, value, times = 1) {
      const { value: state } = all.of(labels);
      state.count += times;
      state.sum += value * times;
      const bucket = bounds.findIndex((bound) => value <= bound);
      if (bucket >= 0) state.counts[bucket] = (state.counts[bucket] ?? 0) + times;
    },
    render() {
      const lines = [...all.byKey].map(([key, { labels, value }]) => {
        let below = 0;
        const buckets = bounds.map((bound, index) => {
          below += value.counts[index] ?? 0;
          return `${name}_bucket${labelText({ ...labels, le: pythonNumber(bound) })} ${pythonNumber(below)}\n`;
        });
        const last = `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${pythonNumber(value.count)}\n`;
        return `${buckets.join('')}${last}${name}_count${key} ${pythonNumber(value.count)}\n${name}_sum${key} ${pythonNumber(value.sum)}\n`;
      });
      return header(name, help, 'histogram') + lines.join('') + all.created(name, help);
    },
  };
}

export interface Summary extends Family {
  observe(labels: Labels, value: number): void;
}

/** A summary without quantiles: count and sum. */
export function summary({
  name,
  help,
  seconds,
}: {
  name: string;
  help: string;
  seconds: () => number;
}): Summary {
  const all = seriesMap(() => ({ count: 0, sum: 0 }), seconds);
  return {
    observe(labels, value) {
      const { value: state } = all.of(labels);
      state.count += 1;
      state.sum += value;
    },
    render: () =>
      header(name, help, 'summary') +
      [...all.byKey]
        .map(
          ([key, { value }]) =>
            `${name}_count${key} ${pythonNumber(value.count)}\n${name}_sum${key} ${pythonNumber(value.sum)}\n`,
        )
        .join('') +
      all.created(name, help),
  };
}
