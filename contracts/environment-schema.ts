import { z } from 'zod';
import { Checks } from './schema/checks.ts';
import { Endpoint } from './schema/endpoints.ts';
import { Egress, Gateway } from './schema/gateway.ts';
import { Images } from './schema/images.ts';
import { Machine } from './schema/machines.ts';
import { Model, type Release } from './schema/models.ts';
import type { Nodes } from './schema/nodes.ts';
import { Alertmanager, Grafana, Prometheus } from './schema/observability.ts';
import { AwsPlatform, DockerPlatform, GooglePlatform, ProcessPlatform } from './schema/platforms.ts';
import { Reviewer } from './schema/reviewer.ts';
import { Router } from './schema/router.ts';
import { Slo } from './schema/slo.ts';
import { State } from './schema/state.ts';
import { Name, SecretReference as Reference } from './schema/values.ts';

export const EnvironmentSchema = z.strictObject({
  class: z.enum(['development', 'staging', 'production']),
  platform: z.enum(['google', 'aws', 'docker', 'process']),
  labels: z
    .record(
      z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, _ and -, a letter first'),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, _ and -'),
    )
    .default({}),
  models: z.record(Name, Model),
  machines: z.record(Name, Machine).default({}),
  images: Images.prefault({}),
  endpoints: z.record(Name, Endpoint).default({}),
  secrets: z.record(Name, Reference).default({}),
  gateway: Gateway,
  router: Router,
  egress: Egress.prefault({}),
  prometheus: Prometheus.prefault({}),
  alertmanager: Alertmanager.optional(),
  grafana: Grafana.optional(),
  reviewer: Reviewer.optional(),
  slo: Slo.prefault({}),
  state: State.optional(),
  checks: Checks.prefault({}),
  terraform: z
    .strictObject({
      providerVersions: z.partialRecord(z.enum(['google', 'aws', 'docker']), z.string()).optional(),
    })
    .optional(),
  process: ProcessPlatform.optional(),
  docker: DockerPlatform.optional(),
  google: GooglePlatform.optional(),
  aws: AwsPlatform.optional(),
});

export type EnvironmentDocument = z.output<typeof EnvironmentSchema>;
export type ModelDocument = EnvironmentDocument['models'][string];
export type ReleaseDocument = z.output<typeof Release>;
export type NodesDocument = z.output<typeof Nodes>;
export type EndpointDocument = z.output<typeof Endpoint>;
export type SecretReference = z.output<typeof Reference>;
export type PlatformName = EnvironmentDocument['platform'];

/** JSON schema of an environment file, for editors (`environments/environment.schema.json`). */
export function environmentJsonSchema(): unknown {
  return z.toJSONSchema(EnvironmentSchema, { io: 'input', unrepresentable: 'any' });
}
