import type { Panel, Unit } from '../../workloads/dashboards/panel.ts';

/** What can be chosen, in seconds. */
export const RANGES = {
  '15m': 900,
  '1h': 3_600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
} as const;
export type Range = keyof typeof RANGES;
export const DEFAULT_RANGE: Range = '1h';

export function isRange(text: string): text is Range {
  return Object.hasOwn(RANGES, text);
}

/** One line of a plot, with a value, or none, for each time of the answer. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly (number | null)[];
}

/** One of the three questions, answered. */
export interface Answer {
  readonly question: string;
  readonly title: string;
  readonly description: string;
  readonly kind: Panel['kind'];
  readonly unit: Unit;
  readonly threshold?: Panel['threshold'];
  readonly max?: number;
  readonly series: readonly Series[];
  /** Single values beside the plot; null: nothing is known yet. */
  readonly numbers: readonly { readonly title: string; readonly unit: Unit; readonly value: number | null }[];
  /** The PromQL that gave it: that of the Grafana dashboards. */
  readonly queries: readonly string[];
}

/** Something that happened, at a time in Unix seconds. */
export interface Mark {
  readonly time: number;
  readonly text: string;
}

/** Everything that the page shows, and what `fleet dashboard --json` prints. */
export interface DashboardAnswer {
  readonly environment: string;
  readonly prometheus: string;
  readonly range: Range;
  /** Unix seconds, at equal distances. */
  readonly times: readonly number[];
  readonly answers: readonly Answer[];
  readonly marks: readonly Mark[];
}
