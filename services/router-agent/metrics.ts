import { Counter, Gauge, Registry } from 'prom-client';
import type { Agent } from './agent.ts';
import type { Nginx } from './nginx.ts';
import type { SourceName } from './readers.ts';

const SOURCES: readonly SourceName[] = ['document', 'servers', 'discovery', 'hop-key'];

export function createMetrics(agent: Agent, nginx: Nginx): Registry {
  const registry = new Registry();
  documentMetrics(registry, agent);
  sourceMetrics(registry, agent);
  nginxMetrics(registry, agent, nginx);
  new Gauge({
    name: 'fleet_router_time_seconds',
    help: "The clock of the router's machine: Unix time.",
    registers: [registry],
    collect() {
      this.set(Date.now() / 1000);
    },
  });
  new Gauge({
    name: 'fleet_router_servers',
    help: 'Servers of a release by what their checks say.',
    labelNames: ['model', 'release', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { model, release, up, down } of agent.facts().releases) {
        this.set({ model, release, state: 'up' }, up);
        this.set({ model, release, state: 'down' }, down);
      }
    },
  });
  return registry;
}

function documentMetrics(registry: Registry, agent: Agent): void {
  const registers = [registry];
  new Gauge({
    name: 'fleet_router_document_info',
    help: 'The document that nginx has loaded; always 1.',
    labelNames: ['version'],
    registers,
    collect() {
      const { version } = agent.status();
      this.reset();
      if (version !== null) this.set({ version }, 1);
    },
  });
  new Gauge({
    name: 'fleet_release_weight_percent',
    help: "Percent of the model's traffic that the document that nginx has loaded gives a release; role none: neither stable nor canary.",
    labelNames: ['model', 'release', 'role'],
    registers,
    collect() {
      this.reset();
      for (const { model, release, role = 'none', weight } of agent.facts().weights)
        this.set({ model, release, role }, weight);
    },
  });
  new Gauge({
    name: 'fleet_router_document_wanted_info',
    help: 'The document at its source, also if it is refused; always 1.',
    labelNames: ['version'],
    registers,
    collect() {
      const { wanted } = agent.status();
      this.reset();
      if (wanted !== null) this.set({ version: wanted }, 1);
    },
  });
  new Gauge({
    name: 'fleet_router_document_refused',
    help: '1 while something that is wanted is not applied because it is broken.',
    registers,
    collect() {
      this.set(agent.status().state === 'refused' ? 1 : 0);
    },
  });
  new Counter({
    name: 'fleet_router_documents_refused_total',
    help: 'Different documents that were refused.',
    registers,
    collect() {
      this.reset();
      this.inc(agent.facts().refusedDocuments);
    },
  });
}

function sourceMetrics(registry: Registry, agent: Agent): void {
  const registers = [registry];
  const labelNames = ['source'] as const;
  new Counter({
    name: 'fleet_router_source_errors_total',
    help: 'Readings of a source that failed; its last value is used then.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const source of SOURCES) this.inc({ source }, agent.facts().sourceErrors.get(source) ?? 0);
    },
  });
  new Gauge({
    name: 'fleet_router_source_failing',
    help: '1 while a source cannot be read, or gives something broken.',
    labelNames,
    registers,
    collect() {
      const failing = new Set(agent.facts().problems.map(({ source }) => source));
      for (const source of SOURCES) this.set({ source }, failing.has(source) ? 1 : 0);
    },
  });
}

function nginxMetrics(registry: Registry, agent: Agent, nginx: Nginx): void {
  const registers = [registry];
  new Gauge({
    name: 'fleet_router_nginx_running',
    help: '1 while the nginx master runs.',
    registers,
    collect() {
      this.set(agent.status().nginx === 'running' ? 1 : 0);
    },
  });
  new Counter({
    name: 'fleet_router_reloads_total',
    help: 'Times that nginx was told to load its files again.',
    registers,
    collect() {
      this.reset();
      this.inc(agent.facts().reloads);
    },
  });
  new Gauge({
    name: 'fleet_router_old_generations',
    help: 'Generations of nginx workers that only finish requests they have.',
    registers,
    async collect() {
      const master = await nginx.master();
      this.set(master === undefined ? 0 : await nginx.oldGenerations(master));
    },
  });
  new Gauge({
    name: 'fleet_router_change_waits',
    help: '1 while a change waits because there are too many old generations.',
    registers,
    collect() {
      this.set(agent.status().state === 'waiting for old workers' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'fleet_router_nginx_connections',
    help: 'Client connections of nginx by what they do. Absent while nginx does not answer.',
    labelNames: ['state'],
    registers,
    async collect() {
      const connections = await nginx.connections();
      this.reset();
      for (const [state, count] of Object.entries(connections ?? {})) this.set({ state }, count);
    },
  });
}
