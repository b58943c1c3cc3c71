import { durationSeconds } from '../../contracts/duration.ts';
import type { Environment } from '../../contracts/environment.ts';
import { HAPPENINGS } from '../../workloads/dashboards/annotations.ts';
import type { Panel } from '../../workloads/dashboards/panel.ts';
import { type Answer, type DashboardAnswer, type Mark, RANGES, type Range, type Series } from './answer.ts';
import type { Prometheus, PrometheusSeries, Window } from './prometheus.ts';
import { type Question, questionsOf } from './questions.ts';

const POINTS = 240;
/** Marks nearer than this are one. */
const SAME_MARK_POINTS = 3;

/** Every question at one time, or Failure if Prometheus does not answer. */
export async function ask(
  environment: Environment,
  prometheus: Prometheus,
  range: Range,
  nowSeconds: number,
): Promise<DashboardAnswer> {
  const window = windowOf(RANGES[range], nowSeconds);
  const fill = filler(environment, window);
  const times = timesOf(window);
  const [answers, marks] = await Promise.all([
    Promise.all(
      questionsOf(environment).map((question) => answer(question, prometheus, window, times, fill)),
    ),
    marksOf(prometheus, window),
  ]);
  return { environment: environment.name, prometheus: prometheus.url, range, times, answers, marks };
}

async function answer(
  { question, plot, numbers }: Question,
  prometheus: Prometheus,
  window: Window,
  times: readonly number[],
  fill: (expr: string) => string,
): Promise<Answer> {
  const { title, description, kind, unit, threshold, max, queries } = plot;
  const [series, values] = await Promise.all([
    Promise.all(
      queries.map(async ({ expr, legend }) =>
        (await prometheus.over(fill(expr), window)).map((found) => seriesOf(found, legend, times)),
      ),
    ),
    Promise.all(numbers.map((number) => lastOf(number, prometheus, window.to, fill))),
  ]);
  return {
    ...{ question, title, description, kind, unit, threshold, max },
    series: shown(series.flat(), kind),
    numbers: numbers.map((number, index) => ({
      title: number.title,
      unit: number.unit,
      value: values[index] ?? null,
    })),
    queries: queries.map(({ expr }) => fill(expr)),
  };
}

async function lastOf(
  { queries: [query] }: Panel,
  prometheus: Prometheus,
  time: number,
  fill: (expr: string) => string,
): Promise<number | undefined> {
  const value = query && (await prometheus.at(fill(query.expr), time));
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** Lines without a value are none; of things that add up, neither are those that are always 0. */
function shown(series: readonly Series[], kind: Panel['kind']): Series[] {
  return series
    .filter(({ values }) => values.some((value) => value !== null && (kind === 'lines' || value !== 0)))
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function seriesOf({ metric, values }: PrometheusSeries, legend: string, times: readonly number[]): Series {
  const known = new Map(values.map(([time, value]) => [Math.round(time), Number(value)]));
  return {
    name: legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '').trim(),
    labels: metric,
    values: times.map((time) => {
      const value = known.get(time);
      return value === undefined || !Number.isFinite(value) ? null : value;
    }),
  };
}

/** Steps of whole seconds at whole multiples, so that a plot does not tremble from one reading to the next. */
function windowOf(length: number, nowSeconds: number): Window {
  const step = Math.max(5, Math.round(length / POINTS));
  const to = Math.floor(nowSeconds / step) * step;
  return { from: to - length, to, step };
}

function timesOf({ from, to, step }: Window): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

/** Fills in what Grafana would; everything is selected. */
function filler({ prometheus: { scrapeInterval } }: Environment, { from, to, step }: Window) {
  const rateSeconds = Math.max(30, 4 * durationSeconds(scrapeInterval), step);
  return (expr: string) =>
    expr
      .replaceAll('$__rate_interval', `${rateSeconds}s`)
      .replaceAll('$__range', `${to - from}s`)
      .replaceAll(/\$(?:model|release)\b/g, '.*');
}

/** A happening is above 0 for a while: its first point is when it was. */
async function marksOf(prometheus: Prometheus, window: Window): Promise<Mark[]> {
  const found = await Promise.all(
    HAPPENINGS.map(async ({ expr, title }) => {
      const series = await prometheus.over(expr, window);
      return series.flatMap(({ metric, values }) =>
        values
          .map(([time]) => Math.round(time))
          .filter((time, index, all) => time - (all[index - 1] ?? 0) > window.step)
          .map((time) => ({
            time,
            text: title.replace(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
          })),
      );
    }),
  );
  return together(
    found.flat().toSorted((a, b) => a.time - b.time),
    SAME_MARK_POINTS * window.step,
  );
}

/** One change touches several releases, and comes with a deploy. */
function together(marks: readonly Mark[], nearer: number): Mark[] {
  const joined: { time: number; texts: Set<string> }[] = [];
  for (const { time, text } of marks) {
    const last = joined.at(-1);
    if (last !== undefined && time - last.time <= nearer) last.texts.add(text);
    else joined.push({ time, texts: new Set([text]) });
  }
  return joined.map(({ time, texts }) => ({ time, text: [...texts].join(', ') }));
}
