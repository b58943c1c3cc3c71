import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GRAFANA_TEMPLATES } from '../workloads/grafana.ts';
import { METRICS_AGENT_TEMPLATES } from '../workloads/metrics-agent.ts';
import { MONITORING_TEMPLATES } from '../workloads/monitoring-templates.ts';
import { NODE_TEMPLATES } from '../workloads/node-templates.ts';
import { ROUTER_TEMPLATES } from '../workloads/router.ts';
import { ROUTER_MACHINE_TEMPLATES } from '../workloads/router-machine-templates.ts';
import { RULES_TEMPLATES } from '../workloads/rules.ts';
import type { Templates } from '../workloads/templates.ts';

/** Reads all templates from the folder they are in. */
export function readTemplates(folder: string): Templates {
  return {
    nginx: read(folder, ROUTER_TEMPLATES),
    node: read(folder, NODE_TEMPLATES),
    rules: read(folder, RULES_TEMPLATES),
    grafana: read(folder, GRAFANA_TEMPLATES),
    monitoring: read(folder, MONITORING_TEMPLATES),
    metricsAgent: read(folder, METRICS_AGENT_TEMPLATES),
    routerMachine: read(folder, ROUTER_MACHINE_TEMPLATES),
  };
}

function read<Name extends string>(
  folder: string,
  files: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const texts = Object.entries<string>(files).map(([name, file]) => [
    name,
    readFileSync(join(folder, file), 'utf8'),
  ]);
  return Object.fromEntries(texts) as Record<Name, string>;
}
