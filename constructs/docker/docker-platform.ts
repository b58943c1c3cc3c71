import { Network } from '@cdktf/provider-docker/lib/network/index.js';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import type { Release } from '../../contracts/release.ts';
import { imageFiles } from '../../workloads/image-files.ts';
import { configureBackend } from '../backend.ts';
import type { DocumentProps, ObservabilityProps, Platform, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { Alertmanager } from './alertmanager.ts';
import { type DockerContext, labelsOf } from './context.ts';
import { DeliveryCommands } from './delivery-commands.ts';
import { dockerSettings } from './docker-settings.ts';
import { DockerTopology } from './docker-topology.ts';
import { GatewayProgram } from './gateway-program.ts';
import { GeneratedSecrets } from './generated-secrets.ts';
import { Grafana } from './grafana.ts';
import { HostRules } from './host-rules.ts';
import { Prometheus } from './prometheus.ts';
import { Redis } from './redis.ts';
import { Reviewer } from './reviewer.ts';
import { Router } from './router.ts';
import { ServiceImage } from './service-image.ts';
import { SimulatedEndpoint } from './simulated-endpoint.ts';
import { VllmServers } from './vllm-servers.ts';

export interface DockerPlatformProps {
  /** Text of a file of the toolkit, by its path below the toolkit's folder. */
  readonly readToolkit: (path: string) => string;
}

/** Containers on one Docker host, local or over ssh. The machine that runs Terraform needs the `docker` command. */
export class DockerPlatform implements Platform {
  readonly topology: DockerTopology;
  readonly #context: DockerContext;
  readonly #routerImage: ServiceImage;
  readonly #cache: Volume | undefined;

  constructor(
    stack: TerraformStack,
    environment: Environment,
    toolkit: Toolkit,
    { readToolkit }: DockerPlatformProps,
  ) {
    const settings = dockerSettings(environment);
    stack.node.addValidation(new HostRules(environment));
    this.topology = new DockerTopology(environment);
    configureBackend(stack, environment, toolkit);
    new DockerProvider(stack, 'docker', { host: settings.host });
    pinProviderVersion(stack, environment, 'docker');

    const commands = new DeliveryCommands(toolkit, settings.host);
    const { services, router } = imageFiles(readToolkit);
    this.#context = {
      environment,
      settings,
      commands,
      topology: this.topology,
      network: new Network(stack, 'network', {
        name: environment.name,
        driver: 'bridge',
        ipamConfig: [{ subnet: this.topology.subnet, gateway: this.topology.bridge }],
        labels: labelsOf(environment, 'network'),
      }),
      services: new ServiceImage(stack, 'services_image', {
        environment: environment.name,
        target: 'services',
        files: services,
      }),
      generated: new GeneratedSecrets(stack, 'secrets', { environment, commands }),
    };
    this.#routerImage = new ServiceImage(stack, 'router_image', {
      environment: environment.name,
      target: 'router',
      files: router,
    });
    this.#cache =
      settings.engine === 'simulator'
        ? undefined
        : new Volume(stack, 'cache', {
            name: `${environment.name}-cache`,
            labels: labelsOf(environment, 'cache'),
          });
  }

  nodes(scope: Construct, release: Release): void {
    new VllmServers(scope, release.name, { context: this.#context, release, cache: this.#cache });
  }

  simulatedEndpoint(scope: Construct, endpoint: string): void {
    new SimulatedEndpoint(scope, endpoint, { context: this.#context, endpoint });
  }

  egress(scope: Construct, { document }: DocumentProps): void {
    const { environment, generated } = this.#context;
    const endpoints = Object.entries(environment.endpoints);
    const authorities = endpoints
      .filter(([, { simulated }]) => simulated === true)
      .map(([name]) => [`${name}.pem`, generated.certificateOf(name)]);
    new GatewayProgram(scope, 'egress', {
      context: this.#context,
      role: 'egress',
      document,
      secrets: [environment.router.key, ...endpoints.map(([, { bearer }]) => bearer)],
      files: Object.fromEntries(authorities),
    });
  }

  router(scope: Construct, props: RouterProps): void {
    new Router(scope, 'router', { context: this.#context, image: this.#routerImage, ...props });
  }

  gateway(scope: Construct, { document }: DocumentProps): void {
    const { environment, settings } = this.#context;
    const { port, keys, redis } = environment.gateway;
    new GatewayProgram(scope, 'gateway', {
      context: this.#context,
      role: 'gateway',
      document,
      secrets: [keys, environment.router.key, redis?.password],
      ports: [{ internal: port, external: port, ip: settings.address }],
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
