import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import type { Release } from '../../contracts/release.ts';
import { configureBackend } from '../backend.ts';
import type { DocumentProps, ObservabilityProps, Platform, RouterProps } from '../platform.ts';
import type { Toolkit } from '../toolkit.ts';
import { Alertmanager } from './alertmanager.ts';
import type { ProcessContext } from './context.ts';
import { GatewayProgram } from './gateway-program.ts';
import { Grafana } from './grafana.ts';
import { PartCommands } from './part-commands.ts';
import { PartGuard } from './part-guard.ts';
import { ProcessTopology } from './process-topology.ts';
import { Prometheus } from './prometheus.ts';
import { Redis } from './redis.ts';
import { Reviewer } from './reviewer.ts';
import { Router } from './router.ts';
import { SimulatedEndpoint } from './simulated-endpoint.ts';
import { VllmServers } from './vllm-servers.ts';

/** Plain processes on this host, through Terraform's built-in `terraform_data`: no provider, no network, no container engine. */
export class ProcessPlatform implements Platform {
  readonly topology: ProcessTopology;
  readonly #context: ProcessContext;
  readonly #endpoints: SimulatedEndpoint[] = [];

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit) {
    this.topology = new ProcessTopology(environment);
    configureBackend(stack, environment, toolkit);
    const commands = new PartCommands(toolkit);
    const guard = new PartGuard(stack, 'guard', { environment: environment.name, commands });
    this.#context = { environment, toolkit, topology: this.topology, commands, guard };
  }

  nodes(scope: Construct, release: Release): void {
    new VllmServers(scope, release.name, { context: this.#context, release });
  }

  simulatedEndpoint(scope: Construct, endpoint: string): void {
    this.#endpoints.push(new SimulatedEndpoint(scope, endpoint, { context: this.#context, endpoint }));
  }

  egress(scope: Construct, { document }: DocumentProps): void {
    const { endpoints, router } = this.#context.environment;
    new GatewayProgram(scope, 'egress', {
      context: this.#context,
      role: 'egress',
      document,
      secrets: [router.key, ...Object.values(endpoints).map(({ bearer }) => bearer)],
      after: this.#endpoints.map(({ part }) => part.process),
    });
  }

  router(scope: Construct, props: RouterProps): void {
    new Router(scope, 'router', { context: this.#context, ...props });
  }

  gateway(scope: Construct, { document }: DocumentProps): void {
    const { gateway, router } = this.#context.environment;
    new GatewayProgram(scope, 'gateway', {
      context: this.#context,
      role: 'gateway',
      document,
      secrets: [gateway.keys, router.key, gateway.redis?.password],
    });
  }

  observability(scope: Construct, { prometheus, rules, alertmanager, grafana }: ObservabilityProps): void {
    const context = this.#context;
    new Prometheus(scope, 'prometheus', { context, document: prometheus, rules });
    if (alertmanager !== undefined)
      new Alertmanager(scope, 'alertmanager', { context, document: alertmanager });
    if (grafana !== undefined) new Grafana(scope, 'grafana', { context, documents: grafana });
  }

  reviewer(scope: Construct): void {
    new Reviewer(scope, 'reviewer', { context: this.#context });
  }

  redis(scope: Construct): void {
    new Redis(scope, 'redis', { context: this.#context });
  }
}
