import { describe, expect, test } from 'vitest';
import { GATEWAY_DRAIN_SECONDS } from '../../workloads/gateway.ts';
import { difference, shippedEnvironment } from '../support/synth.ts';
import { attributes, containers, gpuHost, synthDev, synthDocker } from './docker-support.ts';

const SERVER = 'docker_container.nodes_gpt-oss-120b_v32_1-1';

describe('what a change touches', () => {
  const before = synthDev();

  test('a weight change replaces the delivery of the weights and nothing else', () => {
    const after = synthDev((text) =>
      text.replace('weight: 80', 'weight: 70').replace('weight: 15', 'weight: 25'),
    );
    expect(difference(before, after)).toEqual(['terraform_data.router_weights']);
  });

  test('a price change replaces the delivery of gateway.json and nothing else', () => {
    const after = synthDev((text) => text.replace('input: 0.15', 'input: 0.16'));
    expect(difference(before, after)).toEqual(['terraform_data.gateway_config']);
  });

  test('a new release adds its servers and changes documents, but no container that is there', () => {
    const release =
      'v34: { weight: 0, nodes: { machine: 8x-h100, version: 0.33.0, port: 8131, drain: 5 } }\n      public:';
    const after = synthDev((text) => text.replace('public:', release));
    expect(difference(before, after)).toEqual([
      'docker_container.nodes_gpt-oss-120b_v34_1-1',
      'terraform_data.gateway_config',
      'terraform_data.nodes_gpt-oss-120b_v34_serves-make-a-new-release-instead',
      'terraform_data.prometheus_config',
      'terraform_data.router_servers',
      'terraform_data.router_weights',
    ]);
  });

  test('a new router agent is another router image and leaves the other image alone', () => {
    const after = synthDocker(shippedEnvironment('dev'), { 'router-agent': 'another program' });
    expect(difference(before, after)).toEqual(['docker_image.router_image']);
  });

  test('an image is named by the hash of its context', () => {
    const after = synthDocker(shippedEnvironment('dev'), { gateway: 'another program' });
    const nameIn = (stack: typeof before) => attributes(stack, 'docker_image.services_image').name;
    expect(nameIn(before)).toMatch(/^gpt-oss-fleet\/dev-services:[0-9a-f]{12}$/);
    expect(nameIn(after)).not.toBe(nameIn(before));
  });
});

describe('a release that serves', () => {
  const held = (release: string) =>
    attributes(synthDev(), `terraform_data.nodes_gpt-oss-120b_${release}_serves-make-a-new-release-instead`);

  test('is held once its servers have come up, so that one that never did may change', () => {
    expect(held('v32')).toMatchObject({
      lifecycle: { prevent_destroy: true },
      depends_on: [
        'docker_container.nodes_gpt-oss-120b_v32_1-1',
        'docker_container.nodes_gpt-oss-120b_v32_2-1',
      ],
      triggers_replace: { 'server 1': expect.stringContaining('vllm serve openai/gpt-oss-120b') },
    });
  });
});

describe('documents', () => {
  const stack = synthDev();

  test('are written before the container that reads them starts', () => {
    expect(attributes(stack, 'docker_container.router').depends_on).toEqual([
      'terraform_data.router_weights',
      'terraform_data.router_servers',
      'terraform_data.router_secrets_delivery',
    ]);
  });

  test('are delivered from the file beside the stack, then taken over by their version', () => {
    const { provisioner, triggers_replace: triggers } = attributes(stack, 'terraform_data.router_weights');
    const [, version] = /version ([0-9a-f]{12})/.exec(stack.files.get('router/nginx.conf') ?? '') ?? [];
    expect(triggers).toMatchObject({ version });
    expect(provisioner).toMatchObject([
      {
        'local-exec': {
          command: expect.stringMatching(
            /deliver\.sh \/etc\/fleet 0444 nginx\.conf=documents\/router\/nginx\.conf$/,
          ),
        },
      },
      {
        'local-exec': {
          command: expect.stringMatching(
            new RegExp(`take-over\\.sh dev-router http://127\\.0\\.0\\.1:8093/status ${version} \\d+$`),
          ),
        },
      },
    ]);
  });

  test('reach a host over ssh by the same commands', () => {
    const remote = synthDocker(
      gpuHost('      v32: { weight: 100, role: stable, nodes: { machine: 8x-h100, version: 0.32.0 } }'),
    );
    expect(attributes(remote, 'terraform_data.router_weights').provisioner).toMatchObject([
      { 'local-exec': { environment: { DOCKER_HOST: 'ssh://fleet@gpu-host' } } },
      { 'local-exec': { environment: { DOCKER_HOST: 'ssh://fleet@gpu-host' } } },
    ]);
    expect(remote.json.provider).toEqual({ docker: [{ host: 'ssh://fleet@gpu-host' }] });
  });
});

describe('secrets', () => {
  const stack = synthDev();

  test('are no environment variable of any container', () => {
    const variables = containers(stack).flatMap(([, { env }]) => (env ?? []) as string[]);
    expect(new Set(variables)).toEqual(
      new Set([
        'VLLM_SIMULATOR={}',
        'VLLM_SIMULATOR={"answersAs":"requested"}',
        'NODE_EXTRA_CA_CERTS=/run/fleet/secrets/public.pem',
        'FLEET_AGENT_READY=http://127.0.0.1:8093/ready',
      ]),
    );
  });

  test('reach each part in a volume of its own with only those that it reads', () => {
    const delivered = (part: string) => {
      const { provisioner } = attributes(stack, `terraform_data.${part}_secrets_delivery`);
      return [...JSON.stringify(provisioner).matchAll(/ ([\w.-]+)=/g)].map(([, name]) => name);
    };
    expect(delivered('gateway')).toEqual(['api-keys', 'hop-key']);
    expect(delivered('router')).toEqual(['hop-key']);
    expect(delivered('egress')).toEqual(['hop-key', 'public-endpoint-key', 'public.pem']);
    expect(delivered('endpoints_public')).toEqual(['public-endpoint-key', 'public.pem', 'public.key']);
  });

  test('are mounted read-only where the documents say', () => {
    expect(stack.files.get('gateway/gateway.json')).toContain('"/run/fleet/secrets/hop-key"');
    expect(attributes(stack, 'docker_container.gateway').volumes).toContainEqual({
      container_path: '/run/fleet/secrets',
      read_only: true,
      volume_name: `\${docker_volume.gateway_secrets.name}`,
    });
  });

  test('that are generated are known by their paths, with the certificates of simulated endpoints', () => {
    expect(JSON.parse(stack.files.get('secrets.json') ?? '')).toEqual({
      environment: 'dev',
      generates: [
        { secret: '.fleet/dev/secrets/hop-key' },
        { secret: '.fleet/dev/secrets/public-endpoint-key' },
        { secret: '.fleet/dev/secrets/grafana-password' },
        {
          certificate: '.fleet/dev/secrets/public.pem',
          privateKey: '.fleet/dev/secrets/public.key',
          hosts: ['public-endpoint', 'localhost'],
        },
      ],
    });
  });

  test('of an environment variable are read when they are delivered', () => {
    const remote = synthDocker(
      gpuHost('      v32: { weight: 100, role: stable, nodes: { machine: 8x-h100, version: 0.32.0 } }'),
    );
    expect(JSON.stringify(attributes(remote, 'terraform_data.router_secrets_delivery'))).toContain(
      'hop-key=env:HOP_KEY',
    );
    expect(remote.resources.has('terraform_data.secrets')).toBe(false);
  });
});

describe('containers', () => {
  const stack = synthDev();

  test.each(containers(stack))(
    '%s has no privileges, limited logs and comes back by itself',
    (_, container) => {
      expect(container).toMatchObject({
        capabilities: { drop: ['ALL'] },
        security_opts: ['no-new-privileges'],
        read_only: true,
        init: true,
        restart: 'unless-stopped',
        log_driver: 'json-file',
        log_opts: { 'max-size': '50m', 'max-file': '5' },
      });
      expect(container).not.toHaveProperty('privileged');
      expect(container).not.toHaveProperty('network_mode');
    },
  );

  test.each(containers(stack))('%s is waited for until it is healthy', (_, container) => {
    expect(container).toMatchObject({ wait: true, healthcheck: { test: expect.arrayContaining(['CMD']) } });
  });

  test('publish the gateway and what people look at and nothing else, on the address of the environment', () => {
    const published = containers(stack).flatMap(([address, { ports }]) =>
      Array.isArray(ports) && ports.length > 0 ? [[address, ports]] : [],
    );
    expect(published).toEqual([
      ['docker_container.alertmanager', [{ internal: 9193, external: 9193, ip: '127.0.0.1' }]],
      ['docker_container.gateway', [{ internal: 8180, external: 8180, ip: '127.0.0.1' }]],
      ['docker_container.grafana', [{ internal: 3100, external: 3100, ip: '127.0.0.1' }]],
      ['docker_container.prometheus', [{ internal: 9190, external: 9190, ip: '127.0.0.1' }]],
    ]);
  });

  test('stop as late as their requests may need, by Docker and by Terraform alike', () => {
    const drain = synthDev((text) => text.replace('port: 8101, drain: 5', 'port: 8101, drain: 600'));
    expect(attributes(drain, SERVER)).toMatchObject({ stop_timeout: 610, destroy_grace_seconds: 610 });
    for (const [address, container] of containers(stack))
      expect(container.destroy_grace_seconds, address).toBe(container.stop_timeout);
    expect(attributes(stack, 'docker_container.gateway').stop_timeout).toBeGreaterThan(GATEWAY_DRAIN_SECONDS);
  });

  test('are replaced for another health check, which the provider would leave as it is', () => {
    const moved = synthDev((text) => text.replaceAll('8092', '8099'));
    const healthOf = (from: typeof stack) =>
      (attributes(from, 'docker_container.router').labels as { label: string; value: string }[]).find(
        ({ label }) => label === 'fleet.health',
      )?.value;
    expect(healthOf(stack)).toMatch(/^[0-9a-f]{12}$/);
    expect(healthOf(moved)).not.toBe(healthOf(stack));
  });

  test('say their times as Go does, so that reading them back is no change', () => {
    const host = synthDocker(
      gpuHost('      v32: { weight: 100, role: stable, nodes: { machine: 8x-h100, version: 0.32.0 } }'),
    );
    const server = attributes(host, 'docker_container.nodes_gpt-oss-20b_v32_1-1');
    expect(server.healthcheck).toMatchObject({ start_period: '30m0s', interval: '5s' });
  });

  test('have an address each that only their own port decides', () => {
    const addresses = containers(stack).map(([, { networks_advanced: networks }]) => {
      const [{ ipv4_address: address }] = networks as [{ ipv4_address: string }];
      return address;
    });
    expect(new Set(addresses).size).toBe(addresses.length);
    const [{ address }] = JSON.parse(stack.files.get('router/servers.json') ?? '').releases[0].servers;
    expect(attributes(stack, SERVER).networks_advanced).toMatchObject([{ ipv4_address: address }]);
  });

  test('of an endpoint carry the name that its certificate is for', () => {
    expect(attributes(stack, 'docker_container.endpoints_public').networks_advanced).toMatchObject([
      { aliases: ['endpoint-public', 'public-endpoint'] },
    ]);
  });

  test('and all other objects say which environment and part they belong to', () => {
    const labelled = [...stack.resources].filter(([address]) => /^docker_(?!image)/.test(address));
    for (const [address, { labels }] of labelled)
      expect(labels, address).toMatchObject(
        expect.arrayContaining([
          { label: 'fleet.environment', value: 'dev' },
          { label: 'fleet.part', value: expect.any(String) },
        ]),
      );
  });
});
