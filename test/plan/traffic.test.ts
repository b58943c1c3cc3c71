import { describe, expect, test } from 'vitest';
import { readPlan } from '../../plan/plan-json.ts';
import { Resources } from '../../plan/resources.ts';
import { serves, trafficOf } from '../../plan/traffic.ts';
import { LATER, planOf, type Resource } from './plans.ts';

describe('how traffic is split', () => {
  const note = (shares: unknown) => ({
    metadata: { 'fleet-weights': typeof shares === 'string' ? shares : JSON.stringify(shares) },
  });
  const of = (output: object | undefined, ...resources: Resource[]) => {
    const plan = readPlan(
      planOf(resources, output === undefined ? {} : { output_changes: { fleet_weights: output } }),
    );
    return trafficOf(new Resources(plan, undefined), plan);
  };
  const A = { m: { v1: { weight: 100 } } };
  const B = { m: { v1: { weight: 90 }, v2: { weight: 10 } } };

  test.each<[string, object, unknown]>([
    [
      'changes',
      { actions: ['update'], before: JSON.stringify(A), after: JSON.stringify(B) },
      { before: A, after: B },
    ],
    [
      'is new',
      { actions: ['create'], before: null, after: JSON.stringify(B) },
      { before: undefined, after: B },
    ],
    [
      'is not known yet',
      { actions: ['update'], before: JSON.stringify(A), after_unknown: true },
      { before: A, after: 'unknown' },
    ],
    [
      'is no JSON any more',
      { actions: ['update'], before: JSON.stringify(A), after: '{' },
      { before: A, after: 'unreadable' },
    ],
    [
      'says no weights any more',
      { actions: ['update'], before: JSON.stringify(A), after: '{"m":{"v1":{}}}' },
      { before: A, after: 'unreadable' },
    ],
    [
      'says no releases any more',
      { actions: ['update'], before: JSON.stringify(A), after: '{"m":1}' },
      { before: A, after: 'unreadable' },
    ],
    [
      'says no share any more',
      { actions: ['update'], before: JSON.stringify(A), after: '{"m":{"v1":1}}' },
      { before: A, after: 'unreadable' },
    ],
    [
      'says a list',
      { actions: ['update'], before: JSON.stringify(A), after: '[]' },
      { before: A, after: 'unreadable' },
    ],
    [
      'said no JSON',
      { actions: ['update'], before: '{', after: JSON.stringify(A) },
      { before: undefined, after: A },
    ],
    ['is no text', { actions: ['update'], before: 1, after: 2 }, { before: undefined, after: undefined }],
    [
      'goes',
      { actions: ['delete'], before: JSON.stringify(A), after: null },
      { before: A, after: undefined },
    ],
  ])('by an output that %s', (_what, output, expected) =>
    expect(of(output)).toEqual({ address: undefined, ...(expected as object) }),
  );

  test.each<[string, Resource, unknown]>([
    [
      'of S3',
      { type: 'aws_s3_object', before: note(A), after: note(B) },
      { address: 'aws_s3_object.it', before: A, after: B },
    ],
    [
      'of Terraform',
      { type: 'terraform_data', after: { input: { 'fleet-weights': JSON.stringify(A) } } },
      { address: 'terraform_data.it', before: undefined, after: A },
    ],
    [
      'that goes',
      { type: 'aws_s3_object', before: note(A) },
      { address: 'aws_s3_object.it', before: A, after: undefined },
    ],
    [
      'that says them no more',
      { type: 'aws_s3_object', before: note(A), after: { metadata: {} } },
      { address: 'aws_s3_object.it', before: A, after: 'unreadable' },
    ],
    [
      'that is not known',
      { type: 'aws_s3_object', before: note(A), after: { metadata: { 'fleet-weights': LATER } } },
      { address: 'aws_s3_object.it', before: A, after: 'unknown' },
    ],
    ['that says nothing', { type: 'aws_s3_object', after: { metadata: { other: 'a' } } }, undefined],
    ['of another type', { type: 'google_storage_bucket_object', after: note(A) }, undefined],
  ])('by an object %s', (_what, resource, expected) => expect(of(undefined, resource)).toEqual(expected));

  test('by the first object that says it, and by the output before any', () => {
    const resources = [
      { type: 'aws_s3_object', name: 'none', after: { metadata: {} } },
      { type: 'aws_s3_object', name: 'one', after: note(A) },
    ];
    expect(of(undefined, ...resources)?.address).toBe('aws_s3_object.one');
    expect(of({ actions: ['create'], after: JSON.stringify(B) }, ...resources)).toMatchObject({
      address: undefined,
      after: B,
    });
  });

  test.each<[string, Parameters<typeof serves>, boolean | undefined]>([
    ['nobody says', [undefined, 'm', 'v1'], undefined],
    ['no model is named', [{ address: 'a', before: A, after: B }, undefined, 'v1'], undefined],
    ['no release is named', [{ address: 'a', before: A, after: B }, 'm', undefined], undefined],
    [
      'nobody says before or after',
      [{ address: 'a', before: undefined, after: 'unknown' }, 'm', 'v1'],
      undefined,
    ],
    ['it gets traffic before', [{ address: 'a', before: A, after: { m: {} } }, 'm', 'v1'], true],
    ['it gets traffic after', [{ address: 'a', before: A, after: B }, 'm', 'v2'], true],
    ['it gets none', [{ address: 'a', before: A, after: A }, 'm', 'v2'], false],
    ['its model is another', [{ address: 'a', before: A, after: A }, 'n', 'v1'], false],
    [
      'it has weight 0',
      [{ address: 'a', before: { m: { v1: { weight: 0 } } }, after: undefined }, 'm', 'v1'],
      false,
    ],
  ])('a release serves where %s', (_what, given, expected) => expect(serves(...given)).toBe(expected));
});
