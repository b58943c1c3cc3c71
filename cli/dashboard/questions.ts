import type { Environment } from '../../contracts/environment.ts';
import { HIT_RATIO_BY_NODE, HITS_IN_RANGE } from '../../workloads/dashboards/cache.ts';
import { COST_OF_THE_LAST_DAY, COST_RATE, MONTH_AT_THIS_RATE } from '../../workloads/dashboards/cost.ts';
import { FIRST_TOKEN_NUMBERS, firstTokenP95 } from '../../workloads/dashboards/latency.ts';
import type { Panel } from '../../workloads/dashboards/panel.ts';

/** What people ask first, and the panels of the Grafana dashboards that answer it. */
export interface Question {
  readonly question: string;
  readonly plot: Panel;
  readonly numbers: readonly Panel[];
}

export function questionsOf(environment: Environment): Question[] {
  return [
    {
      question: 'What does it cost?',
      plot: COST_RATE,
      numbers: [COST_OF_THE_LAST_DAY, MONTH_AT_THIS_RATE],
    },
    {
      question: 'How long until the first token?',
      plot: firstTokenP95(environment),
      numbers: FIRST_TOKEN_NUMBERS,
    },
    { question: 'Does the cache work?', plot: HIT_RATIO_BY_NODE, numbers: [HITS_IN_RANGE] },
  ];
}
