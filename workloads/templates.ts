import type { GrafanaTemplate } from './grafana.ts';
import type { MetricsAgentTemplate } from './metrics-agent.ts';
import type { MonitoringTemplate } from './monitoring-templates.ts';
import type { NodeTemplate } from './node-templates.ts';
import type { RouterTemplate } from './router.ts';
import type { RouterMachineTemplate } from './router-machine-templates.ts';
import type { RulesTemplate } from './rules.ts';

/** The texts of all templates, read once by whoever calls. */
export interface Templates {
  readonly nginx: RouterTemplate;
  readonly node: NodeTemplate;
  readonly rules: RulesTemplate;
  readonly grafana: GrafanaTemplate;
  readonly monitoring: MonitoringTemplate;
  readonly metricsAgent: MetricsAgentTemplate;
  readonly routerMachine: RouterMachineTemplate;
}
