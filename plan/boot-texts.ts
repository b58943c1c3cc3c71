import { decoded } from './encoded-text.ts';
import type { Resources } from './resources.ts';
import type { Subject } from './subject.ts';
import { UNKNOWN, type View } from './view.ts';

/** What a machine or container is told to run. */
export interface BootText {
  readonly address: string;
  /** Undefined: only known after the apply. */
  readonly text: string | undefined;
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  aws_instance: ['user_data', 'user_data_base64'],
  aws_launch_template: ['user_data'],
  aws_ecs_task_definition: ['container_definitions'],
  google_compute_instance: ['metadata_startup_script', 'metadata'],
  google_compute_instance_template: ['metadata_startup_script', 'metadata'],
  google_compute_region_instance_template: ['metadata_startup_script', 'metadata'],
  google_cloud_run_v2_service: ['template'],
  docker_container: ['command', 'entrypoint', 'env'],
};

const made = new WeakMap<Resources, readonly BootText[]>();

/** Scripts, environment variables and command lines of all machines and containers, decoded. */
export function bootTexts(resources: Resources): readonly BootText[] {
  const known = made.get(resources) ?? resources.wanted(...Object.keys(KEYS)).flatMap(textsOf);
  made.set(resources, known);
  return known;
}

function textsOf(subject: Subject): BootText[] {
  const { address, type, after, action, hashed } = subject;
  if (after === undefined || action === 'no-op') return [];
  return (KEYS[type] ?? []).flatMap((key) =>
    key in hashed ? [{ address, text: String(hashed[key]) }] : textsAt(subject, after, key),
  );
}

function textsAt(subject: Subject, view: View, key: string): BootText[] {
  const { address } = subject;
  const value = view.get(key);
  if (value === undefined) return [];
  if (value === UNKNOWN) return subject.says(key) ? [{ address, text: undefined }] : [];
  if (typeof value === 'string') return [{ address, text: decoded(value) ?? value }];
  return [
    {
      address,
      text:
        Array.isArray(value) && value.every((item) => typeof item === 'string')
          ? value.join(' ')
          : flat(value),
    },
  ];
}

/** Names and values of nested blocks, one pair a line. */
function flat(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  const { name, value: inner } = value as Record<string, unknown>;
  if (typeof name === 'string' && typeof inner === 'string') return `${name}=${inner}`;
  return Object.values(value)
    .map(flat)
    .filter((text) => text !== '')
    .join('\n');
}
