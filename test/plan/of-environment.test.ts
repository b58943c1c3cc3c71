import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { pathOf, sharingState, surroundingsOf } from '../../plan/of-environment.ts';
import { ROOT } from '../support/local-project.ts';

function shipped(name: string) {
  const path = `environments/${name}.yaml`;
  return parseEnvironment({ path, text: readFileSync(join(ROOT, path), 'utf8') });
}

describe('an environment', () => {
  const prod = shipped('prod');
  test('says what its plan is judged by', () => {
    const judgedBy = surroundingsOf(prod);
    expect(judgedBy).toMatchObject({
      class: 'production',
      exposure: prod.gateway.exposure,
      gatewayPort: prod.gateway.port,
      account: 'example-project',
      openRollouts: [],
    });
    expect(surroundingsOf(shipped('staging')).account).toBe('123456789012');
    expect(judgedBy.price('no-such-machine', 'spot')).toBeUndefined();
    expect(judgedBy.price('a3-highgpu-8g', 'spot')).toBeLessThan(
      judgedBy.price('a3-highgpu-8g', 'on-demand') ?? 0,
    );
  });

  test('shares its state with those that keep theirs in the same object', () => {
    const other = { ...prod, name: 'other' };
    const elsewhere = shipped('staging');
    expect(sharingState(prod, [prod, elsewhere])).toEqual([]);
    const at = { ...other, state: { gcs: { bucket: 'example-fleet-state', prefix: 'prod' } } } as typeof prod;
    expect(sharingState(prod, [prod, at, elsewhere])).toEqual(['other']);
    expect(sharingState({ ...prod, state: undefined }, [{ ...other, state: undefined }])).toEqual([]);
  });

  test.each([
    ['a.nodes_gpt-oss-120b_v32', ['models', 'gpt-oss-120b', 'releases', 'v32']],
    ['a.nodes_gpt-oss-120b_v32_group', ['models', 'gpt-oss-120b', 'releases', 'v32']],
    ['a.nodes_gpt-oss-120b_v321', []],
    ['a.gateway', ['gateway']],
    ['a.gateway_task', ['gateway']],
    ['a.router_weights', ['router']],
    ['a.egress', ['egress']],
    ['a.prometheus_rules', ['prometheus']],
    ['a.gatewayed', []],
    ['a.other', []],
  ])('is where %s comes from', (address, path) => expect(pathOf(prod, address)).toEqual(path));
});
